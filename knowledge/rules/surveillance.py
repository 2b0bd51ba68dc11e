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
