"""A history as the safety rules look at it, and one reading: a thing that a rule can judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import Any

from knowledge.rules import follow_up_safety as safety
from knowledge.rules.follow_up_safety import Period
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import AFTER_REMISSION, Course
from knowledge.terms.observation import EPOCH, Observation
from knowledge.terms.quantity import Quantity
from knowledge.terms.sent import When
from knowledge.terms.truth import Truth, any_of
from services.followup.by_analyte import ByAnalyte
from services.followup.history import History, day_of
from services.followup.medication import periods

Facts = dict[str, Truth]
SYMPTOMS = "symptoms"
INJECTED = (safety.BUROSUMAB,)


@dataclass(slots=True)
class Reading:
    """One thing that a rule can read: its key names the results behind it with their versions."""

    measure: str
    key: str
    ids: tuple[str, ...]
    at: datetime
    moment: timedelta
    """The same on one clock for all: offsets are slow to take into account."""
    facts: Facts
    printed: Quantity | None = None
    value: Quantity | None = None
    level: Level = Level.UNDETERMINED
    source: Observation | None = None
    version: int | None = None
    severity: str = ""
    urgent: frozenset[str] = frozenset()
    problem: str = ""
    limit: Quantity | None = None
    """The limit that was broken, where a rule has more than one."""
    ended: date | None = None
    ended_of: Mapping[str, date | None] | None = None
    """When a rule of this reading ended by itself, where its other rules did not."""
    saying: Mapping[str, str] | None = None
    """What a rule says here, where its own sentence does not fit."""

    @property
    def day(self) -> date:
        """The calendar day where it was drawn."""
        return self.at.date()


@dataclass(slots=True)
class View:
    """A history with other results in it: as they are, or as they were before a correction."""

    history: History
    courses: Sequence[Course]
    results: ByAnalyte
    levels: Mapping[str, Level]
    versions: Mapping[str, int]
    taken: tuple[Period, ...] = ()
    _of_kinds: dict[tuple[str, ...], tuple[Period, ...]] = field(default_factory=dict)
    _gone: list[tuple[date, date | None]] = field(default_factory=list)
    """Each operation, the last one first, and since when the disease had been gone after it."""

    def __post_init__(self) -> None:
        self.taken = periods(self.history.therapies, self.history.on)
        self._gone = [(way.operated, _gone_since(way)) for way in reversed(self.courses)]

    @property
    def on(self) -> date:
        """The day that is asked about."""
        return self.history.on

    def of(self, key: str) -> Sequence[Observation]:
        """The results of this analyte, in their order."""
        return self.results.by_analyte.get(key, ())

    def taken_of(self, kinds: tuple[str, ...]) -> tuple[Period, ...]:
        """What of these kinds was taken, and when."""
        found = self._of_kinds.get(kinds)
        if found is None:
            found = tuple(period for period in self.taken if period.kind in kinds)
            self._of_kinds[kinds] = found
        return found

    def treated(self, kinds: tuple[str, ...], day: date) -> Truth:
        """Was such a drug taken that day? Unknown where nobody said anything of drugs."""
        for period in self.taken_of(kinds):
            if period.covers(day):
                return True
        return False if self.history.medication_stated else None

    def saying(self, rule: str, day: date) -> str:
        """What does this rule say to who takes what this patient takes?"""
        known = [
            any_of(self.treated(kinds, day), self.treated(kinds, self.on))
            for kinds in (INJECTED, safety.CONVENTIONAL)
        ]
        return safety.sentence(rule, safety.by_treatment(*known))

    def after_remission(self, day: date) -> bool:
        """Had the disease been gone, after the last operation before this day?"""
        for operated, gone in self._gone:
            if operated < day:
                return gone is not None and gone <= day
        said = [s.state for s in self.history.stated if not s.noted_on or day_of(s.noted_on) <= day]
        return bool(said) and said[-1] in AFTER_REMISSION

    def read(self, measure: str, facts: Facts, main: Observation, *with_: Observation) -> Reading:
        """A reading of this result, together with others."""
        id, version = main.id, self.versions.get(main.id, 1)
        key = f"{id}@{version}"
        ids: tuple[str, ...] = (id,)
        for other in with_:
            key += f"+{other.id}@{self.versions.get(other.id, 1)}"
            ids += (other.id,)
        drawn = main.taken_at or datetime.combine(self.on, time(), UTC)
        return Reading(
            measure,
            key,
            ids,
            drawn,
            main.moment or drawn - EPOCH,
            facts,
            main.printed,
            main.value,
            self.levels.get(id, Level.UNDETERMINED),
            main,
            version,
        )


def _gone_since(way: Course) -> date | None:
    return min((step.day for step in way.steps if step.state in AFTER_REMISSION), default=None)


turn = attrgetter("moment", "key")
"""In which order are readings heard? As they were drawn."""


def but(reading: Reading, **changes: Any) -> Reading:
    """The same reading with this said of it. Not a copy: so many are made."""
    for name, value in changes.items():
        setattr(reading, name, value)
    return reading


def beside(one: Observation, others: Sequence[Observation], on: date) -> Observation | None:
    """The other result of the same sample: of the same moment, else of the same day."""
    day = [other for other in others if other.day(on) == one.day(on)]
    same = [other for other in day if other.taken_at == one.taken_at]
    return next(iter([*reversed(same), *reversed(day)]), None)


def told_at(
    when: datetime, measure: str, key: str, ids: tuple[str, ...], facts: Facts, problem: str = ""
) -> Reading:
    """A reading of what was seen, said or prescribed: there is no result behind it."""
    return Reading(measure, key, ids, when, when - EPOCH, facts, problem=problem)


def at(when: When) -> datetime:
    """The moment, or the beginning of the day."""
    return when if isinstance(when, datetime) else datetime.combine(when, time(), UTC)
