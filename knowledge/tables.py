"""Reads the table beside a rule. Every number is dated, cited and carries how far its source was read.

A table file (TOML) may hold six kinds of entry, each under its kind and a name:

* ``[values.NAME]``     one number that changes over time: rows with ``value`` and ``unit``
* ``[bands.NAME]``      a number line cut into named bands, without gap or overlap
* ``[intervals.NAME]``  reference intervals for whom they hold: profile, sex, age; no two for the same person
* ``[decisions.NAME]``  rows of conditions over closed inputs, of which exactly one applies to every combination
* ``[lists.NAME]``      rows with a key and columns of their own: a reminder ladder, a calendar, the points of a score
* ``[rules.ID]``        what a rule says, how strong it is and where it stands

What does not fit is refused at load with file, row and reason. A row counts from its ``effective`` day, the day this
system began to use it; an earlier day is answered with the oldest row.
"""

import itertools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from knowledge.references import REFERENCES
from knowledge.terms.finding import ReadStatus
from knowledge.terms.person import Sex
from knowledge.terms.quantity import UNITS, Quantity


class KnowledgeError(Exception):
    """A table that may not be used: file, row and reason."""

    def __init__(self, file: Path, row: str, reason: str) -> None:
        super().__init__(f"{file.name}: {row}: {reason}")


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a row stands and how far that was read."""

    effective: date
    source: tuple[str, ...]
    read_status: ReadStatus
    note: str


@dataclass(frozen=True, slots=True)
class Value:
    """A number with unit, day and source."""

    quantity: Quantity
    citation: Citation


@dataclass(frozen=True, slots=True)
class Band:
    """One named stretch of a number line: from (inclusive) up to below (exclusive); None is open."""

    name: str
    start: Decimal | None
    below: Decimal | None


@dataclass(frozen=True, slots=True)
class Bands:
    """A number line cut into named bands without gap or overlap."""

    unit: str
    bands: tuple[Band, ...]
    citation: Citation

    def band_of(self, value: Decimal) -> str:
        """In which band does this value lie?"""
        for band in self.bands:
            if band.below is None or value < band.below:
                return band.name
        raise AssertionError("bands are checked at load to cover the whole line")


@dataclass(frozen=True, slots=True)
class Interval:
    """A reference interval and for whom it holds; ages in years, from inclusive, below exclusive."""

    profile: str
    sex: Sex | None
    age_from: Decimal
    age_below: Decimal
    low: Decimal | None
    high: Decimal | None
    unit: str
    citation: Citation

    def holds_for(self, profile: str, sex: Sex, age: Decimal) -> bool:
        """Is this the interval for such a person?"""
        return (
            self.profile == profile
            and self.sex in (None, sex)
            and self.age_from <= age < self.age_below
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The one row that applies: its conclusion and the rule that says so."""

    rule: str
    then: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it stands in the specification. `cn_consensus` stays "not_read" until somebody has read that paper."""

    id: str
    condition: str
    conclusion: str
    strength: str
    sources: tuple[str, ...]
    read_status: ReadStatus
    cn_consensus: str = "not_read"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: its key, and the columns as they stand; the rule reads them."""

    key: str
    columns: Mapping[str, Any]
    citation: Citation


Dated = TypeVar("Dated", Value, Bands, Row)


class History(Generic[Dated]):
    """The rows of one entry over time, oldest first."""

    __slots__ = ("rows",)

    def __init__(self, rows: Sequence[Dated]) -> None:
        self.rows: tuple[Dated, ...] = tuple(sorted(rows, key=lambda row: row.citation.effective))

    def on(self, day: date) -> Dated:
        """Which row counts on this day?"""
        chosen = self.rows[0]
        for row in self.rows[1:]:
            if row.citation.effective <= day:
                chosen = row
        return chosen


class RowList:
    """The rows of one list, in the order in which they stand, each with its history."""

    __slots__ = ("histories",)

    def __init__(self, rows: Sequence[Row]) -> None:
        by_key: dict[str, list[Row]] = {}
        for row in rows:
            by_key.setdefault(row.key, []).append(row)
        self.histories = {key: History(versions) for key, versions in by_key.items()}

    def on(self, day: date) -> tuple[Row, ...]:
        """Which rows count on this day?"""
        return tuple(history.on(day) for history in self.histories.values())


