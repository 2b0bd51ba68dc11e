"""The nouns of the way after an operation: states, samples, steps from one state to the next."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from knowledge.rules.reference_intervals import Level
from knowledge.tables import Table

TABLE = Table.beside(str(Path(__file__).with_name("remission.py")))
REFRACTORY = "REFRACTORY"


class State(StrEnum):
    """Where somebody stands after surgery (treatment-followup.md 3.3)."""

    NO_SURGERY = "NO_SURGERY"
    POSTOPERATIVE = "POSTOPERATIVE"
    EARLY_RESPONSE = "EARLY_RESPONSE"
    BIOCHEM_REMISSION_ALP_PENDING = "BIOCHEM_REMISSION_ALP_PENDING"
    REMISSION = "REMISSION"
    PROVISIONAL_PERSISTENT = "PROVISIONAL_PERSISTENT"
    PERSISTENT = "PERSISTENT"
    RECURRENCE_SUSPECTED = "RECURRENCE_SUSPECTED"
    RECURRENT = "RECURRENT"
    METASTATIC = "METASTATIC"


@dataclass(slots=True)
class Sample:
    """The levels of one blood sample. None: not measured. `named`: which result said which.

    Nobody changes one once it is made; it is not frozen because so many are.
    """

    at: datetime
    phosphate: Level | None = None
    alp: Level | None = None
    fgf23: Level | None = None
    tmp_gfr: Level | None = None
    doubts: tuple[str, ...] = ()
    """Why a normal phosphate of this day cannot show that the disease is gone."""
    may_be_suppressed: bool = False
    """A normal FGF23 of which nobody can say that it is not suppressed."""
    in_another_assay: bool = False
    """FGF23 was raised in other assays only: in range in this one, it is not back in range."""
    ids: tuple[str, ...] = ()
    named: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def day(self) -> date:
        """The calendar day where it was drawn."""
        return self.at.date()

    def said(self, *what: str) -> tuple[str, ...]:
        """The ids of the results that said this; all of them where nobody told them apart."""
        if not self.named:
            return self.ids
        return tuple(id for name in what for id in self.named.get(name, ()))


@dataclass(frozen=True, slots=True)
class Spread:
    """A distant tumor of this kind was proven: when, and where that is written."""

    day: date
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One change of state: when, from what to what, by which rule, because of which results."""

    day: date
    state: State
    rule: str
    because: tuple[str, ...] = ()
    before: State = State.POSTOPERATIVE


@dataclass(slots=True)
class Course:
    """The way since an operation, and what has been seen on it."""

    operated: date
    state: State = State.POSTOPERATIVE
    since: date = date.min
    steps: list[Step] = field(default_factory=list)
    suspicions: list[date] = field(default_factory=list)
    masked: list[Sample] = field(default_factory=list)
    unclear: list[Sample] = field(default_factory=list)
    """Of these nobody knows whether they were drawn without drugs."""
    lows: list[Sample] = field(default_factory=list)
    alp: Level | None = None
    fgf23: Level | None = None
    seen: dict[str, Sample | None] = field(default_factory=dict)
    spread: Spread | None = None

    def entered(self, states: Collection[str]) -> date:
        """Since when without a break in one of these states?"""
        since = self.since
        for step in reversed(self.steps):
            if step.state not in states:
                break
            since = step.day
        return since

    def flags(self) -> tuple[str, ...]:
        """What else is to be said of this state?"""
        row = TABLE.entries["states"].get(self.state)
        refractory = row is not None and row.fields["refractory"]
        return (REFRACTORY,) if refractory else ()
