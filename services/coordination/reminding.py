"""What is said about what is due: each reminder once, and on its way to everybody who listens."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, time
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules import reminders, working_calendar
from knowledge.rules.sending_hours import Hours
from services.coordination import repository, working_time
from services.coordination.addressing import addressed
from services.coordination.contract import ReminderStatus
from services.coordination.hours import of_journey
from services.coordination.planning import (
    PATIENT,
    Due,
    Limits,
    Said,
    make_room,
    means_left,
    passed,
    plan,
)
from services.coordination.preferences import refused_by
from services.coordination.repository import as_obligation
from services.coordination.said_before import (
    HELD,
    REACHED,
    SaidBefore,
    alone_with_the_patient,
    said_before,
)
from services.coordination.tables import (
    DeliveryRow,
    JourneyRow,
    ObligationRow,
    ReminderRow,
    SubscriptionRow,
)
from services.coordination.working_time import WorkingTime
from services.coordination.worklist import Key

_HELD = (
    select(ReminderRow)
    .where(
        col(ReminderRow.organisation) == bindparam("organisation"),
        col(ReminderRow.journey) == bindparam("journey"),
        col(ReminderRow.status) == HELD,
    )
    .order_by(col(ReminderRow.due_at))
)
ON_THEIR_WAY = (
    select(DeliveryRow, ReminderRow)
    .join(ReminderRow, repository.OF_ITS_REMINDER)
    .where(
        col(DeliveryRow.organisation) == bindparam("organisation"),
        col(DeliveryRow.journey) == bindparam("journey"),
        col(DeliveryRow.status) == "waiting",
    )
)
"""What of a journey was said and has not left, each with what it says."""


def place_of(journey: JourneyRow) -> dict[str, object]:
    """Of which journey? What the statements here are asked with."""
    return {"organisation": journey.organisation, "journey": journey.id}


async def remind(
    session: AsyncSession, journey: JourneyRow, still_open: Sequence[ObligationRow], at: datetime
) -> tuple[datetime | None, list[ReminderRow]]:
    """Say what is due at this moment. When to look again (first), and what was said (second)?"""
    site = await working_time.of_site(session, journey.organisation, journey.site)
    hours = of_journey(journey, site, at)
    rows = {(row.rule, row.occurrence): row for row in still_open}
    asked = (session, journey, rows.keys(), ZoneInfo(hours.patient.zone), at)
    known = await said_before(*asked)
    telling = _Telling(session, journey, hours, at)
    if known.holds:
        if await alone_with_the_patient(session, journey):
            known = await said_before(*asked)
        await telling.release_what_was_held(_limits(journey, site, hours, known, at))
        await session.flush()
        known = await said_before(*asked)
    owed = [due_of(row) for row in still_open]
    planned = plan(owed, known.steps, hours, at, _limits(journey, site, hours, known, at))
    is_for_the_patient = any(one.rung.recipient == PATIENT for one in planned.say)
    if is_for_the_patient and await alone_with_the_patient(session, journey):
        known = await said_before(*asked)
        planned = plan(owed, known.steps, hours, at, _limits(journey, site, hours, known, at))
    for one in planned.say:
        await telling.say(one, rows[one.key])
    wakes = [planned.next_wake, telling.look_again]
    return min((wake for wake in wakes if wake is not None), default=None), telling.said


async def pass_over(
    session: AsyncSession, journey: JourneyRow, still_open: Sequence[ObligationRow], at: datetime
) -> None:
    """What would have been said of these by now, or was held, is not said: it was a silent time."""
    site = await working_time.of_site(session, journey.organisation, journey.site)
    hours = of_journey(journey, site, at)
    rows = {(row.rule, row.occurrence): row for row in still_open}
    zone = ZoneInfo(hours.patient.zone)
    known = await said_before(session, journey, rows.keys(), zone, at)
    for one in passed([due_of(row) for row in still_open], known.steps, hours, at):
        session.add(_reminder(journey, one, rows[one.key], at))
    for held in await _held(session, journey, rows.keys()):
        held.status = ReminderStatus.OVERTAKEN.value
    await session.flush()


def due_of(row: ObligationRow) -> Due:
    """An obligation as its ladder sees it: a postponed one begins anew when it was postponed."""
    since = row.created_at if row.postponed_at is None else max(row.created_at, row.postponed_at)
    return Due(as_obligation(row), since, row.acknowledged_at, row.postponed_until)


class _Telling:
    """One look at a journey: what is said in it, and to whom it goes."""

    def __init__(
        self, session: AsyncSession, journey: JourneyRow, hours: Hours, at: datetime
    ) -> None:
        self._session, self._journey, self._at = session, journey, at
        self.hours = hours
        self.said: list[ReminderRow] = []
        self.look_again: datetime | None = None
        self._listening: list[SubscriptionRow] | None = None

    async def say(self, one: Said, row: ObligationRow) -> None:
        """Record what became of a rung, and send it off if it is to be sent."""
        reminder = _reminder(self._journey, one, row, self._at)
        self._session.add(reminder)
        hours = reminders.hours_on(row.ladder, self.hours)
        await self._send(reminder, hours, immediate=one.rung.immediate)

    async def release_what_was_held(self, limits: Limits) -> None:
        """What was too much for one day is said on the next, as late; unless it is quiet there.

        After an outage the days of several have come: they keep to the cap all the same.
        """
        zone = ZoneInfo(self.hours.patient.zone)
        today, told = self._at.astimezone(zone).date(), Counter(limits.told_on)
        for reminder in await _held(self._session, self._journey):
            until = reminder.hold_until or self._at
            if until <= self._at:
                told[until.astimezone(zone).date()] -= 1
                if self.hours.may_be_told(PATIENT, self._at):
                    until = make_room(today, told, limits.a_day, self.hours) or self._at
                else:
                    hour = time(reminders.TABLE.whole("send_hour", self._at.date()))
                    until = self.hours.first_turn(PATIENT, self._at, hour)
            if until > self._at:
                reminder.hold_until = until
                self.look_again = min(self.look_again or until, until)
                continue
            means = means_left(reminder.means, refused_by(self._journey))
            reminder.means = means or reminder.means
            status = ReminderStatus.LATE if means else ReminderStatus.NOT_WANTED
            reminder.status, reminder.recorded_at = status.value, self._at
            await self._send(reminder, self.hours, immediate=False)

    async def _send(self, reminder: ReminderRow, hours: Hours, *, immediate: bool) -> None:
        self.said.append(reminder)
        if reminder.status not in REACHED:
            return
        words = f"{reminder.act}, {reminder.rung}, {reminder.recipient}"
        key = f"reminder:{reminder.id}"
        await repository.note(
            self._session, self._journey, key, self._at, "reminder", words, str(reminder.id)
        )
        if self._listening is None:
            self._listening = await repository.subscriptions_of(
                self._session, self._journey.organisation
            )
        deliveries = addressed(
            reminder, self._journey, self._listening, hours, self._at, immediate=immediate
        )
        self._session.add_all(deliveries)


def _limits(
    journey: JourneyRow, site: WorkingTime, hours: Hours, known: SaidBefore, at: datetime
) -> Limits:
    """How much may still reach this patient today, and by what does it not want to be told?"""
    today = at.astimezone(ZoneInfo(hours.patient.zone)).date()
    return Limits(
        a_day=site.messages_a_day or working_calendar.messages_a_day(today),
        told_on=known.on_days,
        refused=refused_by(journey),
    )


async def _held(
    session: AsyncSession, journey: JourneyRow, keys: Collection[Key] | None = None
) -> list[ReminderRow]:
    """What is held on this journey, in the order in which it was due."""
    rows = (await session.exec(_HELD, params=place_of(journey))).all()
    return [row for row in rows if keys is None or (row.rule, row.occurrence) in keys]


def _reminder(journey: JourneyRow, said: Said, row: ObligationRow, at: datetime) -> ReminderRow:
    rung = said.rung
    return ReminderRow(
        organisation=journey.organisation,
        journey=journey.id,
        rule=row.rule,
        occurrence=row.occurrence,
        rung=rung.key,
        id=reminder_id(journey, said.key, rung.key),
        act=row.act,
        recipient=rung.recipient,
        means=rung.channel,
        due=repository.expected_on(row),
        due_at=rung.at,
        status=said.status.value,
        recorded_at=at,
        hold_until=said.hold_until,
    )


async def withdraw_deliveries(
    session: AsyncSession, journey: JourneyRow, ended: Iterable[Key]
) -> None:
    """What is no longer owed is no longer said, if it is held or still on its way."""
    keys = set(ended)
    if not keys:
        return
    with session.no_autoflush:
        held = await _held(session, journey, keys)
        waiting = (await session.exec(ON_THEIR_WAY, params=place_of(journey))).all()
    for one in held:
        one.status = ReminderStatus.WITHDRAWN.value
    for delivery, reminder in waiting:
        if (reminder.rule, reminder.occurrence) in keys:
            delivery.status = "withdrawn"
    if held:
        await session.flush()


def reminder_id(journey: JourneyRow, key: Key, rung: str) -> UUID:
    """The same reminder has the same id, however often it is thought of."""
    return uuid5(
        NAMESPACE_URL, "\n".join(("reminder", journey.organisation, str(journey.id), *key, rung))
    )
