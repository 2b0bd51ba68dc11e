"""What does a study cost in radiation?"""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from knowledge.rules import imaging
from knowledge.tables import Table

TABLE = Table.beside(__file__)


@dataclass(frozen=True, slots=True)
class Dose:
    """The effective dose of a tracer; estimated where the activity was not stated."""

    msv: Decimal
    activity_mbq: Decimal
    estimated: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Between how much and how much."""

    low: Decimal
    high: Decimal


@lru_cache(maxsize=4096)
def tracer_dose(tracer: str | None, activity_mbq: Decimal | None) -> Dose | None:
    """What dose did this tracer give? None when the table does not know it."""
    injected = imaging.tracer_named(tracer)
    if injected is None or "msv_per_mbq" not in injected.fields:
        return None
    activity = activity_mbq if activity_mbq is not None else injected.fields["reference_mbq"]
    factor: Decimal = injected.fields["msv_per_mbq"]
    return Dose(factor * activity, Decimal(activity), activity_mbq is None)


@lru_cache(maxsize=4096)
def usual_dose(test: str, weight_kg: Decimal | None = None) -> Decimal | None:
    """What dose does the tracer of this test usually give? By weight, where the label says so."""
    for tracer in imaging.TABLE.entries["tracers"].values():
        if tracer.fields.get("test") != test:
            continue
        activity = None
        if weight_kg is not None and "mbq_per_kg" in tracer.fields:
            by_weight = tracer.fields["mbq_per_kg"] * weight_kg
            activity = min(by_weight, Decimal(tracer.fields["most_mbq"]))
        dose = tracer_dose(tracer.key, activity)
        return dose.msv if dose else None
    return None


@lru_cache(maxsize=16)
def ct_part() -> Span:
    """What does the low-dose CT of a hybrid scan add?"""
    fields = TABLE.entries["ct_part"]["low_dose"].fields
    return Span(Decimal(fields["low"]), Decimal(fields["high"]))
