"""Ten thousand searches: the planner against fixed sequences, on the same drawn patients.

Who has a tumor that can be found, where it lies and which tests would show it is drawn from the
tables of knowledge (prior, regions, sensitivities, specificities; one joint law in which scans miss
the same tumors, see simulation/searching/chances.py). What else has to be assumed stands in
simulation/searching/assumptions.toml. The planner is the verb itself, asked at every step; the same
verb judges what a fixed sequence found.

Per policy: patients localized (one candidate leads by the points of section 6, and it is the tumor)
and falsely localized (it is not), with 95 % Wilson bounds; scans, mSv and days of everybody,
divided by the patients localized. `against_best_fixed` compares patient by patient. Two worlds:
everything at hand; and as delivered, SSTR PET far away for some and some scans cut short.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from math import sqrt
from typing import Any

from services.localization.contract import Plan, PlanRequest
from services.localization.localize import localize
from simulation.searching.patients import ASSUMED, Sought, patients
from simulation.searching.policies import POLICIES, Ask, Fixed, leader, walk
from simulation.searching.search import BEGAN, Search

PATIENTS = 10_000
Z = 1.96


def verb(*, days_matter: bool = True) -> Ask:
    """The real verb; the same question is asked once.

    On the day nothing hangs but waits, and parts of a scan that complete each other: a fixed
    sequence has neither.
    """
    known: dict[str, Plan] = {}

    def ask(told: dict[str, Any], at: datetime) -> Plan:
        if days_matter:
            key = f"{at.date()}{json.dumps(told)}"
        else:
            key = repr([{**study, "performed_at": None} for study in told["studies"]])
            key += repr(told["examination"]["lesions"])
        if key not in known:
            known[key] = localize(PlanRequest.model_validate(told), at)
        return known[key]

    return ask


def table(count: int = PATIENTS, seed: int | None = None) -> dict[str, Any]:
    """Every policy in both worlds."""
    return {world: _in_world(world, count, seed) for world in ASSUMED["worlds"]}


def _in_world(world: str, count: int, seed: int | None) -> dict[str, Any]:
    cohort = list(patients(count, world, BEGAN.date(), seed))
    rows, hits = {}, {}
    for name in POLICIES:
        rows[name], hits[name] = _row(cohort, world, name)
    fixed = [name for name, policy in POLICIES.items() if isinstance(policy, Fixed)]
    best = max(fixed, key=lambda name: (len(hits[name]), -rows[name]["msv_in_all"]))
    return {
        "patients": count,
        "with_a_tumor_to_find": sum(1 for patient in cohort if patient.tumor is not None),
        "policies": rows,
        "against_best_fixed": {
            "best_fixed": best,
            "only_planner_localizes": len(hits["planner"] - hits[best]),
            "only_best_fixed_localizes": len(hits[best] - hits["planner"]),
            "msv_planner_less_fixed_per_patient": round(
                (rows["planner"]["msv_in_all"] - rows[best]["msv_in_all"]) / count, 2
            ),
        },
    }


def _row(cohort: Iterable[Sought], world: str, name: str) -> tuple[dict[str, Any], set[int]]:
    policy = POLICIES[name]
    ask = verb(days_matter=not isinstance(policy, Fixed))
    right, wrong, points, everybody = set(), 0, 0, 0
    scans = msv = days = 0.0
    for patient in cohort:
        search = Search(patient, ASSUMED["worlds"][world])
        plan = walk(search, policy, ask)
        everybody += 1
        scans, msv, days = scans + search.scans, msv + search.msv, days + search.day
        led = leader(plan)
        if led is None:
            first = next(iter(plan.candidates), None)
            points += first is not None and search.is_tumor(first.site, first.laterality)
        elif search.is_tumor(led.site, led.laterality):
            right.add(patient.number)
        else:
            wrong += 1
    return {
        "localized": _share(len(right), everybody),
        "falsely_localized": _share(wrong, everybody),
        "tumor_first_but_not_leading": points,
        "scans_per_localized": _per(scans, len(right), everybody),
        "msv_per_localized": _per(msv, len(right), everybody),
        "days_per_localized": _per(days, len(right), everybody),
        "msv_in_all": round(msv),
    }, right


def wilson(found: int, of: int) -> tuple[float, float]:
    """Between which shares does the true one lie, at 95 %?"""
    share, square = found / of, Z * Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return middle - half, middle + half


def _share(found: int, of: int) -> dict[str, float]:
    low, high = wilson(found, of)
    return {
        "patients": found,
        "share": round(found / of, 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _per(total: float, localized: int, of: int) -> dict[str, float]:
    """Per patient localized; the bounds are those of the share localized."""
    low, high = wilson(localized, of)
    each = total / of
    return {
        "each": round(total / max(localized, 1), 2),
        "low": round(each / high, 2),
        "high": round(each / low, 2),
    }
