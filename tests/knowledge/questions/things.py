"""What cases are written in: numbers with units, results, persons."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation
from knowledge.terms.person import Sex, Subject
from knowledge.terms.quantity import Comparator, Quantity

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOTHING = ""
"""How a case writes that there is none: TOML has no word for it."""


def figures(value: Decimal, digits: int = 3) -> Decimal:
    """So many significant figures, as the specification prints them."""
    return Decimal(f"{value:.{digits}g}")


def quantity(value: Any, unit: str) -> Quantity:
    """A number, or a text such as "<10"."""
    text = str(value)
    sign = text.rstrip("0123456789.-")
    return Quantity(Decimal(text[len(sign) :]), unit, Comparator(sign) if sign else None)


def result(analyte: str, value: Any, unit: str | None = None, **more: Any) -> Observation:
    """One believed result, by default in the unit that rules work in."""
    known = ANALYTES[analyte]
    printed = quantity(value, unit or known.unit)
    return Observation("o", known, printed, known.to_working_unit(printed), **more)


def person(age: Any = 40, sex: str = "female", profile: str = "INT_adult") -> Subject:
    """Somebody; nothing for an unknown age."""
    return Subject(DAY, Sex(sex), None if age == NOTHING else Decimal(age), profile)
