"""The shapes of what stands in a table: values, bands, intervals, decisions, evidence, rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from knowledge.terms.finding import ReadStatus
from knowledge.terms.person import Sex
from knowledge.terms.quantity import Comparator, Quantity


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a row stands and how far that was read."""

    effective: date
    source: tuple[str, ...]
    read_status: ReadStatus
    note: str


@dataclass(frozen=True, slots=True)
class Value:
    """A number with unit, day and source; bare for formulas, and whole for days and counts."""

    quantity: Quantity
    citation: Citation
    number: Decimal
    whole: int


@dataclass(frozen=True, slots=True)
class Band:
    """One named stretch of a number line: from (inclusive), below (exclusive); None is open."""

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

    def possible(self, measured: Quantity) -> tuple[str, ...]:
        """In which bands may the true value lie? Several when a comparator leaves it open."""
        if measured.comparator is None:
            return (self.band_of(measured.value),)
        return tuple(band.name for band in self.bands if _may_lie_in(measured, band))


def _may_lie_in(measured: Quantity, band: Band) -> bool:
    value = measured.value
    match measured.comparator:
        case Comparator.LESS:
            return band.start is None or band.start < value
        case Comparator.LESS_OR_EQUAL:
            return band.start is None or band.start <= value
        case _:
            return band.below is None or band.below > value


@dataclass(frozen=True, slots=True)
class Interval:
    """A reference interval and for whom it holds; ages in years, from and below as in a band."""

    profile: str
    sex: Sex | None
    age_from: Decimal
    age_below: Decimal
    low: Decimal | None
    high: Decimal | None
    unit: str
    citation: Citation
    low_in: Mapping[str, Decimal] = field(default_factory=dict)
    """The same lower limit as the source states it in other units, where rounding would move it."""

    def holds_for(self, profile: str, sex: Sex, age: Decimal) -> bool:
        """Is this the interval for such a person?"""
        return (
            self.profile == profile
            and self.sex in (None, sex)
            and self.age_from <= age < self.age_below
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """Outside of these a value of this analyte is not believed, or wondered at."""

    analyte: str
    low: Decimal | None
    high: Decimal | None
    unit: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Decision:
    """The one row that applies: its conclusion and the rule that says so."""

    rule: str
    then: str


@dataclass(frozen=True, slots=True)
class OrderedRow:
    """A row of a table in which the first match wins. What it does not name may be anything."""

    rule: str
    then: str
    when: tuple[tuple[str, frozenset[str]], ...]
    more: Mapping[str, Any]

    def matches(self, facts: Mapping[str, str]) -> bool:
        """Do these facts meet every condition of this row?"""
        for name, allowed in self.when:  # noqa: SIM110 - a plain loop: this is asked often
            if facts[name] not in allowed:
                return False
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What one fact says about one diagnosis: points for (above nought) or against (below).

    Each row is made once, so it is known by being itself.
    """

    fact: str
    diagnosis: str
    points: int
    rule: str
    text: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a closed list (drugs, genes, assays): a key, its fields, and where it stands."""

    key: str
    fields: Mapping[str, Any]
    citation: Citation


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it stands in the specification.

    `cn_consensus` stays "not_read" until somebody has read that paper.
    """

    id: str
    condition: str
    conclusion: str
    strength: str
    sources: tuple[str, ...]
    read_status: ReadStatus
    cn_consensus: str = "not_read"

    @property
    def internal(self) -> bool:
        """Is it a row of ours for what no rule of the specification says? Never shown as fired."""
        return self.strength == "internal"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence shown to people, and the rule it belongs to."""

    text: str
    rule: str


Dated = TypeVar("Dated", Value, Bands)


class History(Generic[Dated]):
    """The rows of one entry over time, oldest first."""

    __slots__ = ("newest", "rows", "since")

    def __init__(self, rows: Sequence[Dated]) -> None:
        self.rows: tuple[Dated, ...] = tuple(sorted(rows, key=lambda row: row.citation.effective))
        self.newest: Dated = self.rows[-1]
        self.since = date.min if len(self.rows) == 1 else self.newest.citation.effective

    def on(self, day: date) -> Dated:
        """Which row counts on this day? A day before the first row is read with the oldest."""
        if self.since <= day:
            return self.newest
        chosen = self.rows[0]
        for row in self.rows[1:]:
            if row.citation.effective <= day:
                chosen = row
        return chosen
