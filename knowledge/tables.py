"""The table beside a rule, and what may be asked of it. reading.py says what may stand in one."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

from knowledge.reading import Contents
from knowledge.rows import Decision, Entry, Interval, OrderedRow
from knowledge.terms.person import Sex
from knowledge.terms.quantity import Quantity


class Table(Contents):
    """The table beside one rule module, read and checked once, at import."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self._interval_for = lru_cache(maxsize=4096)(self._find_interval)

    @classmethod
    def beside(cls, module_file: str) -> "Table":
        """The table with the same name as the module that asks."""
        return _read_once(Path(module_file).with_suffix(".toml"))

    def value(self, name: str, on: date) -> Quantity:
        """Which number counts on this day?"""
        history = self.values[name]
        return (history.newest if history.since <= on else history.on(on)).quantity

    def number(self, name: str, on: date) -> Decimal:
        """The same as a bare number, for formulas that know its unit."""
        history = self.values[name]
        return (history.newest if history.since <= on else history.on(on)).number

    def whole(self, name: str, on: date) -> int:
        """The same as a whole number: days, months, counts."""
        history = self.values[name]
        return (history.newest if history.since <= on else history.on(on)).whole

    def band(self, name: str, value: Decimal, on: date) -> str:
        """In which of the named bands does this value lie on this day?"""
        history = self.bands[name]
        return (history.newest if history.since <= on else history.on(on)).band_of(value)

    def interval(
        self, name: str, *, profile: str, sex: Sex, age: Decimal, on: date
    ) -> Interval | None:
        """Which reference interval holds for such a person? None when the table has none."""
        return self._interval_for(name, profile, sex, age, on)

    def entry(self, name: str, key: str) -> Entry | None:
        """Which row of this list has this key?"""
        return self.entries[name].get(key)

    def decide(self, name: str, *inputs: str) -> Decision:
        """Which row applies? Inputs in the order in which the decision declares them."""
        return self.decisions[name][inputs]

    def first(self, name: str, facts: Mapping[str, str]) -> OrderedRow:
        """Which row matches first?"""
        for row in self.ordered[name]:
            if row.matches(facts):
                return row
        raise AssertionError("an ordered table is checked at load to end with a row for all")

    def _find_interval(
        self, name: str, profile: str, sex: Sex, age: Decimal, on: date
    ) -> Interval | None:
        chosen: Interval | None = None
        for row in self.intervals.get(name, ()):
            if not row.holds_for(profile, sex, age):
                continue
            if chosen is None or row.citation.effective <= on:
                chosen = row
        return chosen


@cache
def _read_once(file: Path) -> Table:
    return Table(file)
