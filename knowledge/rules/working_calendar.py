"""When may somebody be told? Working time, holidays and quiet hours, on the clock of a place."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from knowledge.rules.clock import local_instant
from knowledge.tables import Table

TABLE = Table.beside(__file__)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
A_DAY = timedelta(days=1)
FARTHEST = 400
"""Days to look ahead for an open one; whoever closes for longer is told nevertheless."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days and hours of one place in which somebody may be told.

    With `works` only its working days count, else every day. Hours are those of its IANA zone,
    from (inclusive) and until (exclusive).
    """

    zone: str
    start: time
    until: time
    works: bool
    country: str | None = None
    subdivision: str | None = None
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()
    week: frozenset[str] | None = None
    """The days of the week on which this place works, where it is not as in its country."""

    def is_open(self, day: date) -> bool:
        """Is this one of its days? A day of the site's own goes before the country's."""
        if not self.works or day in self.opened:
            return True
        if day in self.closed:
            return False
        if self.week is None:
            return _is_working_day(self.country, self.subdivision, day)
        if WEEKDAYS[day.weekday()] not in self.week:
            return False
        return self.country is None or not _is_holiday(self.country, self.subdivision, day)

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """From when until when, in UTC. Empty on a day that the date line left out."""
        zone = ZoneInfo(self.zone)
        return local_instant(day, self.start, zone), local_instant(day, self.until, zone)

    def first_open(self, day: date) -> date:
        """This day, or the first after it that is one of its days."""
        for ahead in range(FARTHEST):
            one = day + timedelta(days=ahead)
            if self.is_open(one):
                return one
        return day

    def last_open(self, day: date) -> date:
        """This day, or the last before it that is one of its days."""
        for behind in range(FARTHEST):
            one = day - timedelta(days=behind)
            if self.is_open(one):
                return one
        return day

    def open_days_after(self, day: date, count: int) -> date:
        """The day on which so many of its days are over since that one."""
        return _open_days_after(self, day, count)

    def first_moment(self, instant: datetime) -> datetime:
        """This instant, or the first after it at which somebody may be told."""
        day = instant.astimezone(ZoneInfo(self.zone)).date()
        for _ in range(FARTHEST):
            day = self.first_open(day)
            start, until = self.hours(day)
            if instant < until and start < until:
                return max(instant, start)
            day += A_DAY
        return instant


@lru_cache(maxsize=4096)
def _open_days_after(calendar: Calendar, day: date, count: int) -> date:
    for _ in range(count):
        day = calendar.first_open(day + A_DAY)
    return day


@lru_cache(maxsize=16384)
def _is_working_day(country: str | None, subdivision: str | None, day: date) -> bool:
    """Where no country is named there are weekends, and no holidays."""
    if country is None:
        return TABLE.entry("weekend", WEEKDAYS[day.weekday()]) is None
    return _public(country, subdivision).is_working_day(day)


@lru_cache(maxsize=16384)
def _is_holiday(country: str, subdivision: str | None, day: date) -> bool:
    return day in _public(country, subdivision)


@lru_cache(maxsize=256)
def _public(country: str, subdivision: str | None) -> holidays.HolidayBase:
    return holidays.country_holidays(country, subdiv=subdivision)


def is_known(country: str, subdivision: str | None) -> bool:
    """Are the public holidays of this country (ISO 3166-1) and subdivision known here?"""
    try:
        _public(country, subdivision)
    except (NotImplementedError, AttributeError, KeyError):
        return False
    return True


def is_at_work(recipient: str) -> bool:
    """Is this somebody who is told in working time only?"""
    return TABLE.entry("at_work", recipient) is not None


def at_work(
    zone: str,
    on: date,
    *,
    opens: time | None = None,
    closes: time | None = None,
    country: str | None = None,
    subdivision: str | None = None,
    closed: Collection[date] = (),
    opened: Collection[date] = (),
    week: Collection[str] | None = None,
) -> Calendar:
    """When are people there at work? What is not said is the table's."""
    return Calendar(
        zone,
        opens or time(TABLE.whole("opens", on)),
        closes or time(TABLE.whole("closes", on)),
        works=True,
        country=country,
        subdivision=subdivision,
        closed=frozenset(closed),
        opened=frozenset(opened),
        week=None if week is None else frozenset(week),
    )


def awake(
    zone: str,
    on: date,
    *,
    quiet_until: time | None = None,
    quiet_from: time | None = None,
    days_of: Calendar | None = None,
    weekends: bool = True,
) -> Calendar:
    """When may a patient there be told? Outside of quiet hours.

    On any day; or, with the calendar of a place, not on its holidays, and without `weekends` only
    on its working days.
    """
    start = quiet_until or time(TABLE.whole("quiet_until", on))
    until = quiet_from or time(TABLE.whole("quiet_from", on))
    if days_of is None:
        return Calendar(zone, start, until, works=False)
    week = frozenset(WEEKDAYS) if weekends else days_of.week
    return replace(days_of, zone=zone, start=start, until=until, week=week)


def working_days(days: int, on: date) -> int:
    """How many working days do so many days of a ladder hold? A week of it is a working week."""
    week = TABLE.whole("working_week", on)
    return days // len(WEEKDAYS) * week + min(days % len(WEEKDAYS), week)


def spread(on: date) -> timedelta:
    """Over how long is spread what is due at one hour?"""
    return timedelta(minutes=TABLE.whole("spread", on))


def messages_a_day(on: date) -> int:
    """How many messages may reach one patient on one day?"""
    return TABLE.whole("messages_a_day", on)


def digest_moment(calendar: Calendar, at: datetime, on: date) -> datetime:
    """When does the next gathered message of a working day leave, seen from this moment?"""
    zone = ZoneInfo(calendar.zone)
    hour = time(TABLE.whole("digest_hour", on))
    if not calendar.start <= hour < calendar.until:
        hour = calendar.start
    day = at.astimezone(zone).date()
    for _ in range(FARTHEST):
        day = calendar.first_open(day)
        moment = local_instant(day, hour, zone)
        if moment >= at:
            return moment
        day += A_DAY
    return at.astimezone(UTC)
