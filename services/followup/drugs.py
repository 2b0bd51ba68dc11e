"""Which drugs were given, are taken, have been stopped, or are only ordered, as of a day?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import itemgetter

from knowledge.rules import (
    beside_burosumab,
    conventional_therapy,
    follow_up_safety,
    treatment_choice,
)
from knowledge.rules.burosumab_course import Given
from knowledge.rules.burosumab_stops import Taken
from knowledge.terms.sent import When
from services.followup.contract import Therapy
from services.followup.history import day_of
from services.followup.medication import Kinds, is_undated, kinds_of

BUROSUMAB = follow_up_safety.BUROSUMAB
MILLIGRAM = "mg"
CALCIUM = treatment_choice.CALCIUM


@dataclass(frozen=True, slots=True)
class Regimen:
    """A drug as it is taken now: since when so, and how much as it was told.

    Of one of which nobody told a day it is not known since when: since ever.
    """

    agent: str
    kind: str
    started: date
    changed: date
    dose: Decimal | None
    unit: str | None
    doses_per_day: Decimal | None


@dataclass(frozen=True, slots=True)
class Order:
    """A drug that somebody ordered and nobody has begun."""

    agent: str
    kind: str
    day: date
    dose: Decimal | None
    unit: str | None
    every_days: int | None
    doses_per_day: Decimal | None


@dataclass(slots=True)
class Drugs:
    """What was told of drugs, as of one day."""

    given: list[Given] = field(default_factory=list)
    stopped: date | None = None
    taken: dict[str, Regimen] = field(default_factory=dict)
    against: list[Taken] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    stated: bool = False
    burosumab_undated: bool = False
    """Is burosumab taken, and nobody said since when?"""

    def of_kind(self, *kinds: str) -> list[Regimen]:
        """What is taken now of these kinds."""
        return [regimen for regimen in self.taken.values() if regimen.kind in kinds]

    def ended(self) -> list[Taken]:
        """What may not go with burosumab, and was stopped; not what is taken again."""
        return [one for one in self.against if one.agent not in self.taken]

    @property
    def last_burosumab(self) -> date | None:
        """On which day was burosumab last given? Where only its end was told, on that day."""
        days = [dose.day for dose in self.given]
        return max([*days, *([self.stopped] if self.stopped else [])], default=None)

    def course(self, operated: Iterable[date]) -> tuple[Given, ...]:
        """The doses of the course that runs: none after an end, or after an operation."""
        ends = [*operated, *([self.stopped] if self.stopped else [])]
        ended = max(ends, default=date.min)
        return tuple(dose for dose in self.given if dose.day > ended)


def drugs_of(told: Sequence[Therapy], on: date) -> Drugs:
    """Which drugs, as of this day? What is dated later is not known yet."""
    drugs = Drugs()
    kinds = kinds_of(told)
    names = {agent: _named(agent, kinds) for agent in {one.agent for one in told}}
    turns = sorted(((_order_of(one), one) for one in told), key=itemgetter(0))
    for _, therapy in turns:
        agent, kind = names[therapy.agent]
        if kind == BUROSUMAB:
            _take_in_burosumab(drugs, therapy, on)
        elif kind is not None:
            _take_in(drugs, therapy, agent, kind, on)
    spoken_of = {one.agent for (first, *_), one in turns if first <= on}
    drugs.stated = beside_burosumab.is_stated(
        [names[agent][1] for agent in spoken_of],
        whole=any(beside_burosumab.list_is_whole(agent) for agent in spoken_of),
    )
    drugs.given = _of_each_day(drugs.given)
    for therapy in told:
        if therapy.ordered_on is None:
            continue
        ordered, (agent, kind) = day_of(therapy.ordered_on), names[therapy.agent]
        if kind is None or ordered > on:
            continue
        if not _begun_since(told, agent, ordered, on):
            drugs.orders.append(_order(therapy, agent, kind, ordered))
    return drugs


def _named(agent: str, kinds: Kinds) -> tuple[str, str | None]:
    """By which name and kind is it known, by the tables or by what was said of it?"""
    return treatment_choice.named(agent)[0], kinds[agent.strip().lower()]


def _take_in_burosumab(drugs: Drugs, told: Therapy, on: date) -> None:
    drugs.burosumab_undated |= is_undated(told)
    mg = told.dose if told.dose_unit == MILLIGRAM else None
    for when in (told.started_on, told.given_on):
        if when is not None and (day := day_of(when)) <= on:
            drugs.given.append(Given(day, mg, told.every_days))
    stopped = _day(told.stopped_on)
    if stopped is not None and stopped <= on:
        drugs.stopped = max(stopped, drugs.stopped or stopped)
        drugs.burosumab_undated = False


def _take_in(drugs: Drugs, told: Therapy, agent: str, kind: str, on: date) -> None:
    started, stopped = _day(told.started_on) or _day(told.given_on), _day(told.stopped_on)
    if is_undated(told):
        started = date.min
    if stopped is not None and stopped <= on:
        drugs.taken.pop(agent, None)
        if kind in (*follow_up_safety.CONVENTIONAL, beside_burosumab.UNKNOWN):
            is_known = kind != beside_burosumab.UNKNOWN
            drugs.against.append(Taken(agent, stopped, is_known))
    elif started is not None and started <= on:
        before = drugs.taken.get(agent)
        same = before is not None and (before.dose, before.unit, before.doses_per_day) == (
            told.dose,
            told.dose_unit,
            told.doses_per_day,
        )
        drugs.taken[agent] = Regimen(
            agent,
            kind,
            started=before.started if before else started,
            changed=before.changed if before is not None and same else started,
            dose=told.dose,
            unit=told.dose_unit,
            doses_per_day=told.doses_per_day,
        )


def _of_each_day(given: Sequence[Given]) -> list[Given]:
    """One dose a day, however often it was told; what was not told again stays as before."""
    by_day: dict[date, Given] = {}
    for dose in given:
        known = by_day.get(dose.day)
        if known is not None:
            dose = Given(dose.day, dose.mg or known.mg, dose.every_days or known.every_days)
        by_day[dose.day] = dose
    doses: list[Given] = []
    for day in sorted(by_day):
        dose = by_day[day]
        if doses and not dose.every_days:
            dose = Given(day, dose.mg, doses[-1].every_days)
        doses.append(dose)
    return doses


def _begun_since(told: Iterable[Therapy], agent: str, ordered: date, on: date) -> bool:
    """Has the drug that was ordered been begun, given or stopped since?"""
    for therapy in told:
        if treatment_choice.named(therapy.agent)[0] != agent:
            continue
        days = [_day(w) for w in (therapy.started_on, therapy.given_on, therapy.stopped_on)]
        if any(day is not None and ordered <= day <= on for day in days):
            return True
    return False


def _order(told: Therapy, agent: str, kind: str, day: date) -> Order:
    return Order(agent, kind, day, told.dose, told.dose_unit, told.every_days, told.doses_per_day)


def _order_of(told: Therapy) -> tuple[date, int, Decimal]:
    """In which order events count, whichever came first: of one day an end, a begin, a dose."""
    when = told.given_on or told.stopped_on or told.started_on or told.ordered_on
    first = _day(when) or date.min
    rank = 0 if told.stopped_on is not None else 2 if told.given_on is not None else 1
    return first, rank, told.dose or Decimal(0)


def _day(when: When | None) -> date | None:
    return None if when is None else day_of(when)


def daily_of(taken: Regimen | Order, kg: Decimal | None) -> conventional_therapy.Daily | None:
    """What of it is taken in a day? None where no bounds are known for this drug."""
    if not conventional_therapy.is_bounded(taken.agent):
        return None
    return conventional_therapy.daily(taken.agent, taken.dose, taken.unit, taken.doses_per_day, kg)
