"""Which causes of the low phosphate remain, and what speaks for and against each?"""

from dataclasses import dataclass

from knowledge.rows import Evidence
from knowledge.rules.renal_phosphate import CONSERVED
from knowledge.tables import Table

TABLE = Table.beside(__file__)


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
MIMICS = frozenset(
    key for key, entry in TABLE.entries["diagnoses"].items() if entry.fields["mimic"]
)
ALWAYS = frozenset(
    key for key, entry in TABLE.entries["diagnoses"].items() if entry.fields.get("always")
)
"""Shown with what speaks against it, not left out, when little speaks for it."""


@dataclass(slots=True)
class Cause:
    """One cause that remains, with what speaks for and against it."""

    diagnosis: str
    points: int
    supporting: list[Evidence]
    opposing: list[Evidence]


def rank(facts: set[str], renal: str, explained: bool) -> list[Cause]:
    """Which causes remain, best first?

    A drug, iron, alcohol or a graft goes before everything else while it is active, unless the
    kidney conserves phosphate or a variant explains it.
    """
    places: list[int] = []
    for fact in facts:
        places += PLACES.get(fact, ())
    causes: dict[str, Cause] = {}
    for place in sorted(places):
        row = EVIDENCE[place]
        cause = causes.get(row.diagnosis)
        if cause is None:
            cause = causes[row.diagnosis] = Cause(row.diagnosis, 0, [], [])
        cause.points += row.points
        (cause.supporting if row.points > 0 else cause.opposing).append(row)
    mimics_lead = renal != CONSERVED and not explained
    remaining = [
        cause
        for cause in causes.values()
        if cause.points > 0 or (cause.diagnosis in ALWAYS and cause.supporting)
    ]
    # Somebody with a low phosphate is never left without a cause to think of.
    remaining = remaining or [cause for cause in causes.values() if cause.supporting]

    def standing(cause: Cause) -> tuple[bool, int, int]:
        leads = mimics_lead and cause.diagnosis in MIMICS
        return (not leads, -cause.points, ORDER[cause.diagnosis])

    remaining.sort(key=standing)
    return remaining
