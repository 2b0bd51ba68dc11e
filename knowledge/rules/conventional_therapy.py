"""Are oral phosphate and active vitamin D within bounds, and what follows from the laboratory?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from knowledge.rows import Entry
from knowledge.tables import Table
from knowledge.terms.stop import Stop

TABLE = Table.beside(__file__)
OUTSIDE = "TX-018"
PHOSPHATE = "oral_phosphate"
PAEDIATRIC = "the dose of a child: it was not read, ask a paediatric centre"


@dataclass(frozen=True, slots=True)
class Daily:
    """What is taken in a day, in the unit of the bounds. None where something is missing."""

    agent: str
    amount: Decimal | None
    per_kg: Decimal | None
    unit: str
    doses: Decimal | None
    arithmetic: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def is_bounded(agent: str) -> bool:
    """Does this table know bounds for this drug?"""
    return agent in TABLE.entries["bounds"]


@lru_cache(maxsize=1024)
def _written_as(unit: str) -> Entry | None:
    """Which unit of a dose is meant by this spelling? None: it stands in no table."""
    rows = TABLE.entries["dose_units"].values()
    return next((row for row in rows if unit in (row.key, *row.fields["also"])), None)


def daily(
    agent: str,
    dose: Decimal | None,
    unit: str | None,
    doses_per_day: Decimal | None,
    kg: Decimal | None,
) -> Daily:
    """How much of it is taken in a day, and how much is that for each kg? No unit is guessed."""
    bounds = TABLE.entries["bounds"][agent].fields
    wanted, written = str(bounds["unit"]), _written_as(unit or "")
    turns_on_doses = "doses_least" in bounds or written is None or written.fields["per"] == "dose"
    missing = [
        name
        for name, value, needed in (
            ("dose", dose, True),
            ("dose_unit", written, True),
            ("doses_per_day", doses_per_day, turns_on_doses),
            ("weight_kg", kg, True),
        )
        if needed and value is None
    ]
    nothing = Daily(agent, None, None, wanted, doses_per_day, missing=tuple(missing))
    if dose is None or written is None:
        return nothing
    if written.fields["in"] != wanted:
        return Daily(agent, None, None, wanted, doses_per_day, missing=("dose_unit",))
    amount = dose * written.fields["times"]
    match written.fields["per"]:
        case "kg":
            total = None if kg is None else amount * kg
            return Daily(agent, total, amount, wanted, doses_per_day, (), tuple(missing))
        case "dose" if doses_per_day is None:
            return nothing
        case "dose":
            amount *= doses_per_day or 1
    if kg is None:
        return Daily(agent, amount, None, wanted, doses_per_day, (), tuple(missing))
    per_kg = amount / kg
    said = f"{amount.normalize():f} {wanted}/d : {kg.normalize():f} kg = {per_kg:.1f} {wanted}/kg/d"
    return Daily(agent, amount, per_kg, wanted, doses_per_day, (said,), tuple(missing))


def outside_bounds(taken: Daily) -> tuple[Stop, ...]:
    """Is this dose outside its bounds (TX-018)? Softly, or so that nobody may go past it?"""
    bounds = TABLE.entries["bounds"][taken.agent]
    stops = [*_per_kg_stops(taken, bounds), *_doses_stops(taken, bounds)]
    most = bounds.fields.get("hard_day")
    if most is not None and taken.amount is not None and taken.amount > most:
        text = f"{taken.agent}: {taken.amount.normalize():f} {taken.unit} is above {most} a day"
        stops.insert(0, Stop(OUTSIDE, "above_day_max", text, hard=True))
    if taken.missing:
        text = f"{taken.agent}: not known: {', '.join(taken.missing)}"
        stops.append(Stop(OUTSIDE, "dose_not_known", text, hard=False))
    return tuple(stops)


def _per_kg_stops(taken: Daily, bounds: Entry) -> list[Stop]:
    if taken.per_kg is None:
        return []
    low, soft, hard = (bounds.fields.get(name) for name in ("soft_low", "soft_high", "hard_high"))
    each = f"{taken.unit}/kg/d"
    said = f"{taken.agent}: {taken.per_kg:.1f} {each}"
    if hard is not None and taken.per_kg > hard:
        return [Stop(OUTSIDE, "above_hard_bound", f"{said} is above {hard} {each}", hard=True)]
    if soft is not None and taken.per_kg > soft:
        return [Stop(OUTSIDE, "above_soft_bound", f"{said} is above {soft} {each}", hard=False)]
    if low is not None and taken.per_kg < low:
        return [Stop(OUTSIDE, "below_soft_bound", f"{said} is below {low} {each}", hard=False)]
    return []


def _doses_stops(taken: Daily, bounds: Entry) -> list[Stop]:
    least, wanted = bounds.fields.get("doses_least"), bounds.fields.get("doses_wanted")
    if taken.doses is None or least is None or wanted is None:
        return []
    said = f"{taken.agent}: {taken.doses.normalize():f} doses a day"
    if taken.doses < least:
        return [Stop(OUTSIDE, "too_few_doses", f"{said} are fewer than {least}", hard=True)]
    if taken.doses < wanted:
        return [Stop(OUTSIDE, "few_doses", f"{said}; {wanted} or more are better", hard=False)]
    return []


@dataclass(frozen=True, slots=True)
class Beginning:
    """Between which doses a day is one begun? The prescriber says which."""

    agent: str
    low: Decimal | None
    high: Decimal | None
    unit: str
    doses: int | None
    arithmetic: tuple[str, ...]
    row: Entry
    missing: tuple[str, ...] = ()


def beginnings(kg: Decimal | None, *, adult: bool | None) -> tuple[Beginning, ...]:
    """With what does conventional therapy begin? No table for TIO was read: a range, no dose.

    The totals a day were read for adults; of children nothing was read.
    """
    return tuple(_beginning(row, kg, adult) for row in TABLE.entries["beginnings"].values())


def _beginning(row: Entry, kg: Decimal | None, adult: bool | None) -> Beginning:
    unit, doses = str(row.fields["unit"]), row.fields.get("doses")
    if adult is not True:
        lacks = "age_years" if adult is None else PAEDIATRIC
        return Beginning(row.key, None, None, unit, None, (), row, (lacks,))
    least, most = Decimal(row.fields["day_low"]), Decimal(row.fields["day_high"])
    within = f"within {least} to {most} {unit}/d"
    if kg is None:
        return Beginning(row.key, None, None, unit, doses, (within,), row, ("weight_kg",))
    bound = Decimal(TABLE.entries["bounds"][row.key].fields["soft_high"])
    low, high, lines = Decimal(0), most, []
    if "low" in row.fields:
        low, high = row.fields["low"] * kg, row.fields["high"] * kg
        lines = [
            f"{row.fields[end]} {unit}/kg/d × {kg.normalize():f} kg = "
            f"{amount.normalize():f} {unit}/d"
            for end, amount in (("low", low), ("high", high))
        ]
    low, high = min(max(low, least), most), min(max(high, least), most)
    lines.append(f"{within}: {low:f} to {high:f} {unit}/d")
    if high > bound * kg:
        high = bound * kg
        low = min(low, high)
        said = f"not above {bound} {unit}/kg/d: {low.normalize():f} to {high.normalize():f}"
        lines.append(f"{said} {unit}/d")
    return Beginning(row.key, low, high, unit, doses, tuple(lines), row)


def reduced(taken: Daily, on: date) -> Decimal | None:
    """To how much a day is active vitamin D lowered when urine calcium is high?"""
    return None if taken.amount is None else taken.amount * TABLE.number("reduced_to", on)


def too_close(hours: Decimal | None, on: date) -> bool | None:
    """Are phosphate and calcium taken too close together (TX-022)? Unknown if nobody says."""
    return None if hours is None else hours < TABLE.number("apart_from_calcium", on)
