"""What can be measured: each analyte's working unit, the units it accepts and how they convert."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files

from knowledge.terms.quantity import (
    UNITS,
    NotConvertible,
    Quantity,
    Unit,
    UnknownUnit,
    unit_named,
)


@dataclass(frozen=True, slots=True)
class Analyte:
    """One row of analytes.toml; `factors` turns an accepted unit into the working unit."""

    key: str
    name: str
    specimen: str
    unit: str
    loinc: tuple[str, ...]
    factors: Mapping[str, Decimal]

    def to_working_unit(self, quantity: Quantity) -> Quantity:
        """The same amount in the unit rules work in; NotConvertible for a unit it never has."""
        if quantity.unit == self.unit:
            return quantity
        factor = self.factors.get(quantity.unit)
        if factor is None:
            raise NotConvertible(
                f"{self.name} is reported in {' or '.join(self.factors)}, not in {quantity.unit}"
            )
        return Quantity(quantity.value * factor, self.unit, quantity.comparator)

    def read_unit(self, printed: str | None) -> str:
        """Which of its units was printed? Raises with the question to send back."""
        try:
            code = unit_named(printed).code
        except UnknownUnit as unknown:
            raise UnknownUnit(
                f"{unknown}; {self.name} is reported in {' or '.join(self.factors)}"
            ) from None
        if code not in self.factors:
            raise NotConvertible(
                f"{self.name} is reported in {' or '.join(self.factors)}, not in {code}"
            )
        return code


def _factor(source: Unit, target: Unit, row: Mapping[str, Decimal]) -> Decimal:
    """How many `target` units is one `source` unit, for this analyte?"""
    kinds = (source.kind.split("-")[0], target.kind.split("-")[0])
    if source.kind == target.kind:
        return source.factor / target.factor
    if kinds == ("mass", "amount"):
        return source.factor / Decimal(row["molar_mass"]) / target.factor
    if kinds == ("equivalent", "amount"):
        return source.factor / Decimal(row["valence"]) / target.factor
    raise NotConvertible(f"{source.code} to {target.code}")


def _read_analytes() -> dict[str, Analyte]:
    text = files("knowledge.terms").joinpath("analytes.toml").read_text("utf-8")
    analytes = {}
    for key, row in tomllib.loads(text, parse_float=Decimal).items():
        target = UNITS[row["unit"]]
        factors = {code: _factor(UNITS[code], target, row) for code in row["accepts"]}
        analytes[key] = Analyte(
            key, row["name"], row["specimen"], row["unit"], tuple(row["loinc"]), factors
        )
    return analytes


ANALYTES: Mapping[str, Analyte] = _read_analytes()
BY_LOINC: Mapping[str, Analyte] = {
    code: analyte for analyte in ANALYTES.values() for code in analyte.loinc
}
