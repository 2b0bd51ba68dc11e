"""After an operation, how closely is somebody watched, and why?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge.rules.field_of_view import site_named
from knowledge.rules.reference_intervals import Level
from knowledge.tables import Table
from knowledge.terms.quantity import Quantity

TABLE = Table.beside(__file__)


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


def risk_tier(
    operation: Operation, early_fgf23: Iterable[tuple[date, Level]], *, refractory: bool, on: date
) -> tuple[Tier, tuple[str, ...]]:
    """How closely must this patient be watched, and why? A margin nobody states is unknown."""
    why = [
        name
        for name, said in (
            ("margin", operation.margin or "unknown"),
            ("procedure", operation.procedure),
            ("site", operation.site),
            ("tissue", operation.tissue),
            ("bone_site", None if operation.tissue else operation.site),
            ("histology", operation.histology),
        )
        if said is not None and _is_risky(name, said)
    ]
    first, last = TABLE.whole("fgf23_early_from", on), TABLE.whole("fgf23_early_until", on)
    if any(
        level is Level.HIGH and first <= (day - operation.day).days <= last
        for day, level in early_fgf23
    ):
        why.append("fgf23_raised_early")
    if refractory:
        why.append("earlier_recurrence")
    return (Tier.HIGH if why else Tier.STANDARD), tuple(why)


def _is_risky(name: str, said: str) -> bool:
    risky = TABLE.entries["high_risk"][name].fields["values"]
    plain = " ".join(said.lower().replace("_", " ").split())
    site = site_named(said) if name in ("site", "bone_site") else None
    return said in risky or plain in risky or (site is not None and site.code in risky)


def is_malignant(operation: Operation) -> bool:
    """Was malignant tissue removed?"""
    return operation.histology is not None and _is_risky("histology", operation.histology)


def fallback_phosphate(on: date) -> tuple[Quantity, Quantity]:
    """Between which limits is phosphate normal, where nothing better is known?"""
    return TABLE.value("fallback_phosphate_low", on), TABLE.value("fallback_phosphate_high", on)
