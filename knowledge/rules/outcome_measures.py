"""How is the patient doing, and is a change large enough to matter?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from knowledge.rows import Entry, Value
from knowledge.tables import Table
from knowledge.terms.quantity import UNITS

TABLE = Table.beside(__file__)
UNITLESS = ("points", "count")
"""A score and a count are named by what is measured; nobody prints a unit."""
SPELLED = {"points": ("points", "point", "{score}", "1"), "count": ("count", "1", "{count}")}


class Direction(StrEnum):
    """Which way a change goes, if it is important; undetermined where no limit is known."""

    BETTER = "better"
    WORSE = "worse"
    NONE = "none"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Change:
    """From one value to a later one: by how much, whether it matters, and by which limit."""

    by: Decimal
    importance: Direction
    limit: Decimal | None = None
    source: Value | None = None


def measure_named(said: str) -> Entry | None:
    """Which measure is meant?"""
    plain = "_".join(said.strip().lower().replace("-", " ").replace("_", " ").split())
    for row in TABLE.entries["measures"].values():
        if plain in (row.key, *row.fields["also"]):
            return row
    return None


def problem(measure: Entry, value: Decimal, unit: str | None) -> str | None:
    """Why can this not be read? None if it can."""
    fields = measure.fields
    wanted = fields["unit"]
    if unit is None and wanted not in UNITLESS:
        return f"the unit is missing; {fields['name']} is told in {wanted}"
    if unit is not None and unit not in SPELLED.get(wanted, (wanted,)):
        return f"{fields['name']} is told in {wanted}, not in {unit}"
    lowest, highest = fields.get("lowest", 0), fields.get("highest")
    if value < lowest or (highest is not None and value > highest):
        return f"{fields['name']} cannot be {value}"
    return None


def change(measure: Entry, site: str | None, before: Decimal, now: Decimal, on: date) -> Change:
    """Is this an important change, and for better or for worse?"""
    by = now - before
    limit = _limit(measure.key, site, on)
    if limit is None:
        return Change(by, Direction.UNDETERMINED)
    far = abs(by) >= limit.number or _is_a_share(measure.key, abs(by), before, on)
    better = by > 0 if measure.fields["better"] == "higher" else by < 0
    said = (Direction.BETTER if better else Direction.WORSE) if far and by else Direction.NONE
    return Change(by, said, limit.number, limit)


def _limit(key: str, site: str | None, on: date) -> Value | None:
    names = [f"change_{key}_{site}" if site else "", f"change_{key}"]
    known = next((TABLE.values[name] for name in names if name in TABLE.values), None)
    return None if known is None else known.on(on)


def _is_a_share(key: str, by: Decimal, before: Decimal, on: date) -> bool:
    name = f"share_{key}"
    if name not in TABLE.values or not before:
        return False
    share = TABLE.value(name, on)
    return by >= before * share.value * UNITS[share.unit].factor


def completed(taken: Iterable[tuple[date, str]], on: date) -> Iterator[tuple[date, str]]:
    """On which days was the whole set of a visit taken, and which act is done with it?

    One questionnaire of six does not make the tests of function done.
    """
    sets: dict[str, set[str]] = {}
    for row in TABLE.entries["measures"].values():
        if row.fields["act"]:
            sets.setdefault(row.fields["act"], set()).add(row.key)
    within = timedelta(days=TABLE.whole("set_within", on))
    told = sorted(taken)
    for act, needed in sets.items():
        for day in sorted({day for day, key in told if key in needed}):
            lately = {key for when, key in told if day - within <= when <= day}
            if needed <= lately:
                yield day, act


def missing(taken: Iterable[tuple[date, str]], act: str, day: date, on: date) -> tuple[str, ...]:
    """What of this set was not taken within a visit that ended on this day?"""
    within = timedelta(days=TABLE.whole("set_within", on))
    lately = {key for when, key in taken if day - within <= when <= day}
    rows = TABLE.entries["measures"].values()
    return tuple(row.key for row in rows if row.fields["act"] == act and row.key not in lately)
