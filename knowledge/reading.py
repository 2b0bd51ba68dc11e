"""Reads a table file. Every number is dated, cited and says how far its source was read.

A table file (TOML) may hold these kinds of entry, each under its kind and a name:

* ``[values.NAME]``     one number that changes over time: rows with ``value`` and ``unit``
* ``[bands.NAME]``      a number line cut into named bands, without gap or overlap
* ``[intervals.NAME]``  reference intervals by profile, sex, age; no two for the same person
* ``[limits.NAME]``     one row an analyte: the values that are refused or wondered at
* ``[decisions.NAME]``  conditions over closed inputs, exactly one row for each combination
* ``[ordered.NAME]``    conditions over closed inputs, first match wins, the last matches all
* ``[evidence.NAME]``   what a fact says for or against a diagnosis, in points
* ``[entries.NAME]``    a closed list with a unique ``key`` a row
* ``[rules.ID]``        what a rule says, how strong it is and where it stands
* ``[texts.CODE]``      a sentence for people, and its rule

What does not fit is refused at load with file, row and reason. A row counts from its ``effective``
day, the day this system began to use it; an earlier day is answered with the oldest row.
"""

import itertools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from knowledge.rows import (
    Band,
    Bands,
    Decision,
    Entry,
    Evidence,
    History,
    Interval,
    Limit,
    OrderedRow,
    Rule,
    Text,
    Value,
)
from knowledge.terms.person import DAYS_PER_YEAR, Sex
from knowledge.terms.quantity import Quantity
from knowledge.vouching import KnowledgeError, Vouching, as_tuple


