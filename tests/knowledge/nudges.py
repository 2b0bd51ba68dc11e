"""Moves one number of a table by its smallest step, so that a test can ask who notices.

A threshold that can be moved without any case failing is a threshold on which no case stands.
"""

import copy
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import _lru_cache_wrapper
from importlib import import_module
from pathlib import Path
from typing import Any

from knowledge import shelf
from knowledge.rules import next_test, validity
from knowledge.tables import Table
from knowledge.terms.person import DAYS_PER_YEAR

Move = Callable[[dict[str, Any], int], None]
"""Changes the content of a table in place, one step up (+1) or down (-1)."""

DAYS = frozenset({"within_days", "sooner"})
"""Fields of a listed row that say by when."""

LAST_AGE = 200
"""Where the tables write that an interval has no end."""


@dataclass(frozen=True)
class Threshold:
    """One number of one table: the entry in which it stands, what it is, and how it is moved."""

    table: str
    entry: str
    says: str
    move: Move
    ways: tuple[int, ...] = (-1, 1)

    @property
    def address(self) -> str:
        """What a case names to stand on it."""
        return f"{self.table}.{self.entry}"


def thresholds() -> Iterator[Threshold]:
    """Every number of every table on which a decision may turn."""
    for name, table in shelf.tables().items():
        content = _content(table.file)
        for kind, find in (
            ("values", _in_values),
            ("bands", _in_bands),
            ("intervals", _in_intervals),
            ("limits", _in_limits),
            ("entries", _in_entries),
        ):
            for entry, body in content.get(kind, {}).items():
                for says, move, ways in find(kind, entry, body["rows"]):
                    yield Threshold(name, entry, says, move, ways)


Found = Iterator[tuple[str, Move, tuple[int, ...]]]


def _in_values(kind: str, entry: str, rows: list[dict[str, Any]]) -> Found:
    for place, row in enumerate(rows):
        number = Decimal(row["value"])

        def move(content: dict[str, Any], way: int, place: int = place) -> None:
            row = content[kind][entry]["rows"][place]
            row["value"] = Decimal(row["value"]) + way * step_of(row["value"])

        yield f"{number} {row['unit']}", move, _ways(number)


def _in_bands(kind: str, entry: str, rows: list[dict[str, Any]]) -> Found:
    for place, row in enumerate(rows):
        for left, band in enumerate(row["bands"][:-1]):

            def move(
                content: dict[str, Any], way: int, place: int = place, left: int = left
            ) -> None:
                bands = content[kind][entry]["rows"][place]["bands"]
                moved = bands[left]["below"] + way * step_of(bands[left]["below"])
                bands[left]["below"] = bands[left + 1]["from"] = moved

            yield f"{band['name']} below {band['below']} {row['unit']}", move, (-1, 1)


def _in_intervals(kind: str, entry: str, rows: list[dict[str, Any]]) -> Found:
    edges: dict[tuple[str, Decimal], list[tuple[int, str]]] = {}
    for place, row in enumerate(rows):
        whom = f"{row['profile']} {row['sex']} from {row['age_from']}"
        yield from _ends(kind, entry, place, row, whom)
        for unit, low in row.get("low_in", {}).items():

            def move(
                content: dict[str, Any], way: int, place: int = place, unit: str = unit
            ) -> None:
                lows = content[kind][entry]["rows"][place]["low_in"]
                lows[unit] += way * step_of(lows[unit])

            yield f"{whom}: low {low} {unit}", move, (-1, 1)
        for side in ("age_from", "age_below"):
            years = Decimal(row[side]) / _per_year(row)
            if 0 < years < LAST_AGE:
                edges.setdefault((row["profile"], years), []).append((place, side))
    for (profile, years), sides in edges.items():

        def shift(content: dict[str, Any], way: int, sides: list[tuple[int, str]] = sides) -> None:
            for place, side in sides:
                row = content[kind][entry]["rows"][place]
                a_day = _per_year(row) / DAYS_PER_YEAR
                row[side] = Decimal(row[side]) + way * a_day

        yield f"{profile}: age {years:.4g}", shift, (-1, 1)


def _in_limits(kind: str, entry: str, rows: list[dict[str, Any]]) -> Found:
    for place, row in enumerate(rows):
        yield from _ends(kind, entry, place, row, row["analyte"])


def _in_entries(kind: str, entry: str, rows: list[dict[str, Any]]) -> Found:
    """Days within which something is to be done."""
    for place, row in enumerate(rows):
        for field in DAYS.intersection(row):

            def move(
                content: dict[str, Any], way: int, place: int = place, field: str = field
            ) -> None:
                content[kind][entry]["rows"][place][field] += way

            yield f"{row['key']}: {field} {row[field]}", move, _ways(Decimal(row[field]))


def _ends(kind: str, entry: str, place: int, row: Mapping[str, Any], whom: str) -> Found:
    for end in ("low", "high"):
        if end not in row:
            continue

        def move(content: dict[str, Any], way: int, end: str = end) -> None:
            row = content[kind][entry]["rows"][place]
            row[end] = Decimal(row[end]) + way * step_of(row[end])

        yield f"{whom}: {end} {row[end]} {row['unit']}", move, _ways(Decimal(row[end]))


def step_of(number: int | Decimal) -> Decimal:
    """By how much does the last printed digit count?"""
    exponent = Decimal(number).as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(1).scaleb(min(exponent, 0))


def _per_year(row: Mapping[str, Any]) -> Decimal:
    return DAYS_PER_YEAR if row.get("age_unit", "a") == "d" else Decimal(1)


def _ways(number: Decimal) -> tuple[int, ...]:
    """Nothing that is measured or counted goes below nought."""
    return (1,) if number == 0 else (-1, 1)


def _content(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)


@contextmanager
def nudged(threshold: Threshold, way: int) -> Iterator[None]:
    """The world with this number one step off."""
    table = shelf.tables()[threshold.table]
    kept = dict(vars(table))
    content = copy.deepcopy(_content(table.file))
    threshold.move(content, way)
    try:
        table._read(content)
        _forget(table)
        yield
    finally:
        vars(table).update(kept)
        _forget(table)


def _forget(table: Table) -> None:
    """What was worked out from the table before is worked out again."""
    table._interval_for.cache_clear()
    for name in shelf.tables():
        for thing in vars(import_module(f"knowledge.rules.{name}")).values():
            if isinstance(thing, _lru_cache_wrapper):
                thing.cache_clear()
    if table is validity.TABLE:
        for name in table.limits:
            vars(validity)[name.upper()] = validity._in_working_units(name)
    if table is next_test.TABLE:
        vars(next_test)["STEPS"] = table.entries["steps"]
