"""What is to be said at this moment about what is owed, and when is the next moment? Pure."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from knowledge.rules import reminders
from knowledge.rules.reminders import Rung
from knowledge.rules.sending_hours import Hours
from knowledge.rules.working_calendar import A_DAY, Calendar
from knowledge.terms.obligation import Obligation
from services.coordination.contract import ReminderStatus
from services.coordination.worklist import Key

PATIENT = "patient"
EVERYTHING = "everything"
"""What somebody refuses who wants no messages at all."""

REBASED = "@"
"""Between a step and the day on which a ladder stands that began anew: a ladder of its own."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something owed, as its ladder sees it.

    `since` is when it was created or postponed, on the journey's own clock; `postponed_until`, if a
    person postponed it, is the day on which its ladder stands now.
    """

    obligation: Obligation
    since: datetime
    acknowledged_at: datetime | None = None
    postponed_until: date | None = None

    @property
    def key(self) -> Key:
        """Its stable name within a journey."""
        return self.obligation.rule, self.obligation.occurrence

    @property
    def day(self) -> date:
        """The day from which its steps count."""
        return expected(self.obligation.due, self.postponed_until)


def expected(due: date, postponed_until: date | None) -> date:
    """By which day is it expected? A postponement moves it later, never earlier."""
    return due if postponed_until is None else max(due, postponed_until)


@dataclass(frozen=True, slots=True)
class Limits:
    """What may reach the patient: how much a day, what was already told, and what is refused."""

    a_day: int
    told_on: Mapping[date, int]
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Said:
    """A rung that is settled now: sent, sent late, held until, not wanted, or overtaken."""

    key: Key
    rung: Rung
    status: ReminderStatus
    hold_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Climb:
    """A ladder as it stands, and which of its steps are settled."""

    steps: tuple[Rung, ...]
    settled: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be said now, and when to look again."""

    say: tuple[Said, ...]
    next_wake: datetime | None


def plan(
    owed: Sequence[Due],
    said_before: Mapping[Key, Mapping[str, date]],
    hours: Hours,
    at: datetime,
    limits: Limits,
) -> Plan:
    """What is to be said at this moment about what is open, and when is the next moment?

    `said_before`: the steps that were said or passed over, each with the due day that it named.

    Nobody is told outside of their hours: what is ripe then waits for its turn. What is over a
    patient's cap is held for the next day that has room, in the order in which it was due.
    """
    say: list[Said] = []
    wakes: list[datetime] = []
    on = at.astimezone(hours.zone).date()
    hour = time(reminders.TABLE.whole("send_hour", on))
    for one in owed:
        there = reminders.hours_on(one.obligation.ladder, hours)
        climb = climb_of(one, said_before.get(one.key, {}), hours, on)
        ripe = reminders.ripe(climb.steps, one.since, climb.settled, at, on)
        say += [Said(one.key, rung, ReminderStatus.OVERTAKEN) for rung in ripe.overtaken]
        following = reminders.next_wake(climb.steps, climb.settled, at)
        if following is not None:
            wakes.append(following)
        rung = ripe.send
        if rung is None:
            continue
        if not rung.immediate and not there.may_be_told(rung.recipient, at):
            wakes.append(there.first_turn(rung.recipient, at, hour))
            continue
        status = ReminderStatus.LATE if ripe.late else ReminderStatus.SENT
        say.append(Said(one.key, rung, status))
    kept = _within_the_cap(say, hours, at, limits)
    wakes += [said.hold_until for said in kept if said.hold_until is not None]
    return Plan(tuple(kept), min(wakes, default=None))


def passed(
    owed: Sequence[Due],
    said_before: Mapping[Key, Mapping[str, date]],
    hours: Hours,
    at: datetime,
) -> tuple[Said, ...]:
    """Which steps have come by this moment without being said? They are overtaken, all of them."""
    on = at.astimezone(hours.zone).date()
    climbs = [(one.key, climb_of(one, said_before.get(one.key, {}), hours, on)) for one in owed]
    return tuple(
        Said(key, rung, ReminderStatus.OVERTAKEN)
        for key, climb in climbs
        for rung in climb.steps
        if rung.at <= at and rung.key not in climb.settled
    )


def climb_of(one: Due, said: Mapping[str, date], hours: Hours, on: date) -> Climb:
    """The steps that still count, and those of them that are settled.

    What was said of a day that lies far from the one on which it is due now does not count: a
    service has moved it, and the ladder begins anew. So does that of what somebody has put off.
    Steps that are said anew have names of their own.
    """
    ladder = reminders.rungs(one.obligation.ladder, one.day, hours, on, one.since)
    ladder = reminders.unheard(ladder, one.acknowledged_at)
    of_this_day = {step for step, day in said.items() if not reminders.is_moved(day, one.day, on)}
    is_put_off = one.postponed_until is not None
    if is_put_off or len(of_this_day) < len(said):
        ladder = tuple(replace(rung, key=f"{rung.key}{REBASED}{one.day}") for rung in ladder)
    if is_put_off:
        return Climb(ladder, frozenset(said))
    named = {bare(step) for step in of_this_day}
    return Climb(ladder, frozenset(rung.key for rung in ladder if bare(rung.key) in named))


def bare(step: str) -> str:
    """The name of a step without the day on which its ladder stands."""
    return step.partition(REBASED)[0]


def _within_the_cap(say: Sequence[Said], hours: Hours, at: datetime, limits: Limits) -> list[Said]:
    """The same, with what the patient does not want left out and what is too much held."""
    told = Counter(limits.told_on)
    zone = ZoneInfo(hours.patient.zone)
    today = at.astimezone(zone).date()
    kept = []
    for said in sorted(say, key=lambda said: (said.rung.at, said.key)):
        if said.status is ReminderStatus.OVERTAKEN or said.rung.recipient != PATIENT:
            kept.append(said)
            continue
        means = means_left(said.rung.channel, limits.refused)
        if means is None:
            kept.append(replace(said, status=ReminderStatus.NOT_WANTED))
            continue
        said = replace(said, rung=replace(said.rung, channel=means))
        until = make_room(today, told, limits.a_day, hours)
        if until is not None:
            said = replace(said, status=ReminderStatus.HELD, hold_until=until)
        kept.append(said)
    return kept


def make_room(today: date, told: Counter[date], a_day: int, hours: Hours) -> datetime | None:
    """Take a place for one message on the first day that has room. None: that is today."""
    day = _first_with_room(today, told, a_day, hours.patient)
    told[day] += 1
    return None if day == today else _turn_on(day, hours, ZoneInfo(hours.patient.zone))


def _first_with_room(day: date, told: Mapping[date, int], a_day: int, calendar: Calendar) -> date:
    while told.get(day, 0) >= a_day:
        day = calendar.first_open(day + A_DAY)
    return day


def _turn_on(day: date, hours: Hours, zone: ZoneInfo) -> datetime:
    """This journey's turn to tell the patient on this day."""
    hour = time(reminders.TABLE.whole("send_hour", day))
    midnight = datetime.combine(day, time(0), zone).astimezone(UTC)
    return hours.first_turn(PATIENT, midnight, hour)


def means_left(channel: str, refused: Collection[str]) -> str | None:
    """By what may it still be said? None: by nothing that the ladder names."""
    if EVERYTHING in refused:
        return None
    for word in ("-and-", "-or-"):
        if word in channel:
            left = [means for means in channel.split(word) if means not in refused]
            return word.join(left) or None
    return None if channel in refused else channel
