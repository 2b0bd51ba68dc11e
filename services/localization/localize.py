"""Where is the tumor? Examinations and scans in; where the search stands and what is next out."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from knowledge import shelf
from knowledge.edition import KNOWLEDGE_VERSION
from knowledge.rules import imaging, scan_yield
from knowledge.rules.imaging import Standing, State
from knowledge.terms.obligation import Conclusion, Proposal
from services.localization import steps
from services.localization.contract import (
    Candidate,
    Caveat,
    DoseEntry,
    DoseLedger,
    Examination,
    FiredRule,
    Plan,
    PlanRequest,
    ScorePoint,
)
from services.localization.obligations import obligations
from services.localization.readings import Facts, Place, Ranked, day_of, facts_of

LOCALIZED = (State.LOCALIZED, State.LOCALIZED_HIGH_CONFIDENCE)


def localize(request: PlanRequest, as_of: datetime) -> Plan:
    """Where does the search stand, and what comes next?"""
    facts, ranked = _read(request, as_of)
    state, rule = _state(request, facts, ranked)
    planned = steps.next_steps(request, facts, ranked)
    fired = [step.rule for step in planned if step.rule in imaging.TABLE.rules]
    fired += [gate.rule for step in planned for gate in step.gates]
    fired += [] if rule is None else [rule]
    fired += ["LOC-010"] if any(place.mimic == "fracture" for place, _ in ranked) else []
    caveats = [*facts.caveats, *_caveats(request, facts, ranked)]
    fired += [caveat.code for caveat in caveats if caveat.code in imaging.TABLE.rules]
    return Plan(
        state=state,
        candidates=[_candidate(place, standing) for place, standing in ranked],
        next_steps=planned,
        dose_ledger=_ledger(request),
        fired_rules=_fired(fired),
        caveats=caveats,
        knowledge_version=KNOWLEDGE_VERSION,
    )


def conclude(id: UUID, request: PlanRequest, as_of: datetime, opened_on: date) -> Conclusion:
    """What does the journey hear: the state, what is proposed, and what is due."""
    facts, ranked = _read(request, as_of)
    state, _ = _state(request, facts, ranked)
    if state in LOCALIZED:
        proposal = Proposal.OPERATE
    else:
        proposal = Proposal.TREAT_MEDICALLY if state is State.NOT_LOCALIZED else Proposal.NONE
    return Conclusion(
        id=id,
        service="localization",
        state=state,
        proposal=proposal,
        concluded_at=as_of,
        obligations=obligations(request, facts, ranked, opened_on),
        knowledge_version=KNOWLEDGE_VERSION,
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
            areas={**merged.areas, **looked_at},
            lesions=[*merged.lesions, *new.lesions],
        )
    return merged


def _read(request: PlanRequest, as_of: datetime) -> tuple[Facts, Ranked]:
    facts = facts_of(request, as_of.date())
    standings = [(place, place.standing(facts.on)) for place in facts.places]
    return facts, sorted(standings, key=lambda pair: (-pair[1].score, -pair[0].uptake_ratio))


def _state(request: PlanRequest, facts: Facts, ranked: Ranked) -> tuple[State, str | None]:
    """The state, and the rule that says so; INCOMPLETE is said by the steps that are missing."""
    state, rule = imaging.state(
        complete=request.biochemistry_confirmed is not False
        and _is_complete(request, facts, ranked),
        standings=[standing for _, standing in ranked],
        on=facts.on,
    )
    return state, (None if state is State.INCOMPLETE else rule.id)


def _is_complete(request: PlanRequest, facts: Facts, ranked: Ranked) -> bool:
    """Has everything been done that section 6 asks for before a verdict?"""
    done = steps.scans_done(facts)
    adequate = {name for name, status in done.items() if status in ("negative", "positive")}
    no_pet = steps.available(request, "sstr_pet_ct") == "no"
    no_sstr = no_pet and steps.available(request, "sstr_spect_ct") == "no"
    sstr = bool(adequate & {"sstr_pet", "sstr_spect"})
    if not facts.exam_complete or not all(standing.explained for _, standing in ranked):
        return False
    if ranked:
        return sstr or (no_sstr and "fdg" in adequate)
    return "fdg" in adequate and ("sstr_pet" in adequate or (sstr and no_pet))


def _candidate(place: Place, standing: Standing) -> Candidate:
    return Candidate(
        site=place.site,
        site_name=place.name,
        laterality=place.side,
        size_mm=place.size_mm,
        score=standing.score,
        points=[
            ScorePoint(
                item=point.item,
                points=point.points,
                text=point.text,
                study=point.study,
                date=point.on,
                reader=place.readers.get(point.study),
            )
            for point in standing.points
        ],
        studies=sorted({reading.study for reading in place.readings}),
        functional=standing.functional,
        anatomical=standing.anatomical,
        mimic=place.mimic,
        explained=standing.explained,
    )


def _caveats(request: PlanRequest, facts: Facts, ranked: Ranked) -> list[Caveat]:
    caveats = []
    if said := shelf.against():
        caveats.append(Caveat(code=shelf.RETRACTED, text=said))
    if ranked:
        text = "the score is a ranking aid that nobody has validated, not a diagnosis"
        caveats.append(Caveat(code="ranking_aid", text=text))
    if request.biochemistry_confirmed is None:
        text = "whether the biochemical diagnosis is confirmed was not said"
        caveats.append(Caveat(code="biochemistry_not_stated", text=text))
    for scan in facts.scans:
        if scan.missing:
            text = f"not a whole-body scan; missing: {', '.join(scan.missing)}"
            caveats.append(Caveat(code="field_of_view", text=text))
    if not ranked and steps.VENOUS_SAMPLING & {name.lower() for name in request.requested}:
        text = "venous sampling is not indicated without a candidate"
        caveats.append(Caveat(code="LOC-013", text=text))
    if request.constraints.mri_unsafe_implant:
        text = "a device is unsafe for MRI: CT or ultrasound instead, until it has been checked"
        caveats.append(Caveat(code="LOC-035", text=text))
    if any(entry.estimated for entry in _ledger(request).entries):
        text = "an activity that was not stated is replaced by the usual one"
        caveats.append(Caveat(code="dose_estimated", text=text))
    return caveats


def _ledger(request: PlanRequest) -> DoseLedger:
    entries = []
    for study in request.studies:
        dose = scan_yield.tracer_dose(study.tracer, study.activity_mbq)
        if dose is None and study.ct_dose_msv is None:
            continue
        entries.append(
            DoseEntry(
                study=study.id,
                date=day_of(study.performed_at),
                tracer_msv=dose.msv if dose else None,
                ct_msv=study.ct_dose_msv,
                estimated=bool(dose and dose.estimated),
            )
        )
    known = [m for e in entries for m in (e.tracer_msv, e.ct_msv) if m is not None]
    return DoseLedger(entries=entries, total_msv=sum(known, Decimal(0)))


def _fired(ids: Iterable[str]) -> list[FiredRule]:
    rules = [imaging.TABLE.rules[id] for id in dict.fromkeys(ids)]
    return [
        FiredRule(
            id=rule.id,
            conclusion=rule.conclusion,
            strength=rule.strength,
            sources=list(rule.sources),
            read_status=rule.read_status,
        )
        for rule in rules
    ]
