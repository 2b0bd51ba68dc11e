"""A history as the safety rules look at it, and one reading: a thing that a rule can judge."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from knowledge.rules import follow_up_safety as safety
from knowledge.rules.follow_up_safety import Period
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import AFTER_REMISSION, Course
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Quantity
from knowledge.terms.sent import When
from knowledge.terms.truth import Truth, any_of
from services.followup.history import History, day_of
from services.followup.medication import periods

Facts = dict[str, Truth]


@dataclass(slots=True)
class Reading:
    """One thing that a rule can read: its key names the results behind it with their versions."""

    measure: str
    key: str
    ids: tuple[str, ...]
    at: datetime
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
    observations: Sequence[Observation]
    levels: Mapping[str, Level]
    versions: Mapping[str, int]
    taken: tuple[Period, ...] = ()
    by_analyte: dict[str, list[Observation]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.taken = periods(self.history.therapies, self.history.on)
        for observation in self.observations:
            self.by_analyte.setdefault(observation.analyte.key, []).append(observation)

    @property
    def on(self) -> date:
        """The day that is asked about."""
        return self.history.on

    def of(self, key: str) -> list[Observation]:
        """The results of this analyte, in their order."""
        return self.by_analyte.get(key, [])

    def treated(self, kinds: Iterable[str], day: date) -> Truth:
        """Was such a drug taken that day?"""
        stated = self.history.medication_stated
        return safety.treated(self.taken, kinds, day, stated=stated)

    def saying(self, rule: str, day: date) -> str:
        """What does this rule say to who takes what this patient takes?"""
        known = [
            any_of(self.treated(kinds, day), self.treated(kinds, self.on))
            for kinds in ((safety.BUROSUMAB,), safety.CONVENTIONAL)
        ]
        return safety.sentence(rule, safety.by_treatment(*known))

    def after_remission(self, day: date) -> bool:
        """Had the disease been gone, after the last operation before this day?"""
        way = next((w for w in reversed(self.courses) if w.operated < day), None)
        if way is not None:
            return any(step.day <= day and step.state in AFTER_REMISSION for step in way.steps)
        said = [s.state for s in self.history.stated if not s.noted_on or day_of(s.noted_on) <= day]
        return bool(said) and said[-1] in AFTER_REMISSION

    def key(self, *behind: Observation) -> str:
        """The results behind a reading, each with its version."""
        if len(behind) == 1:
            return f"{behind[0].id}@{self.versions.get(behind[0].id, 1)}"
        return "+".join(f"{o.id}@{self.versions.get(o.id, 1)}" for o in behind)

    def read(self, measure: str, facts: Facts, main: Observation, *with_: Observation) -> Reading:
        """A reading of this result, together with others."""
        return Reading(
            measure=measure,
            key=self.key(main, *with_),
            ids=(main.id, *(o.id for o in with_)),
            at=main.taken_at or datetime.combine(self.on, time(), UTC),
            facts=facts,
            printed=main.printed,
            value=main.value,
            level=self.levels.get(main.id, Level.UNDETERMINED),
            source=main,
            version=self.versions.get(main.id, 1),
        )


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


def at(when: When) -> datetime:
    """The moment, or the beginning of the day."""
    return when if isinstance(when, datetime) else datetime.combine(when, time(), UTC)
