"""What can be done in one visit? Everything due within overlapping windows, in the fewest visits.

What is critical for safety is never moved beyond its due day for it, what is drawn so many days
after a dose never before, nothing far from its due day, and two radionuclide scans never share a
visit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.rules import surveillance_calendar
from knowledge.rules.surveillance_calendar import Item
from knowledge.rules.surveillance_items import a_span


@dataclass(frozen=True, slots=True)
class Gathered:
    """One visit: between which days it may be, on which it is proposed, and what is done then."""

    on: date
    earliest: date
    latest: date
    items: tuple[Item, ...]


def visits(items: Iterable[Item], on: date) -> list[Gathered]:
    """In which visits is everything that is open done, as few as the windows allow?"""
    waiting = sorted(
        (item for item in items if item.is_open), key=lambda item: (_last(item, on), item.rule)
    )
    gathered: list[Gathered] = []
    scanned: list[date] = []
    while waiting:
        latest = _last(waiting[0], on)
        chosen = _together([item for item in waiting if _first(item, on) <= latest])
        group = _of(chosen, on, scanned)
        scanned += [group.on] if any(item.radionuclide for item in chosen) else []
        gathered.append(group)
        done = {id(item) for item in chosen}
        waiting = [item for item in waiting if id(item) not in done]
    return sorted(gathered, key=lambda visit: visit.on)


def _first(item: Item, on: date) -> date:
    """The first day on which it counts, near its due day; a day that has passed is today."""
    near = item.due if item.tied else item.due - _far()
    return max(item.opens, near, on)


def _last(item: Item, on: date) -> date:
    """The last day for it: its due day if safety turns on it, else near it in its window.

    What is overdue is for today.
    """
    return max(item.due if item.critical else min(item.closes, item.due + _far()), on)


def _far() -> timedelta:
    return a_span(surveillance_calendar.days_from_due())


def _together(open_then: Sequence[Item]) -> list[Item]:
    """All of them, but of radionuclide scans only the first."""
    chosen: list[Item] = []
    has_scan = False
    for item in open_then:
        if item.radionuclide and has_scan:
            continue
        has_scan = has_scan or item.radionuclide
        chosen.append(item)
    return chosen


def _of(chosen: Sequence[Item], on: date, scanned: Sequence[date]) -> Gathered:
    """On which day? The one nearest to what is due, within what all of them allow."""
    earliest = max(_first(item, on) for item in chosen)
    latest = min(_last(item, on) for item in chosen)
    due = sorted(max(item.due, on) for item in chosen)
    day = min(max(due[len(due) // 2], earliest), latest)
    if any(item.radionuclide for item in chosen):
        day = _apart(day, scanned)
        latest = max(latest, day)
    return Gathered(day, earliest, latest, tuple(chosen))


def _apart(day: date, scanned: Sequence[date]) -> date:
    """Not within a week of another scan; rather late than that."""
    apart = timedelta(days=surveillance_calendar.days_apart())
    while near := [other for other in scanned if abs(day - other) < apart]:
        day = max(near) + apart
    return day