class Contents(Vouching):
    """What stands in one table file, read and checked."""

    KINDS = (
        *("values", "bands", "intervals", "limits", "decisions"),
        *("ordered", "evidence", "entries", "rules", "texts"),
    )

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        try:
            content = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)
        except tomllib.TOMLDecodeError as wrong:
            raise KnowledgeError(file, "the whole", str(wrong)) from None
        unknown = content.keys() - {"question", *self.KINDS}
        if unknown:
            raise KnowledgeError(file, ", ".join(sorted(unknown)), "no such kind of entry")
        self.question: str = content.get("question", "")
        self._reading = "the whole"
        try:
            self._read(content)
        except KeyError as missing:
            raise KnowledgeError(file, self._reading, f"{missing.args[0]} is missing") from None

    def _read(self, content: Mapping[str, Any]) -> None:
        kind = {name: content.get(name, {}).items() for name in self.KINDS}
        self.values = {n: History(self._values(n, e)) for n, e in kind["values"]}
        self.bands = {n: History(self._bands(n, e)) for n, e in kind["bands"]}
        self.intervals = {n: self._intervals(n, e) for n, e in kind["intervals"]}
        self.limits = {n: self._limits(n, e) for n, e in kind["limits"]}
        self.rules = {id: self._rule(id, row) for id, row in kind["rules"]}
        self.decisions = {n: self._decisions(n, e) for n, e in kind["decisions"]}
        self.ordered = {n: self._ordered(n, e) for n, e in kind["ordered"]}
        self.evidence = {n: self._evidence(n, e) for n, e in kind["evidence"]}
        self.entries = {n: self._listed(n, e) for n, e in kind["entries"]}
        self.texts = {n: Text(e["text"], e.get("rule", "")) for n, e in kind["texts"]}

    # Reading, one method a kind. Each refuses what it cannot vouch for.

    def _once_per_day(self, name: str, rows: Sequence[Value] | Sequence[Bands]) -> None:
        days = [row.citation.effective for row in rows]
        if not days:
            raise KnowledgeError(self.file, name, "has no rows")
        for day in days:
            if days.count(day) > 1:
                raise KnowledgeError(self.file, name, f"two rows count from {day}")

    def _rows(self, name: str, entry: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
        for number, row in enumerate(entry.get("rows", ()), 1):
            self._reading = f"{name} row {number}"
            yield self._reading, row

    def _values(self, name: str, entry: Mapping[str, Any]) -> list[Value]:
        rows = []
        for where, row in self._rows(f"values.{name}", entry):
            number = row.get("value")
            if isinstance(number, bool) or not isinstance(number, int | Decimal):
                raise KnowledgeError(self.file, where, "value is not a number")
            quantity = Quantity(Decimal(number), self._unit(where, row))
            whole = int(quantity.value)
            rows.append(Value(quantity, self._citation(where, row), quantity.value, whole))
        self._once_per_day(f"values.{name}", rows)
        return rows

    def _bands(self, name: str, entry: Mapping[str, Any]) -> list[Bands]:
        rows = []
        for where, row in self._rows(f"bands.{name}", entry):
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
        for where, row in self._rows(f"intervals.{name}", entry):
            per_year = DAYS_PER_YEAR if row.get("age_unit", "a") == "d" else Decimal(1)
            interval = Interval(
                profile=row["profile"],
                sex=None if row["sex"] == "any" else Sex(row["sex"]),
                age_from=Decimal(row["age_from"]) / per_year,
                age_below=Decimal(row["age_below"]) / per_year,
                low=_decimal(row.get("low")),
                high=_decimal(row.get("high")),
                unit=self._unit(where, row),
                citation=self._citation(where, row),
                low_in={unit: Decimal(low) for unit, low in row.get("low_in", {}).items()},
            )
            self._check_interval(where, interval, rows)
            rows.append(interval)
        return tuple(sorted(rows, key=lambda row: row.citation.effective))

    def _check_interval(self, where: str, new: Interval, others: Sequence[Interval]) -> None:
        self._check_ends(where, new.low, new.high)
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

    def _check_ends(self, where: str, low: Decimal | None, high: Decimal | None) -> None:
        if low is None and high is None:
            raise KnowledgeError(self.file, where, "neither low nor high")
        if low is not None and high is not None and low >= high:
            raise KnowledgeError(self.file, where, "low is not below high")

    def _limits(self, name: str, entry: Mapping[str, Any]) -> dict[str, Limit]:
        limits: dict[str, Limit] = {}
        for where, row in self._rows(f"limits.{name}", entry):
            limit = Limit(
                analyte=row["analyte"],
                low=_decimal(row.get("low")),
                high=_decimal(row.get("high")),
                unit=self._unit(where, row),
                citation=self._citation(where, row),
            )
            self._check_ends(where, limit.low, limit.high)
            if limit.analyte in limits:
                raise KnowledgeError(self.file, where, f"{limit.analyte} has two rows")
            limits[limit.analyte] = limit
        return limits

    def _rule(self, id: str, row: Mapping[str, Any]) -> Rule:
        where = f"rules.{id}"
        for needed in ("condition", "conclusion", "strength", "source", "read_status"):
            if needed not in row:
                raise KnowledgeError(self.file, where, f"{needed} is missing")
        sources = self._sources(where, row["source"])
        return Rule(
            id=id,
            condition=row["condition"],
            conclusion=row["conclusion"],
            strength=row["strength"],
            sources=sources,
            read_status=self._read_status(where, row["read_status"], sources),
            cn_consensus=row.get("cn_consensus", "not_read"),
        )

    def _described(self, where: str, row: Mapping[str, Any]) -> str:
        if row["rule"] not in self.rules:
            raise KnowledgeError(self.file, where, f"rule {row['rule']!r} is not described")
        return str(row["rule"])

    def _decisions(self, name: str, entry: Mapping[str, Any]) -> dict[tuple[str, ...], Decision]:
        inputs: Mapping[str, Sequence[str]] = entry["inputs"]
        table: dict[tuple[str, ...], Decision] = {}
        for where, row in self._rows(f"decisions.{name}", entry):
            rule = self._described(where, row)
            when = self._when(where, inputs, row["when"])
            for combination in itertools.product(
                *(when.get(key, tuple(allowed)) for key, allowed in inputs.items())
            ):
                if combination in table:
                    other = table[combination].rule
                    raise KnowledgeError(
                        self.file, where, f"{combination}: {other} and {rule} both apply"
                    )
                table[combination] = Decision(rule, row["then"])
        for combination in itertools.product(*inputs.values()):
            if combination not in table:
                raise KnowledgeError(
                    self.file, f"decisions.{name}", f"{combination}: no row applies"
                )
        return table

    def _ordered(self, name: str, entry: Mapping[str, Any]) -> tuple[OrderedRow, ...]:
        inputs: Mapping[str, Sequence[str]] = entry["inputs"]
        rows: list[OrderedRow] = []
        for where, row in self._rows(f"ordered.{name}", entry):
            if rows and not rows[-1].when:
                raise KnowledgeError(self.file, where, f"never reached after {rows[-1].rule}")
            when = self._when(where, inputs, row.get("when", {}))
            more = {k: v for k, v in row.items() if k not in ("rule", "then", "when")}
            conditions = tuple((key, frozenset(allowed)) for key, allowed in when.items())
            rows.append(OrderedRow(self._described(where, row), row["then"], conditions, more))
        if not rows or rows[-1].when:
            raise KnowledgeError(self.file, f"ordered.{name}", "the last row must match everything")
        return tuple(rows)

    def _when(
        self, where: str, inputs: Mapping[str, Sequence[str]], when: Mapping[str, Any]
    ) -> dict[str, tuple[str, ...]]:
        for key, wanted in when.items():
            for value in as_tuple(wanted):
                if value not in inputs.get(key, ()):
                    raise KnowledgeError(self.file, where, f"{key} = {value!r} cannot occur")
        return {key: as_tuple(wanted) for key, wanted in when.items()}

    def _evidence(self, name: str, entry: Mapping[str, Any]) -> tuple[Evidence, ...]:
        rows = []
        for where, row in self._rows(f"evidence.{name}", entry):
            if not isinstance(row["points"], int) or row["points"] == 0:
                raise KnowledgeError(self.file, where, "points must be a whole number, not nought")
            rows.append(
                Evidence(
                    row["fact"],
                    row["diagnosis"],
                    row["points"],
                    row["rule"],
                    row["text"],
                    self._citation(where, row),
                )
            )
        return tuple(rows)

    def _listed(self, name: str, entry: Mapping[str, Any]) -> dict[str, Entry]:
        listed: dict[str, Entry] = {}
        for where, row in self._rows(f"entries.{name}", entry):
            if row["key"] in listed:
                raise KnowledgeError(self.file, where, f"{row['key']!r} stands twice")
            listed[row["key"]] = Entry(row["key"], row, self._citation(where, row))
        return listed


def _decimal(value: int | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(value)
