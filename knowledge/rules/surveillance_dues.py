"""When is a row due next, and what has happened that closes it? The arithmetic of the calendar."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from operator import attrgetter

from knowledge.rules.remission import months_after
from knowledge.rules.surveillance_calendar import LIFELONG, Done, Phase, Row, recurring
from knowledge.rules.surveillance_stretches import Stretch
from knowledge.rules.surveillance_therapies import Treatment

MONTHS_PER_YEAR = 12

Days = tuple[list[date], list[Done]]


class Register:
    """What happened, by what it closes: found by day without reading all of it again."""

    def __init__(self, done: Sequence[Done]) -> None:
        self._done = sorted(done, key=attrgetter("day"))
        self._places: dict[str, list[int]] = {}
        for place, one in enumerate(self._done):
            for code in one.closes:
                self._places.setdefault(code, []).append(place)
        self._by_row: dict[frozenset[str], Days] = {}

    def _of(self, codes: frozenset[str]) -> Days:
        known = self._by_row.get(codes)
        if known is None:
            closing = [self._places[code] for code in codes if code in self._places]
            places = closing[0] if len(closing) == 1 else sorted(set().union(*closing))
            found = [self._done[place] for place in places]
            known = self._by_row[codes] = [one.day for one in found], found
        return known

    def first(self, codes: frozenset[str], opens: date, before: date | None) -> Done | None:
        """What closed it first, from this day on and before that one?"""
        days, found = self._of(codes)
        place = bisect_left(days, opens)
        if place == len(days) or (before is not None and days[place] >= before):
            return None
        return found[place]

    def last(self, codes: frozenset[str], after: date, until: date) -> date | None:
        """The last day on which it was done, after this day and not after that one."""
        days, _ = self._of(codes)
        place = bisect_right(days, until)
        return days[place - 1] if place and days[place - 1] > after else None


def until(base: date, phase: Phase) -> date:
    """Until when does this phase count?"""
    if phase.until_months is not None:
        return months_after(base, phase.until_months)
    if phase.until_days is not None:
        return base + timedelta(days=phase.until_days)
    return LIFELONG


@lru_cache(maxsize=8192)
def _phases(row: Row, base: date) -> tuple[tuple[timedelta, date], ...]:
    """The intervals of this row, and until when each counts from this base."""
    return tuple((timedelta(days=phase.days), until(base, phase)) for phase in row.phases)


def horizon(row: Row, base: date) -> date | None:
    """After which day is nothing due by this row? None: it lasts as long as its trigger."""
    _, last = _phases(row, base)[-1]
    return None if last == LIFELONG else last


def next_due(row: Row, base: date, anchor: date) -> date | None:
    """When next, counted from the day it was last done? None after the last phase."""
    phases = _phases(row, base)
    for interval, end in phases:
        if anchor < end:
            due = anchor + interval
            return due if end is not phases[-1][1] or due <= end else None
    return None


def with_doses(row: Row, course: Treatment | None, anchor: date, due: date) -> date:
    """The first day so many days after a dose, not earlier than the window allows.

    Doses are counted on from the last one that was known on the day from which this one counts, so
    that the day stays what it was when it was drawn.
    """
    if row.after_dose is None or course is None:
        return due
    wanted = due - timedelta(days=row.before + row.after_dose)
    doses = course.doses or (course.start,)
    last = doses[max(bisect_right(doses, anchor) - 1, 0)]
    missing = max((wanted - last).days, 0)
    dose = last + timedelta(days=-(-missing // course.every) * course.every)
    return dose + timedelta(days=row.after_dose)


def settled_since(stretch: Stretch, unsettled: Sequence[date], anchor: date) -> date:
    """Since when has nothing been changed, and nothing raised?"""
    place = bisect_right(unsettled, anchor)
    return max(unsettled[place - 1], stretch.base) if place else stretch.base


def is_lifelong(operated: date, on: date) -> bool:
    """Has the last phase with an end passed, so that checks are yearly for life (FU-008)?"""
    core = next(row for row in recurring() if row.rule == "FUP-04")
    return on >= max(until(operated, phase) for phase in core.phases if phase.until_months)


def years_after(day: date, years: int) -> date:
    """The same day so many years later."""
    return months_after(day, years * MONTHS_PER_YEAR)