class Table:
    """The table beside one rule module, read and checked once, at import."""

    def __init__(self, file: Path) -> None:
        self.file = file
        content = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)
        unknown = content.keys() - {
            "question",
            "values",
            "bands",
            "intervals",
            "decisions",
            "lists",
            "rules",
        }
        if unknown:
            raise KnowledgeError(file, ", ".join(sorted(unknown)), "no such kind of entry")
        self.question: str = content.get("question", "")
        self.values = {n: History(self._values(n, e)) for n, e in self._entries(content, "values")}
        self.bands = {n: History(self._bands(n, e)) for n, e in self._entries(content, "bands")}
        self.intervals = {n: self._intervals(n, e) for n, e in self._entries(content, "intervals")}
        self.lists = {n: RowList(self._rows(n, e)) for n, e in self._entries(content, "lists")}
        self.rules = {id: self._rule(id, row) for id, row in self._entries(content, "rules")}
        self.decisions = {n: self._decisions(n, e) for n, e in self._entries(content, "decisions")}

    @classmethod
    def beside(cls, module_file: str) -> "Table":
        """The table with the same name as the module that asks."""
        return cls(Path(module_file).with_suffix(".toml"))

    def value(self, name: str, on: date) -> Quantity:
        """Which number counts on this day?"""
        return self.values[name].on(on).quantity

    def band(self, name: str, value: Decimal, on: date) -> str:
        """In which of the named bands does this value lie on this day?"""
        return self.bands[name].on(on).band_of(value)

    def interval(
        self, name: str, *, profile: str, sex: Sex, age: Decimal, on: date
    ) -> Interval | None:
        """Which reference interval holds for such a person? None when the table has none."""
        chosen: Interval | None = None
        for row in self.intervals[name]:
            if not row.holds_for(profile, sex, age):
                continue
            if chosen is None or row.citation.effective <= on:
                chosen = row
        return chosen

    def decide(self, name: str, *inputs: str) -> Decision:
        """Which row applies? Inputs in the order in which the decision declares them."""
        return self.decisions[name][inputs]

    def rows(self, name: str, on: date) -> tuple[Row, ...]:
        """Which rows of this list count on this day?"""
        return self.lists[name].on(on)

    @cached_property
    def fingerprint_text(self) -> str:
        """The file as it goes into the edition's fingerprint."""
        return self.file.read_text("utf-8")

    # Reading, one method a kind. Each refuses what it cannot vouch for.

    def _entries(self, content: Mapping[str, Any], kind: str) -> Iterable[tuple[str, Any]]:
        entries: Mapping[str, Any] = content.get(kind, {})
        return entries.items()

    def _citation(self, where: str, row: Mapping[str, Any]) -> Citation:
        for needed in ("effective", "source", "read_status"):
            if needed not in row:
                raise KnowledgeError(self.file, where, f"{needed} is missing")
        sources = _as_tuple(row["source"])
        self._check_sources(where, sources)
        try:
            status = ReadStatus(row["read_status"])
        except ValueError:
            raise KnowledgeError(
                self.file, where, f"no read status {row['read_status']!r}"
            ) from None
        return Citation(row["effective"], sources, status, row.get("note", ""))

    def _check_sources(self, where: str, sources: Iterable[str]) -> None:
        for source in sources:
            if source not in REFERENCES:
                raise KnowledgeError(
                    self.file, where, f"source {source!r} is not in references.toml"
                )

    def _unit(self, where: str, row: Mapping[str, Any]) -> str:
        unit = row.get("unit")
        # Days, hours, years and other plain counts of a rule are not laboratory quantities.
        if unit not in UNITS and unit not in COUNTS:
            raise KnowledgeError(self.file, where, f"unit {unit!r} is not known")
        return str(unit)

    def _rows(self, name: str, entry: Mapping[str, Any]) -> list[Row]:
        rows: list[Row] = []
        for number, row in enumerate(entry.get("rows", ()), 1):
            where = f"lists.{name} row {number}"
            if not isinstance(row.get("key"), str):
                raise KnowledgeError(self.file, where, "key is missing")
            citation = self._citation(where, row)
            if any(
                r.key == row["key"] and r.citation.effective == citation.effective for r in rows
            ):
                raise KnowledgeError(self.file, where, f"{row['key']!r} stands twice")
            columns = {name: cell for name, cell in row.items() if name not in CITING}
            rows.append(Row(row["key"], columns, citation))
        if not rows:
            raise KnowledgeError(self.file, f"lists.{name}", "has no rows")
        return rows

    def _once_per_day(self, name: str, rows: Sequence[Value] | Sequence[Bands]) -> None:
        days = [row.citation.effective for row in rows]
        if not days:
            raise KnowledgeError(self.file, name, "has no rows")
        for day in days:
            if days.count(day) > 1:
                raise KnowledgeError(self.file, name, f"two rows count from {day}")

    def _values(self, name: str, entry: Mapping[str, Any]) -> list[Value]:
        rows = []
        for number, row in enumerate(entry.get("rows", ()), 1):
            where = f"values.{name} row {number}"
            if isinstance(row.get("value"), bool) or not isinstance(
                row.get("value"), int | Decimal
            ):
                raise KnowledgeError(self.file, where, "value is not a number")
            quantity = Quantity(Decimal(row["value"]), self._unit(where, row))
            rows.append(Value(quantity, self._citation(where, row)))
        self._once_per_day(f"values.{name}", rows)
        return rows

    def _bands(self, name: str, entry: Mapping[str, Any]) -> list[Bands]:
        rows = []
        for number, row in enumerate(entry.get("rows", ()), 1):
            where = f"bands.{name} row {number}"
            bands = tuple(
                Band(b["name"], _decimal(b.get("from")), _decimal(b.get("below")))
                for b in row["bands"]
            )
            self._check_line(where, bands)
            rows.append(Bands(self._unit(where, row), bands, self._citation(where, row)))
        self._once_per_day(f"bands.{name}", rows)
        return rows

    def _check_line(self, where: str, bands: tuple[Band, ...]) -> None:
        if not bands or bands[0].start is not None or bands[-1].below is not None:
            raise KnowledgeError(self.file, where, "the first and the last band must be open")
        for left, right in itertools.pairwise(bands):
            if left.below is None or right.start is None:
                raise KnowledgeError(self.file, where, f"{left.name} and {right.name} overlap")
            if left.below != right.start:
                kind = "a gap" if left.below < right.start else "an overlap"
                raise KnowledgeError(
                    self.file, where, f"{kind} between {left.name} and {right.name}"
                )

    def _intervals(self, name: str, entry: Mapping[str, Any]) -> tuple[Interval, ...]:
        rows: list[Interval] = []
        for number, row in enumerate(entry.get("rows", ()), 1):
            where = f"intervals.{name} row {number}"
            interval = Interval(
                profile=row["profile"],
                sex=None if row["sex"] == "any" else Sex(row["sex"]),
                age_from=Decimal(row["age_from"]),
                age_below=Decimal(row["age_below"]),
                low=_decimal(row.get("low")),
                high=_decimal(row.get("high")),
                unit=self._unit(where, row),
                citation=self._citation(where, row),
            )
            self._check_interval(where, interval, rows)
            rows.append(interval)
        return tuple(sorted(rows, key=lambda row: row.citation.effective))

    def _check_interval(self, where: str, new: Interval, others: Sequence[Interval]) -> None:
        if new.low is None and new.high is None:
            raise KnowledgeError(self.file, where, "neither low nor high")
        if new.low is not None and new.high is not None and new.low >= new.high:
            raise KnowledgeError(self.file, where, "low is not below high")
        if new.age_from >= new.age_below:
            raise KnowledgeError(self.file, where, "age_from is not below age_below")
        for other in others:
            same_day = other.citation.effective == new.citation.effective
            same_people = other.profile == new.profile and (
                None in (other.sex, new.sex) or other.sex == new.sex
            )
            ages_overlap = other.age_from < new.age_below and new.age_from < other.age_below
            if same_day and same_people and ages_overlap:
                raise KnowledgeError(self.file, where, "overlaps an interval for the same people")

    def _rule(self, id: str, row: Mapping[str, Any]) -> Rule:
        sources = _as_tuple(row.get("source", ()))
        self._check_sources(f"rules.{id}", sources)
        try:
            return Rule(
                id=id,
                condition=row["condition"],
                conclusion=row["conclusion"],
                strength=row["strength"],
                sources=sources,
                read_status=ReadStatus(row["read_status"]),
                cn_consensus=row.get("cn_consensus", "not_read"),
            )
        except (KeyError, ValueError) as wrong:
            raise KnowledgeError(self.file, f"rules.{id}", f"{wrong}") from None

    def _decisions(self, name: str, entry: Mapping[str, Any]) -> dict[tuple[str, ...], Decision]:
        inputs: Mapping[str, Sequence[str]] = entry["inputs"]
        table: dict[tuple[str, ...], Decision] = {}
        for number, row in enumerate(entry.get("rows", ()), 1):
            where = f"decisions.{name} row {number}"
            if row["rule"] not in self.rules:
                raise KnowledgeError(self.file, where, f"rule {row['rule']!r} is not described")
            for combination in itertools.product(*self._choices(where, inputs, row["when"])):
                if combination in table:
                    other = table[combination].rule
                    raise KnowledgeError(
                        self.file, where, f"{combination}: {other} and {row['rule']} both apply"
                    )
                table[combination] = Decision(row["rule"], row["then"])
        for combination in itertools.product(*inputs.values()):
            if combination not in table:
                raise KnowledgeError(
                    self.file, f"decisions.{name}", f"{combination}: no row applies"
                )
        return table

    def _choices(
        self, where: str, inputs: Mapping[str, Sequence[str]], when: Mapping[str, Any]
    ) -> list[Sequence[str]]:
        for key, wanted in when.items():
            for value in _as_tuple(wanted):
                if value not in inputs.get(key, ()):
                    raise KnowledgeError(self.file, where, f"{key} = {value!r} cannot occur")
        return [_as_tuple(when[key]) if key in when else allowed for key, allowed in inputs.items()]


CITING = frozenset({"key", "effective", "source", "read_status", "note"})
COUNTS = frozenset(
    {
        "d",
        "h",
        "min",
        "wk",
        "mo",
        "a",
        "count",
        "g/d",
        "kg",
        "cm",
        "mm",
        "mSv",
        "MBq",
        "points",
        "uln",
        "mg",
    }
)


def _as_tuple(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _decimal(value: int | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(value)
