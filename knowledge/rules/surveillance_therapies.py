"""Which treatment ran from when to when, with which doses? What was taken, in order, as courses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from knowledge.rules import burosumab, drugs
from knowledge.rules.reference_intervals import Level
from knowledge.tables import Table

TABLE = Table.beside(__file__)
BUROSUMAB = "burosumab"
HELD, EARLIER = (
    timedelta(days=int(burosumab.TABLE.values[name].newest.number))
    for name in ("recheck_when_held", "recheck_window")
)
"""For how long burosumab is held after a phosphate above range, and how much earlier one below it
may be drawn."""

ENDED, INTERRUPTED = "ended", "interrupted for an operation or radiotherapy"


@dataclass(slots=True)
class Taken:
    """FHIR MedicationStatement: a drug begun, ended or given. What is None nobody said.

    Nobody changes one; it is not frozen because so many are made.
    """

    agent: str
    started: date | None = None
    stopped: date | None = None
    given: date | None = None
    dose: Decimal | None = None
    every: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """From when to when was the next dose withheld because phosphate was above its range?

    `low` is the day on which a phosphate was below range again, if it was before the next dose.
    """

    start: date
    end: date | None
    low: date | None = None

    @property
    def restart(self) -> date | None:
        """From which day on may somebody begin again, lower?"""
        return None if self.low is None else max(self.low, self.start + HELD)


@dataclass(frozen=True, slots=True)
class Treatment:
    """One course of treatment with a class of drugs. Without an end it is still taken."""

    kind: str
    start: date
    end: date | None = None
    why: str = ENDED
    changes: tuple[date, ...] = ()
    doses: tuple[date, ...] = ()
    dose_changes: tuple[date, ...] = ()
    every: int = 0
    last_dose: date | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(slots=True)
class _Running:
    kind: str
    start: date
    agents: dict[str, Decimal | None] = field(default_factory=dict)
    changes: list[date] = field(default_factory=list)


def class_of(agent: str) -> str | None:
    """Which class is this drug of? None: it calls for no calendar."""
    return drugs.named(agent).calendar


def treatments(
    taken: Iterable[Taken],
    interruptions: Sequence[date] = (),
    phosphate: Sequence[tuple[date, Level]] = (),
) -> tuple[Treatment, ...]:
    """Which courses of treatment do these statements make, each class by itself?

    `interruptions` are the days on which an operation or radiotherapy was booked or done: burosumab
    ends with them, until it is given again.
    """
    by_class: dict[str, list[Taken]] = {}
    for one in sorted(taken, key=_turn):
        kind = class_of(one.agent)
        if kind is not None:
            by_class.setdefault(kind, []).append(one)
    found: list[Treatment] = []
    for kind, said in by_class.items():
        if kind == BUROSUMAB:
            found += _injected(said, sorted(interruptions), phosphate)
        else:
            found += _swallowed(kind, said)
    return tuple(sorted(found, key=lambda one: (one.start, one.kind)))


def _turn(one: Taken) -> tuple[date, Decimal, int]:
    """By day; of two doses of a day the larger one is the last, whichever was told first."""
    day = one.given or one.started or one.stopped or date.min
    return day, one.dose or Decimal(0), one.every or 0


def _in_order(happened: tuple[date, int, str, Decimal | None]) -> tuple[date, int, str, Decimal]:
    """By day, an end before a beginning; a dose that nobody told is the smallest."""
    day, begins, agent, dose = happened
    return day, begins, agent, dose or Decimal(0)


def _swallowed(kind: str, said: Sequence[Taken]) -> list[Treatment]:
    """Drugs that are taken every day: one course while any of the class is taken."""
    happened: set[tuple[date, int, str, Decimal | None]] = set()
    for one in said:
        if one.started is not None:
            happened.add((one.started, 1, one.agent, one.dose))
        if one.stopped is not None:
            happened.add((one.stopped, 0, one.agent, None))
    found: list[Treatment] = []
    running: _Running | None = None
    days: dict[date, list[tuple[int, str, Decimal | None]]] = {}
    for day, begins, agent, dose in sorted(happened, key=_in_order):
        days.setdefault(day, []).append((begins, agent, dose))
    for day, events in days.items():
        before = dict(running.agents) if running else {}
        now = dict(before)
        for begins, agent, dose in events:
            if begins:
                now[agent] = dose
            else:
                now.pop(agent, None)
        if running is None and now:
            running = _Running(kind, day, now)
        elif running is not None and not now:
            found.append(Treatment(kind, running.start, day, changes=tuple(running.changes)))
            running = None
        elif running is not None and now != before:
            running.agents = now
            running.changes.append(day)
    if running is not None:
        found.append(Treatment(kind, running.start, changes=tuple(running.changes)))
    return found


def _injected(
    said: Sequence[Taken], interruptions: Sequence[date], phosphate: Sequence[tuple[date, Level]]
) -> list[Treatment]:
    """Burosumab: each dose is an event. It ends when it is stopped or interrupted.

    A beginning of which the dose was told is the first of them.
    """
    begins = sorted({one.started for one in said if one.started is not None})
    given = {one.given for one in said if one.given is not None}
    given |= {one.started for one in said if one.started is not None and one.dose is not None}
    ends = sorted(
        [(one.stopped, ENDED) for one in said if one.stopped is not None]
        + [(day, INTERRUPTED) for day in interruptions]
    )
    found: list[Treatment] = []
    at = date.min
    while True:
        later = [day for day in begins if day > at] + [day for day in given if day > at]
        if not later:
            return found
        start = min(later)
        # What is stopped on the day it was given ended with that dose.
        end, why = next(((day, why) for day, why in ends if day >= start), (None, ENDED))
        told = {*given, *begins}  # who begins it is given the first dose
        doses = tuple(sorted(d for d in told if d >= start and (end is None or d <= end)))
        found.append(_with_doses(Treatment(BUROSUMAB, start, end, why), doses, said, phosphate))
        if end is None:
            return found
        at = end


def _with_doses(
    course: Treatment,
    doses: tuple[date, ...],
    said: Sequence[Taken],
    phosphate: Sequence[tuple[date, Level]],
) -> Treatment:
    usual = int(TABLE.entries["rhythms"][BUROSUMAB].fields["every"])
    told: dict[date, Taken] = {}
    for one in said:
        day = one.given or one.started
        if day is not None and (one.dose is not None or one.every is not None):
            told[day] = one
    changed: list[date] = []
    dose: Decimal | None = None
    every = usual
    for day in sorted(day for day in told if _covers(course, day)):
        one = told[day]
        other_dose = None not in (dose, one.dose) and one.dose != dose
        other_rhythm = one.every is not None and one.every != every
        if day > course.start and (other_dose or other_rhythm):
            changed.append(day)
        dose, every = one.dose if one.dose is not None else dose, one.every or every
    given = [one.given for one in said if one.given is not None and _covers(course, one.given)]
    last = max(given, default=course.end)
    holds = _holds(course, doses, phosphate)
    return replace(
        course,
        doses=doses,
        dose_changes=tuple(changed),
        every=every,
        last_dose=last,
        holds=holds,
    )


def _covers(course: Treatment, day: date) -> bool:
    return course.start <= day and (course.end is None or day <= course.end)


def _holds(
    course: Treatment, doses: Sequence[date], phosphate: Sequence[tuple[date, Level]]
) -> tuple[Hold, ...]:
    """MON-03: from a phosphate above range until the next dose; what was low in between?"""
    holds: list[Hold] = []
    for day, level in phosphate:
        covered = day > course.start and _covers(course, day)
        if not covered or level is not Level.HIGH:
            continue
        if holds and (holds[-1].end is None or day < holds[-1].end):
            continue
        resumed = next((dose for dose in doses if dose > day), None)
        limit = min((d for d in (resumed, course.end) if d is not None), default=None)
        counts = day + HELD - EARLIER
        low = next(
            (
                d
                for d, found in phosphate
                if d >= counts and found is Level.LOW and (limit is None or d <= limit)
            ),
            None,
        )
        holds.append(Hold(day, limit, low))
    return tuple(holds)
