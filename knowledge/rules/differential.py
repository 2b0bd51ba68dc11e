"""Which causes of the low phosphate remain, and what speaks for and against each?"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from knowledge.rows import Evidence
from knowledge.rules.exposures import TABLE as EXPOSURES
from knowledge.tables import Table

TABLE = Table.beside(__file__)
FEATURES = EXPOSURES.entries["features"]


EVIDENCE = tuple(
    sorted(TABLE.evidence["weights"], key=lambda row: (-abs(row.points), row.rule, row.text))
)
"""The weightiest first, so that what speaks for and against a cause comes out in that order."""


def _places() -> dict[str, tuple[int, ...]]:
    places: dict[str, tuple[int, ...]] = {}
    for place, row in enumerate(EVIDENCE):
        places[row.fact] = (*places.get(row.fact, ()), place)
    return places


PLACES = _places()
"""Where in EVIDENCE each fact speaks, so that only what is true is looked at."""

DIAGNOSES = tuple(TABLE.entries["diagnoses"])
ORDER = {diagnosis: place for place, diagnosis in enumerate(DIAGNOSES)}
LEADS = tuple(
    (entry.fields["fact"], entry.fields["diagnosis"], frozenset(entry.fields["unless"]))
    for entry in TABLE.entries["leads"].values()
)
"""What leads the list, whatever the points: the fact, the diagnosis, what takes the lead away."""
EVEN_AGAINST = frozenset(
    (entry.fields["fact"], entry.fields["diagnosis"])
    for entry in TABLE.entries["leads"].values()
    if entry.fields.get("even_against")
)
"""What leads although more speaks against it than for it."""
BEHIND = tuple(
    (entry.fields["fact"], entry.fields["diagnosis"], frozenset(entry.fields["unless"]))
    for entry in TABLE.entries["behind"].values()
)
"""What stands behind all that remains, whatever the points; in the same order."""
FIRST, LAST = -1, len(LEADS)
SIGNS_OF_XLH = frozenset(
    name for name, entry in FEATURES.items() if entry.fields["diagnosis"] == "XLH"
)
ALWAYS = frozenset(
    key for key, entry in TABLE.entries["diagnoses"].items() if entry.fields.get("always")
)
"""Shown with what speaks against it, not left out, when little speaks for it."""


@dataclass(slots=True)
class Cause:
    """One cause that remains, with what speaks for and against it. Nobody changes one."""

    diagnosis: str
    points: int = 0
    supporting: list[Evidence] = field(default_factory=list)
    opposing: list[Evidence] = field(default_factory=list)


def rank(facts: Iterable[str]) -> tuple[Cause, ...]:
    """Which causes remain, best first?

    A variant that explains it goes first, then what leads by rule (a drug is thought of before a
    tumor is blamed), then what has most to say for it; a tumor that FGF23 rules out goes last.
    """
    return _ranked(frozenset(facts))


@lru_cache(maxsize=8192)
def _ranked(facts: frozenset[str]) -> tuple[Cause, ...]:
    places: list[int] = []
    for fact in facts:
        places += PLACES.get(fact, ())
    places.sort()
    causes: dict[str, Cause] = {}
    for place in places:
        row = EVIDENCE[place]
        cause = causes.get(row.diagnosis)
        if cause is None:
            cause = causes[row.diagnosis] = Cause(row.diagnosis)
        cause.points += row.points
        (cause.supporting if row.points > 0 else cause.opposing).append(row)
    leading, firmly = _leading(facts)
    kept = ALWAYS | firmly
    remaining = [
        cause
        for cause in causes.values()
        if cause.points > 0 or (cause.diagnosis in kept and cause.supporting)
    ]
    # Somebody with a low phosphate is never left without a cause to think of.
    remaining = remaining or [cause for cause in causes.values() if cause.supporting]
    behind = {name for fact, name, unless in BEHIND if fact in facts and unless.isdisjoint(facts)}

    def standing(cause: Cause) -> tuple[int, bool, int, int]:
        may_lead = cause.points > 0 or cause.diagnosis in firmly
        leads = leading.get(cause.diagnosis, LAST) if may_lead else LAST
        if f"gene_{cause.diagnosis}" in facts:
            leads = FIRST
        return (leads, cause.diagnosis in behind, -cause.points, ORDER[cause.diagnosis])

    return tuple(sorted(remaining, key=standing))


def _leading(facts: frozenset[str]) -> tuple[dict[str, int], set[str]]:
    """At which place does each lead, and which do although more speaks against them?"""
    leading: dict[str, int] = {}
    firmly: set[str] = set()
    for place, (fact, diagnosis, unless) in enumerate(LEADS):
        if fact in facts and unless.isdisjoint(facts):
            leading.setdefault(diagnosis, place)
            if (fact, diagnosis) in EVEN_AGAINST:
                firmly.add(diagnosis)
    return leading, firmly
