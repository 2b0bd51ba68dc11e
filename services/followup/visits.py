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


@dataclass(slots=True)
class Waiting:
    """What is open, and between which days it can be done. Nobody changes one."""

    item: Item
    first: date
    last: date


def visits(items: Iterable[Item], on: date) -> list[Gathered]:
    """In which visits is everything that is open done, as few as the windows allow?"""
    far = a_span(surveillance_calendar.days_from_due())
    waiting = sorted(
        [_waiting(item, far, on) for item in items if item.is_open],
        key=lambda one: (one.last, one.item.rule),
    )
    gathered: list[Gathered] = []
    scanned: list[date] = []
    while waiting:
        latest = waiting[0].last
        chosen, left = _together(waiting, latest)
        group = _of(chosen, on, scanned)
        scanned += [group.on] if any(one.item.radionuclide for one in chosen) else []
        gathered.append(group)
        waiting = left
    return sorted(gathered, key=lambda visit: visit.on)


def _waiting(item: Item, far: timedelta, on: date) -> Waiting:
    """From when to when? Near its due day within its window; what is overdue is for today.

    Never before that day if it is tied to a dose, never after it if safety turns on it.
    """
    due = item.due
    first = max(item.opens, due if item.tied else due - far, on)
    return Waiting(item, first, max(due if item.critical else min(item.closes, due + far), on))


def _together(waiting: Iterable[Waiting], latest: date) -> tuple[list[Waiting], list[Waiting]]:
    """All that counts by then, but of radionuclide scans only the first; and what is left."""
    chosen: list[Waiting] = []
    left: list[Waiting] = []
    has_scan = False
    for one in waiting:
        if one.first > latest or (one.item.radionuclide and has_scan):
            left.append(one)
            continue
        has_scan = has_scan or one.item.radionuclide
        chosen.append(one)
    return chosen, left


def _of(chosen: Sequence[Waiting], on: date, scanned: Sequence[date]) -> Gathered:
    """On which day? The one nearest to what is due, within what all of them allow."""
    items = tuple([one.item for one in chosen])
    earliest = max([one.first for one in chosen])
    latest = min([one.last for one in chosen])
    due = sorted([max(item.due, on) for item in items])
    day = min(max(due[len(due) // 2], earliest), latest)
    if any(item.radionuclide for item in items):
        day = _apart(day, scanned)
        latest = max(latest, day)
    return Gathered(day, earliest, latest, items)


def _apart(day: date, scanned: Sequence[date]) -> date:
    """Not within a week of another scan; rather late than that."""
    apart = timedelta(days=surveillance_calendar.days_apart())
    while near := [other for other in scanned if abs(day - other) < apart]:
        day = max(near) + apart
    return day
