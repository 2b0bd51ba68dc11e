"""What can be measured: each analyte's working unit, the units it accepts and how they convert."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from importlib.resources import files
from typing import Any

from knowledge.terms.quantity import (
    UNITS,
    NotConvertible,
    Quantity,
    Unit,
    UnknownUnit,
    unit_named,
)

TWELVE_FIGURES = Context(prec=12)
"""Far more than anybody measures, and few enough that converting there and back moves no limit."""


@dataclass(frozen=True, slots=True)
class Analyte:
    """One row of analytes.toml; `factors` turns an accepted unit into the one rules work in.

    `working` names that unit for each accepted one: units that cannot be converted stay apart.
    """

    key: str
    name: str
    specimen: str
    unit: str
    loinc: tuple[str, ...]
    factors: Mapping[str, Decimal]
    working: Mapping[str, str]
    specimens: tuple[str, ...] = ()
    kind_of: Mapping[str, str] = field(default_factory=dict)
    """Which kind of unit a LOINC code names, `mass` or `amount`, where it names one."""
    seldom: frozenset[str] = frozenset()
    """Units that are taken, but so rarely printed that nobody is asked whether they were meant."""

    def to_working_unit(self, quantity: Quantity) -> Quantity:
        """The same amount in the unit rules work in; NotConvertible for a unit it never has."""
        if quantity.unit == self.unit:
            return quantity
        factor = self.factors.get(quantity.unit)
        if factor is None:
            raise NotConvertible(f"{self.reported_in()}, not in {quantity.unit}")
        target = self.working[quantity.unit]
        if target == quantity.unit:
            return quantity
        return Quantity(
            TWELVE_FIGURES.multiply(quantity.value, factor), target, quantity.comparator
        )

    def converted(self, value: Decimal, unit: str, into: str) -> Decimal:
        """This number in another unit of the analyte, to twelve figures."""
        return TWELVE_FIGURES.multiply(value, self.factors[unit] / self.factors[into])

    def read_unit(self, printed: str | None) -> str:
        """Which of its units was printed? Raises with the question to send back."""
        try:
            code = unit_named(printed).code
        except UnknownUnit as unknown:
            raise UnknownUnit(f"{unknown}; {self.reported_in()}") from None
        if code not in self.factors:
            raise NotConvertible(f"{self.reported_in()}, not in {code}")
        return code

    def reported_in(self) -> str:
        """In which units is it reported? A sentence to send back."""
        usual = (unit for unit in self.factors if unit not in self.seldom)
        return f"{self.name} is reported in {' or '.join(usual)}"

    def contradicts(self, loinc: str, unit: str) -> bool:
        """Does this code name grams where the unit counts moles, or the other way round?"""
        named = self.kind_of.get(loinc)
        return named is not None and UNITS[unit].kind.partition("-")[0] != named


def _factor(source: Unit, target: Unit, row: Mapping[str, Any]) -> Decimal:
    """How many `target` units is one `source` unit, for this analyte?"""
    (kind, _, per), (wanted, _, wanted_per) = (u.kind.partition("-") for u in (source, target))
    if source.kind == target.kind:
        return source.factor / target.factor
    if (kind, wanted) == ("mass", "amount") and per == wanted_per:
        return source.factor / Decimal(row["molar_mass"]) / target.factor
    if (kind, wanted) == ("equivalent", "amount"):
        return source.factor / Decimal(row["valence"]) / target.factor
    raise NotConvertible(f"{source.code} to {target.code}")


def _read_analyte(key: str, row: Mapping[str, Any]) -> Analyte:
    factors, working = {}, {}
    seldom = row.get("seldom", ())
    for family in ([row["unit"], *row["accepts"], *seldom], *row.get("apart", ())):
        for code in family:
            factors[code] = _factor(UNITS[code], UNITS[family[0]], row)
            working[code] = family[0]
    kinds = {code: kind for kind in ("mass", "amount") for code in row.get(kind, ())}
    if not kinds.keys() <= set(row["loinc"]):
        raise ValueError(f"analytes.toml: {key}: a code of another analyte has a kind of unit")
    return Analyte(
        key,
        row["name"],
        row["specimen"],
        row["unit"],
        tuple(row["loinc"]),
        factors,
        working,
        tuple(row.get("specimens", ())),
        kinds,
        frozenset(seldom),
    )


def _read_analytes() -> dict[str, Analyte]:
    text = files("knowledge.terms").joinpath("analytes.toml").read_text("utf-8")
    rows = tomllib.loads(text, parse_float=Decimal)
    return {key: _read_analyte(key, row) for key, row in rows.items()}


ANALYTES: Mapping[str, Analyte] = _read_analytes()
BY_LOINC: Mapping[str, Analyte] = {
    code: analyte for analyte in ANALYTES.values() for code in analyte.loinc
}
