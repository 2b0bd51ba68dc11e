"""Who decides what is made next: the planner, or a sequence that was fixed beforehand.

The examination is first in all of them, and every place that anything shows is imaged. A fixed
sequence ends as soon as one candidate may be called the tumor. It asks nobody what a scan covered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from knowledge.rules import candidates
from knowledge.rules.search import anatomical_choice
from services.localization.contract import Candidate, Plan
from simulation.searching.patients import WHOLE_BODY_MRI
from simulation.searching.search import PET, Search, Wanted

Ask = Callable[[dict[str, Any], datetime], Plan]
"""The verb: what is known, and the moment; where the search stands, and what is next."""

SCAN_ACTS = ("sstr_pet_ct", "sstr_spect_ct", "fdg_pet_ct")
SETTLED = ("LOCALIZED", "LOCALIZED_HIGH_CONFIDENCE")
MOST_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Fixed:
    """Groups of scans in this order; those of one group are booked together."""

    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """The next steps of the verb, as they are answered; venous sampling may not be had here."""

    sampling: bool = True


POLICIES: dict[str, Fixed | Planned] = {
    "planner": Planned(),
    "planner, venous sampling not to be had": Planned(sampling=False),
    "SSTR PET, then FDG": Fixed(((PET,), ("fdg",))),
    "FDG, then SSTR PET": Fixed((("fdg",), (PET,))),
    "whole-body MRI, SSTR PET, FDG": Fixed(((WHOLE_BODY_MRI,), (PET,), ("fdg",))),
    "all at once": Fixed(((PET, "fdg", WHOLE_BODY_MRI),)),
}


def walk(search: Search, policy: Fixed | Planned, ask: Ask) -> Plan:
    """Search until the policy is at its end; the last answer."""
    if isinstance(policy, Planned):
        return _planned(search, policy, ask)
    return _fixed(search, policy, ask)


def leader(plan: Plan) -> Candidate | None:
    """Which candidate may be called the tumor by points, lead and components of section 6?

    Whether every step was made is left out: a fixed sequence does not ask.
    """
    ranked = [one for one in plan.candidates if one.rank is not None]
    if not ranked:
        return None
    day = ranked[0].evidence[0].date
    assert day is not None
    best, *others = ranked
    lead = min((best.score - other.score for other in others), default=None)
    led = lead is None or lead >= candidates.TABLE.whole("localized_lead", day)
    enough = best.score >= candidates.TABLE.whole("localized_score", day)
    imaged = best.functional and best.anatomical and best.explained
    return best if led and enough and imaged else None


def _planned(search: Search, policy: Planned, ask: Ask) -> Plan:
    for _ in range(MOST_ROUNDS):
        plan = ask(search.request(planned=True, sampling=policy.sampling), search.at)
        if plan.state in SETTLED:
            return plan
        steps = [step for step in plan.next_steps if not step.gates]
        places: list[Wanted] = [
            (step.site, step.laterality, step.modalities)
            for step in steps
            if step.act == "anatomical_imaging" and step.site is not None
        ]
        tests = [step.test for step in steps if step.act in SCAN_ACTS and step.test]
        fields = [(s.test, s.missing) for s in steps if s.act == "missing_field" and s.test]
        if places or tests or fields:
            search.make(tests, places, fields)
        elif policy.sampling and any(step.act == "venous_sampling" for step in steps):
            search.sample([(one.site, one.laterality) for one in plan.candidates])
        elif _pet_still_comes(search):
            search.day = max(search.day, search.world["elsewhere_days"])
        else:
            return plan
    raise RuntimeError(f"the planner comes to no end with patient {search.patient.number}")


def _pet_still_comes(search: Search) -> bool:
    """Nothing was found without it, and it is not yet to be had: it is made when it is."""
    missing = PET not in search.made and search.patient.elsewhere
    return missing and search.day < search.world["elsewhere_days"]


def _fixed(search: Search, policy: Fixed, ask: Ask) -> Plan:
    plan = ask(search.request(), search.at)
    for group in policy.groups:
        search.make(list(group), _unseen(search, plan))
        plan = ask(search.request(), search.at)
        if places := _unseen(search, plan):
            search.make([], places)
            plan = ask(search.request(), search.at)
        if leader(plan) is not None:
            break
    return plan


def _unseen(search: Search, plan: Plan) -> list[Wanted]:
    """Every place without imaging of its own, and how the pathway would image it."""
    return [
        (one.site, one.laterality, _imaging_of(one))
        for one in plan.candidates
        if (one.site, one.laterality) not in search.targeted
    ]


def _imaging_of(one: Candidate) -> list[str]:
    felt = any(seen.kind == "examination" for seen in one.evidence)
    return [*anatomical_choice(one.site, superficial=felt, fracture=False)]
