"""After an operation, how closely is somebody watched, and why?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge.rules import removed_tumor
from knowledge.rules.reference_intervals import Level
from knowledge.tables import Table
from knowledge.terms.quantity import Quantity

TABLE = Table.beside(__file__)
UNKNOWN = "unknown"


class Tier(StrEnum):
    """How closely somebody is watched."""

    STANDARD = "STANDARD"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True)
class Operation:
    """FHIR Procedure: the removal, as far as the risk of recurrence turns on it."""

    day: date
    site: str | None = None
    margin: str | None = None
    tissue: str | None = None
    histology: str | None = None
    procedure: str | None = None
    laterality: str | None = None


RISKY_LAST = (False, None, True)
"""Of two words for one thing, the one that is further on counts: what is not known before what is
known to be safe, what is risky before both."""


def of_each_day(operations: Iterable[Operation]) -> list[Operation]:
    """One operation a day, in order: what several reports tell of it together.

    A pathologist's report may come as another word of the same operation. Where two differ the
    worse counts, whichever was told first.
    """
    by_day: dict[date, Operation] = {}
    for one in operations:
        known = by_day.get(one.day)
        by_day[one.day] = one if known is None else _together(known, one)
    return [by_day[day] for day in sorted(by_day)]


def _together(one: Operation, other: Operation) -> Operation:
    return Operation(
        day=one.day,
        site=_worse("site", one.site, other.site),
        margin=_worse("margin", one.margin, other.margin),
        tissue=_worse("tissue", one.tissue, other.tissue),
        histology=_worse("histology", one.histology, other.histology),
        procedure=_worse("procedure", one.procedure, other.procedure),
        laterality=_sides(one.laterality, other.laterality),
    )


def _sides(one: str | None, other: str | None) -> str | None:
    return "both" if one and other and one != other else one or other


def _worse(name: str, one: str | None, other: str | None) -> str | None:
    """What nobody said of it is no word against what somebody said."""
    words = [said for said in (one, other) if said is not None]
    return max(
        words,
        key=lambda said: (RISKY_LAST.index(removed_tumor.says(name, said)), said),
        default=None,
    )


def risk_tier(
    operation: Operation, early_fgf23: Iterable[tuple[date, Level]], *, refractory: bool, on: date
) -> tuple[Tier, tuple[str, ...]]:
    """How closely must this patient be watched, and why? What nobody states is unknown."""
    why = [name for name, said in _told(operation) if removed_tumor.says(name, said) is not False]
    first, last = TABLE.whole("fgf23_early_from", on), TABLE.whole("fgf23_early_until", on)
    if any(
        level is Level.HIGH and first <= (day - operation.day).days <= last
        for day, level in early_fgf23
    ):
        why.append("fgf23_raised_early")
    if refractory:
        why.append("earlier_recurrence")
    return (Tier.HIGH if why else Tier.STANDARD), tuple(why)


def not_understood(operation: Operation) -> tuple[tuple[str, str], ...]:
    """Which words of its report does nobody here know? Each counts as the worse of both."""
    told = ((name, said) for name, said in _told(operation) if name != "bone_site")
    return tuple((name, said) for name, said in told if removed_tumor.says(name, said) is None)


def _told(operation: Operation) -> Iterator[tuple[str, str]]:
    """What is said of it, by the name under which it may be a reason."""
    yield "margin", operation.margin or UNKNOWN
    yield "site", operation.site or UNKNOWN
    for name, said in (
        ("procedure", operation.procedure),
        ("tissue", operation.tissue),
        ("bone_site", None if operation.tissue else operation.site),
        ("histology", operation.histology),
    ):
        if said is not None:
            yield name, said


def is_malignant(operation: Operation) -> bool:
    """Was malignant tissue removed?"""
    return (
        operation.histology is not None and removed_tumor.is_malignant(operation.histology) is True
    )


def fallback_phosphate(on: date) -> tuple[Quantity, Quantity]:
    """Between which limits is phosphate normal, where nothing better is known?"""
    return TABLE.value("fallback_phosphate_low", on), TABLE.value("fallback_phosphate_high", on)
