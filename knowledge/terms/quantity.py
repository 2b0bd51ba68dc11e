"""A measured amount: value, UCUM unit and, where the assay ended, a comparator ("<0.3")."""

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from importlib.resources import files

from knowledge.terms.truth import Truth


class Comparator(StrEnum):
    """FHIR's quantity comparators: the true value lies on this side of the number."""

    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER_OR_EQUAL = ">="
    GREATER = ">"


class UnknownUnit(ValueError):
    """The unit is missing or was not taught; it is asked back, never guessed."""


class NotConvertible(ValueError):
    """The two units measure different things, or a molar mass is needed and not known."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One UCUM unit: the kind of quantity it measures and how many base units it is."""

    code: str
    kind: str
    factor: Decimal


def _read_units() -> tuple[dict[str, Unit], dict[str, Unit]]:
    text = files("knowledge.terms").joinpath("units.toml").read_text("utf-8")
    by_code: dict[str, Unit] = {}
    by_spelling: dict[str, Unit] = {}
    for row in tomllib.loads(text, parse_float=Decimal)["unit"]:
        unit = Unit(row["code"], row["kind"], Decimal(row["factor"]))
        by_code[unit.code] = unit
        for spelling in (unit.code, *row["spellings"]):
            if by_spelling.setdefault(spelling, unit) is not unit:
                raise ValueError(f"units.toml: {spelling!r} is printed for two units")
    return by_code, by_spelling


UNITS, _SPELLINGS = _read_units()


def unit_named(printed: str | None) -> Unit:
    """Which UCUM unit did the laboratory print? Raises UnknownUnit rather than guess."""
    unit = _SPELLINGS.get(printed) if printed else None
    if unit is None and printed:
        unit = _SPELLINGS.get(" ".join(printed.split()))
    if unit is None:
        raise UnknownUnit("the unit is missing" if not printed else "the unit is not known")
    return unit


@dataclass(slots=True)
class Quantity:
    """FHIR Quantity: a decimal value in a UCUM unit, never a bare number.

    Nobody changes one; it is not frozen because so many are made, and freezing triples the cost.
    """

    value: Decimal
    unit: str
    comparator: Comparator | None = None

    def below(self, limit: "Quantity") -> Truth:
        """Is the true value below the limit? Unknown where a comparator leaves it open."""
        return _below(self, _same_unit(self, limit))

    def above(self, limit: "Quantity") -> Truth:
        """Is the true value above the limit? Unknown where the comparator leaves it open."""
        return _above(self, _same_unit(self, limit))

    def __str__(self) -> str:
        return f"{self.comparator or ''}{self.value.normalize():f} {self.unit}"


def _same_unit(measured: Quantity, limit: Quantity) -> Decimal:
    if measured.unit == limit.unit:
        return limit.value
    there, here = UNITS[limit.unit], UNITS[measured.unit]
    if there.kind != here.kind:
        raise NotConvertible(f"{limit.unit} is not comparable with {measured.unit}")
    return limit.value * there.factor / here.factor


def _below(measured: Quantity, limit: Decimal) -> Truth:
    value = measured.value
    match measured.comparator:
        case None:
            return value < limit
        case Comparator.LESS:
            return True if value <= limit else None
        case Comparator.LESS_OR_EQUAL:
            return True if value < limit else None
        case _:
            return False if value >= limit else None


def _above(measured: Quantity, limit: Decimal) -> Truth:
    value = measured.value
    match measured.comparator:
        case None:
            return value > limit
        case Comparator.GREATER:
            return True if value >= limit else None
        case Comparator.GREATER_OR_EQUAL:
            return True if value > limit else None
        case _:
            return False if value <= limit else None
