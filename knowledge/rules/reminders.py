"""Who is reminded, when and how: the rungs of a ladder as instants, and which is to be sent now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from knowledge.rules.clock import local_instant
from knowledge.rules.sending_hours import Hours
from knowledge.tables import Table
from knowledge.terms.obligation import Ladder

TABLE = Table.beside(__file__)


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder for one due date: when, to whom, through what kind of channel."""

    key: str
    at: datetime
    recipient: str
    channel: str
    offset: int
    immediate: bool = False
    unless_acknowledged: str | None = None
    """The step that somebody should have acknowledged; this one follows when nobody did."""


@dataclass(frozen=True, slots=True)
class _Bare:
    """The steps as the table has them: every day, at the hour of sending."""

    name: str

    @property
    def zone(self) -> ZoneInfo:
        """The one clock there is."""
        return ZoneInfo(self.name)

    def first_day(self, known: datetime, hour: time) -> date:
        """The first day whose hour of sending had not passed when this was known."""
        day = known.astimezone(self.zone).date()
        passed = local_instant(day, hour, self.zone) < known
        return day + timedelta(days=1) if passed else day

    def moment(self, recipient: str, due: date, offset: int, hour: time, on: date) -> datetime:
        """When is this step sent?"""
        return local_instant(due + timedelta(days=offset), hour, self.zone)


@dataclass(frozen=True, slots=True)
class Ripe:
    """What becomes of the rungs that have passed: at most one is sent, the rest were overtaken."""

    send: Rung | None = None
    late: bool = False
    overtaken: tuple[Rung, ...] = ()


def ends_when_acknowledged(ladder: Ladder | str) -> bool:
    """Is it enough that a person has seen it? An alert asks for nothing else."""
    return TABLE.entry("acknowledged", ladder) is not None


def hours_on(ladder: Ladder | str, hours: Hours) -> Hours:
    """Whose days off count on this ladder? On a ward nobody's."""
    return hours if TABLE.entry("every_day", ladder) is None else hours.on_every_day()


def rungs(
    ladder: Ladder | str,
    due: date,
    where: str | Hours,
    on: date,
    known_at: datetime | None = None,
) -> tuple[Rung, ...]:
    """What is to be sent about a thing due on this day? Oldest first.

    `where` is an IANA zone, for the bare steps of the table, or the hours of those who are told: to
    people at work no step is spent on a day off, and each goes at its share of the window.
    `on` is the day whose knowledge counts. An alert climbs from the moment when it was known: its
    result may be days old. Raises KeyError or ValueError for a zone there is not.
    """
    days = _Bare(where) if isinstance(where, str) else hours_on(ladder, where)
    hour = time(TABLE.whole("send_hour", on))
    known = known_at if ends_when_acknowledged(ladder) else None
    if known is not None:
        due = max(due, days.first_day(known, hour))
    chosen: list[Rung] = []
    rows = [row for row in TABLE.entries["rungs"].values() if row.fields["ladder"] == ladder]
    for row in sorted(rows, key=lambda row: int(row.fields["offset"])):
        immediate = row.fields.get("immediate", False)
        recipient, offset = row.fields["recipient"], row.fields["offset"]
        if immediate:
            at = _at_once(due + timedelta(days=offset), days.zone, offset, known)
        else:
            at = days.moment(recipient, due, offset, hour, on)
        if chosen and not immediate:
            at = max(at, chosen[-1].at)  # where days off push one step, the next does not pass it
        chosen.append(
            Rung(
                key=row.fields["step"],
                at=at,
                recipient=recipient,
                channel=row.fields["channel"],
                offset=offset,
                immediate=immediate,
                unless_acknowledged=row.fields.get("unless_acknowledged"),
            )
        )
    return tuple(chosen)


def unheard(ladder: Sequence[Rung], acknowledged_at: datetime | None) -> tuple[Rung, ...]:
    """The ladder without what follows only as long as a task is not acknowledged (REM-002)."""
    at = {rung.key: rung.at for rung in ladder}
    return tuple(
        rung
        for rung in ladder
        if rung.unless_acknowledged is None
        or acknowledged_at is None
        or acknowledged_at < at[rung.unless_acknowledged]
    )


def _at_once(day: date, zone: ZoneInfo, offset: int, known: datetime | None) -> datetime:
    """Not waiting for an hour: when it is known, and so many times 24 h later."""
    if known is None:
        return local_instant(day, time(0), zone)
    return known.astimezone(UTC) + timedelta(days=offset)


def ripe(
    ladder: Sequence[Rung],
    created_at: datetime,
    recorded: Collection[str],
    now: datetime,
    on: date,
) -> Ripe:
    """Which rung is to be sent now, and which have been overtaken without being sent?

    Of the rungs that have passed only the newest is sent, so nobody gets three messages about one
    thing after an outage. What had passed before the obligation was created is overtaken too,
    unless it is the newest and the thing is already due: then it is sent once, and counts as late.
    `recorded` are the keys already settled, sent or overtaken.
    """
    passed = [rung for rung in ladder if rung.at <= now]
    unsettled = [rung for rung in passed if rung.key not in recorded]
    if not unsettled or unsettled[-1] is not passed[-1]:
        return Ripe(overtaken=tuple(unsettled))
    *older, newest = unsettled
    if newest.at < created_at and newest.offset < 0:
        return Ripe(overtaken=tuple(unsettled))
    return Ripe(newest, _is_late(newest, created_at, now, on), tuple(older))


def _is_late(rung: Rung, created_at: datetime, now: datetime, on: date) -> bool:
    """Is it sent later than it should be? An immediate one could not be sent unknown."""
    if rung.at < created_at and not rung.immediate:
        return True
    expected = max(rung.at, created_at)
    return now - expected > timedelta(hours=TABLE.whole("late_after", on))


def is_moved(before: date, now: date, on: date) -> bool:
    """Is what was said of the one day no word about the other?"""
    return abs(now - before) > timedelta(days=TABLE.whole("moved_after", on))


def is_work(waited: timedelta, on: date) -> bool:
    """Has a message waited so long to leave that somebody has to see to it?"""
    return waited >= timedelta(hours=TABLE.whole("undelivered_after", on))


def next_wake(ladder: Sequence[Rung], recorded: Collection[str], now: datetime) -> datetime | None:
    """When is the next rung to be sent? None when the ladder has been climbed."""
    coming = [rung.at for rung in ladder if rung.at > now and rung.key not in recorded]
    return min(coming, default=None)
