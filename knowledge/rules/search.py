"""Which examination or scan next, and what do those that were made amount to?"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from knowledge.rows import Rule
from knowledge.rules import candidates
from knowledge.rules.candidates import Standing
from knowledge.rules.imaging import is_ionising
from knowledge.tables import Table

TABLE = Table.beside(__file__)


class State(StrEnum):
    """What the examinations and scans amount to (localization.md 6)."""

    INCOMPLETE = "INCOMPLETE"
    LOCALIZED = "LOCALIZED"
    LOCALIZED_HIGH_CONFIDENCE = "LOCALIZED_HIGH_CONFIDENCE"
    EQUIVOCAL = "EQUIVOCAL"
    NOT_LOCALIZED = "NOT_LOCALIZED"


STATES = {state.value: state for state in State}
"""By its word: a lookup where the enum would make a call of it."""


def needed_before() -> tuple[str, ...]:
    """Which laboratory tests must stand before anything is scanned?"""
    return tuple(TABLE.entries["biochemistry"])


def days_until_due(what: str, on: date) -> int:
    """How many days may this step take? (examination, scan, missing_field, anatomical)"""
    return TABLE.whole(f"{what}_due", on)


def state(
    *, complete: bool, standings: Sequence[Standing], on: date, elsewhere: bool = False
) -> tuple[State, Rule]:
    """What do the examinations and scans amount to, and by which rule?

    `elsewhere`: FGF23 steps up in a vein that drains no candidate.
    """
    leader = candidates.has_leader(standings, on)
    decision = TABLE.decide(
        "state",
        "complete" if complete else "missing",
        "some" if standings else "none",
        "yes" if leader else "no",
        "yes" if standings and standings[0].concordant else "no",
        "yes" if elsewhere else "no",
    )
    return STATES[decision.then], TABLE.rules[decision.rule]


def next_scan(
    done: Mapping[str, str],
    availability: Mapping[str, str],
    *,
    recurrence: str = "no",
    equivocal: bool = False,
) -> tuple[str | None, Rule]:
    """Which functional scan next, by which rule? None: there is none to be ordered now.

    `done` says none, inadequate, negative or positive for sstr_pet, sstr_spect and fdg;
    `availability` yes, no or unknown for pet_available and spect_available; `recurrence` no,
    suspected, or verified once the diagnosis has been looked at again.
    """
    known = (*done.items(), *availability.items(), ("recurrence", recurrence))
    return _next_scan((*known, ("equivocal", "yes" if equivocal else "no")))


@lru_cache(maxsize=1024)
def _next_scan(facts: tuple[tuple[str, str], ...]) -> tuple[str | None, Rule]:
    row = TABLE.first("next_scan", dict(facts))
    return (None if row.then == "none" else row.then), TABLE.rules[row.rule]


def can_wait(days: int | None, on: date) -> bool:
    """Is a scan with this wait still one that can be had?"""
    return days is None or days <= TABLE.whole("longest_wait", on)


def anatomical_choice(
    site: str | None, *, superficial: bool, fracture: bool, cortical: bool = False
) -> tuple[str, ...]:
    """Which anatomical imaging explains a candidate here, in this order?"""
    choices = TABLE.entries["anatomical"]
    if fracture:
        key = "suspected_fracture"
    elif site in choices["bone_of_the_head"].fields["sites"]:
        key = "bone_of_the_head"
    elif site in choices["lung"].fields["sites"]:
        key = "lung"
    elif cortical:
        key = "cortical_bone"
    else:
        key = "superficial" if superficial else "otherwise"
    return tuple(choices[key].fields["modalities"])


def is_superficial(depth_mm: Decimal | None, on: date) -> bool | None:
    """Does it lie so near to the skin that ultrasound comes first? None: not measured."""
    return None if depth_mm is None else depth_mm < TABLE.number("superficial_below", on)


def allowed_modalities(
    modalities: Sequence[str], *, pregnant: bool, mri_unsafe: bool
) -> tuple[str, ...]:
    """Without radiation in pregnancy; without MRI beside a device it would harm."""
    others = (*modalities, "ultrasound", "mri") if pregnant else tuple(modalities)
    if mri_unsafe:
        others = (*others, "ct", "ultrasound")
    allowed = dict.fromkeys(
        name
        for name in others
        if not (pregnant and is_ionising(name)) and not (mri_unsafe and name == "mri")
    )
    wanted = tuple(name for name in allowed if name in modalities)
    return wanted or tuple(allowed)


def is_young(age: Decimal | None, on: date) -> bool:
    """May whole-body MRI be considered for the age alone? (3.5.6)"""
    return age is not None and age < TABLE.number("young_below", on)


def is_mildly_raised(times_upper_limit: Decimal, on: date) -> bool:
    """Is FGF23 only mildly raised? It changes nothing about the scans (LOC-037)."""
    return 1 < times_upper_limit <= TABLE.number("fgf23_mildly_raised_to", on)
