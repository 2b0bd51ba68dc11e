"""One question as it stands: the facts, the candidates, what was done, what this patient allows."""

from dataclasses import dataclass, field
from datetime import date, datetime

from knowledge.rules import candidates, search, venous_sampling
from knowledge.rules.scan_planner import Option
from knowledge.rules.search import State
from knowledge.rules.venous_sampling import Measured, Session
from services.localization import sampling
from services.localization.capabilities import Capabilities, capabilities_of
from services.localization.circumstances import Patience, patience_of
from services.localization.not_yet import Later, happened
from services.localization.readings import Facts, Ranked, facts_of
from services.localization.scans import Scan
from services.localization.sent import PlanRequest

SCAN_OF = {"sstr_pet_ct": "sstr_pet", "sstr_spect_ct": "sstr_spect", "fdg_pet_ct": "fdg"}
"""The kinds of functional scan, as the table of next scans calls what was done of each act."""

ADEQUATE = ("negative", "positive")


@dataclass(slots=True)
class Case:
    """Everything that is needed to say where the search stands and what comes next."""

    request: PlanRequest
    at: datetime
    on: date
    later: Later
    facts: Facts
    ranked: Ranked
    sessions: list[Session]
    elsewhere: list[Measured]
    patience: Patience
    capabilities: Capabilities
    scans: dict[str, Scan | None]
    """The best scan of each kind, if any."""

    done: dict[str, str]
    """How far each functional scan is: none, inadequate, negative or positive."""

    negative: tuple[str, ...]
    functional_positive: bool
    """Does a functional scan show a focus that is still a candidate?"""

    explained: bool
    """Has anatomy been looked at wherever something was found?"""

    options: dict[str, Option] = field(default_factory=dict)
    """What each test would be worth, once that was asked."""

    state: State = State.INCOMPLETE
    rule: str | None = None

    @property
    def leads(self) -> bool:
        """Does one candidate lead clearly?"""
        return candidates.has_leader([standing for _, standing in self.ranked], self.on)

    @property
    def sampled(self) -> bool:
        """Was there venous sampling that can be read?"""
        return any(session.interpretable for session in self.sessions)

    @property
    def sampling_rule(self) -> str | None:
        """Is venous sampling indicated now, and by which rule?"""
        if not self.ranked or not self.explained or self.sampled:
            return None
        standings = [standing for _, standing in self.ranked]
        surviving = [place for place, standing in self.ranked if standing.survives]
        alone = len(surviving) == 1 and candidates.needs_sampling_alone(surviving[0].resectability)
        return venous_sampling.is_indicated(
            candidates.surviving(standings), self.on, complex_alone=alone
        )

    @property
    def recurrence(self) -> str:
        """no, suspected, or verified once the diagnosis was looked at again."""
        if not self.request.suspected_recurrence:
            return "no"
        return "verified" if self.request.diagnosis_verified_again else "suspected"


def read(request: PlanRequest, at: datetime) -> Case:
    """What is the question, in the words of the rules?"""
    on = at.date()
    request, later = happened(request, on)
    facts = facts_of(request, on)
    sessions = sampling.sessions_of(request, on) if request.venous_samples else []
    if sessions:
        sampling.note_on(facts.places, sessions)
    ranked = [(place, place.standing(on)) for place in facts.places]
    ranked.sort(
        key=lambda pair: candidates.rank(pair[1], pair[0].uptake_ratio, pair[0].resectability)
    )
    standings = [standing for _, standing in ranked]
    scans = _best_scans(facts)
    case = Case(
        request=request,
        at=at,
        on=on,
        later=later,
        facts=facts,
        ranked=ranked,
        sessions=sessions,
        elsewhere=sampling.unexplained(facts.places, sessions) if sessions else [],
        patience=patience_of(request, at),
        capabilities=capabilities_of(request.availability),
        scans=scans,
        done={name: scan.status if scan else "none" for name, scan in scans.items()},
        negative=_negative_tests(facts),
        functional_positive=any(standing.functional for standing in standings),
        explained=all(standing.explained for standing in standings),
    )
    case.state, rule = search.state(
        complete=request.biochemistry_confirmed is not False and _is_complete(case),
        standings=standings,
        on=on,
        elsewhere=bool(case.elsewhere),
    )
    case.rule = None if case.state is State.INCOMPLETE else rule.id
    return case


def _best_scans(facts: Facts) -> dict[str, Scan | None]:
    """The best scan of each kind: one with a full field before one without."""
    best: dict[str, Scan | None] = dict.fromkeys(SCAN_OF.values())
    for scan in facts.scans:
        name = SCAN_OF.get(scan.technique.act or "")
        if name is not None:
            known = best[name]
            if known is None or scan.told_more_than(known):
                best[name] = scan
    return best


def _negative_tests(facts: Facts) -> tuple[str, ...]:
    """Which adequate tests have found nothing, in the order in which they are done?"""
    tests = []
    if facts.exam_complete and not any(r.lump for p in facts.places for r in p.readings):
        tests.append("exam")
    negative = [scan for scan in facts.scans if scan.status == "negative"]
    if negative:
        negative.sort(key=lambda scan: scan.on or date.min)
        tests += [scan.technique.test or "" for scan in negative]
    return tuple(tests)


def _is_complete(case: Case) -> bool:
    """Has everything been done that section 6 asks for before a verdict?"""
    if not case.facts.exam_complete or not case.explained:
        return False
    done = case.done
    pet, spect = done["sstr_pet"] in ADEQUATE, done["sstr_spect"] in ADEQUATE
    fdg = done["fdg"] in ADEQUATE
    no_pet = case.capabilities.status("sstr_pet_ct") == "no"
    if case.ranked:
        no_sstr = no_pet and case.capabilities.status("sstr_spect_ct") == "no"
        return pet or spect or (fdg and no_sstr)
    return fdg and (pet or (spect and no_pet))
