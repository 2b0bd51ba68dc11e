"""Where is the tumor? Examinations and scans in; where the search stands and what is next out."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from knowledge import shelf
from knowledge.edition import KNOWLEDGE_VERSION
from knowledge.rules import candidates
from knowledge.rules.biopsy import Advice
from knowledge.rules.candidates import Standing
from knowledge.rules.search import State
from knowledge.terms.obligation import Conclusion, Proposal
from services.localization import (
    following,
    looking_again,
    notes,
    orders,
    requests,
    sampling,
    steps,
)
from services.localization.answer import BiopsyAdvice, Candidate, Caveat, Evidence, Plan, ScorePoint
from services.localization.case import Case, read
from services.localization.circumstances import nursing_table
from services.localization.ledger import ledger
from services.localization.obligations import obligations
from services.localization.register import Place, Seen
from services.localization.sent import Examination, PlanRequest

LOCALIZED = (State.LOCALIZED, State.LOCALIZED_HIGH_CONFIDENCE)


def localize(request: PlanRequest, as_of: datetime) -> Plan:
    """Where does the search stand, and what comes next?"""
    case = read(request, as_of)
    request = case.request
    planned, later = steps.plan(case)
    ordered = orders.followed(request, case.on)
    places = [place for place, _ in case.ranked]
    covered = notes.coverage(case)
    spent = ledger(request)
    plan = Plan(
        state=case.state,
        candidates=_candidates(case),
        next_steps=planned,
        later=later,
        requested=requests.answered(case),
        coverage=covered,
        venous_sampling=sampling.shown(case.sessions, places),
        fgf23=sampling.fgf23_read(request, case.on),
        re_look=looking_again.shown(looking_again.next_look(case)),
        nursing=nursing_table(request),
        orders=[one.shown() for one in ordered.followed],
        dose_ledger=spent,
        fired_rules=[],
        caveats=[
            *_retracted(),
            *case.facts.caveats,
            *notes.caveats(case, covered),
            *following.note_on(case, ordered, planned),
        ],
        knowledge_version=KNOWLEDGE_VERSION,
    )
    if any(entry.estimated for entry in spent.entries):
        plan.caveats.append(notes.DOSE_ESTIMATED)
    plan.caveats += notes.against(plan.requested)
    plan.fired_rules = notes.fired(case, plan)
    return plan


def conclude(id: UUID, request: PlanRequest, as_of: datetime, opened_on: date) -> Conclusion:
    """What does the journey hear: the state, what is proposed, and what is due."""
    case = read(request, as_of)
    ordered = orders.followed(case.request, case.on)
    if case.state in LOCALIZED:
        proposal = Proposal.OPERATE
    else:
        found_nothing = case.state is State.NOT_LOCALIZED
        proposal = Proposal.TREAT_MEDICALLY if found_nothing else Proposal.NONE
    return Conclusion(
        id=id,
        service="localization",
        state=case.state,
        proposal=proposal,
        concluded_at=as_of,
        obligations=following.followed_up(case, ordered, obligations(case, opened_on)),
        knowledge_version=KNOWLEDGE_VERSION,
        look_again=following.look_again(case, ordered),
    )


def merge_examinations(examinations: Iterable[Examination]) -> Examination | None:
    """Several examinations as one, oldest first: an area once examined stays so."""
    merged: Examination | None = None
    for new in examinations:
        if merged is None:
            merged = new
            continue
        looked_at = {area: said for area, said in new.areas.items() if said != "not_examined"}
        merged = Examination(
            id=new.id or merged.id,
            examined_at=new.examined_at or merged.examined_at,
            examiner=new.examiner or merged.examiner,
            areas={**merged.areas, **looked_at},
            lesions=[*merged.lesions, *new.lesions],
        )
    return merged


def _retracted() -> list[Caveat]:
    """That these tables were retracted, and why: before anything else."""
    said = shelf.against()
    return [Caveat(shelf.RETRACTED, said)] if said else []


def _candidates(case: Case) -> list[Candidate]:
    ranked = [
        _candidate(place, standing, number, requests.biopsy_advice(case, number - 1))
        for number, (place, standing) in enumerate(case.ranked, 1)
    ]
    refuted = [_refuted(place, place.standing(case.on)) for place in case.facts.refuted]
    return ranked + refuted


def _candidate(
    place: Place, standing: Standing, rank: int | None, advice: Advice | None = None
) -> Candidate:
    readers = {seen.reading.study: seen.reader for seen in place.seen if seen.reader}
    ratio = place.uptake_ratio
    return Candidate(
        id=place.id,
        site=place.site,
        site_name=place.name,
        laterality=place.side,
        size_mm=place.size_mm,
        score=standing.score,
        points=[
            ScorePoint(p.item, p.points, p.text, p.study, p.on, readers.get(p.study), p.rule)
            for p in standing.points
        ],
        studies=sorted({seen.reading.study for seen in place.seen}),
        functional=standing.functional,
        anatomical=standing.anatomical,
        mimic=place.mimic,
        explained=standing.explained,
        rank=rank,
        evidence=[_evidence(seen) for seen in place.seen],
        uptake_ratio=ratio or None,
        sampling_ratio=standing.ratio,
        resectability=place.resectability,
        biopsy=BiopsyAdvice(advice.rule, advice.advice, advice.because) if advice else None,
        refer=candidates.needs_referral(place.mimic),
    )


def _refuted(place: Place, standing: Standing) -> Candidate:
    candidate = _candidate(place, standing, None)
    candidate.status = "REFUTED"
    return candidate


def _evidence(seen: Seen) -> Evidence:
    reading, lesion = seen.reading, seen.lesion
    return Evidence(
        lesion=seen.ref,
        study=reading.study,
        date=reading.on,
        reader=seen.reader,
        kind=reading.technique.kind,
        uptake=reading.uptake,
        suv=lesion.suv,
        size_mm=lesion.size_mm,
        correlate=reading.correlate,
        mimic=reading.mimic,
        features=list(reading.features),
    )
