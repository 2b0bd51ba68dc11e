"""On which day is the dose after this one? One arithmetic, for the calendar and for proposals."""

from collections.abc import Sequence
from datetime import date, timedelta


def day_after(planned: date, given: date, every: timedelta, window: timedelta) -> date:
    """When is the next dose, if one that was planned was given on this day?

    Doses keep to their planned days while they keep to the window; one that was given earlier or
    later than that is counted from. So two are never less than the interval without its window
    apart, however late one was.
    """
    kept = abs(given - planned) <= window
    return (planned if kept else given) + every


def next_dose_day(given: Sequence[date], every: timedelta, window: timedelta) -> date:
    """When is the dose after these, in order, the last of which may have been late?"""
    planned = given[0] + every
    for day in given[1:]:
        planned = day_after(planned, day, every, window)
    return planned
