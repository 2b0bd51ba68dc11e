"""Local time as instants: one rule for the hour that a clock skips and for the one it repeats."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=16384)
def local_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """When is it this time of this day there? In UTC.

    An hour that the clock skips (spring, or a day left out at the date line) is answered with the
    first instant that exists after it; an hour that comes twice (autumn) with its first coming.
    """
    wall = datetime.combine(day, clock, zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    return _end_of_gap(wall.replace(fold=1).astimezone(UTC), instant, zone)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant between these two at which the clock of this zone jumps, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=1) // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
