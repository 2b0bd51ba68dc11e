"""What is said about what is due: each reminder once, and on its way to everybody who listens."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.coordination import repository
from services.coordination.contract import ReminderStatus
from services.coordination.repository import as_obligation
from services.coordination.tables import (
    DeliveryRow,
    JourneyRow,
    ObligationRow,
    ReminderRow,
    SubscriptionRow,
)
from services.coordination.worklist import Key, Said, plan


async def remind(
    session: AsyncSession, journey: JourneyRow, still_open: Sequence[ObligationRow], at: datetime
) -> tuple[datetime | None, list[ReminderRow]]:
    """Say what is due at this moment. When to look again (first), and what was said (second)?"""
    owed = [(as_obligation(row), row.created_at) for row in still_open]
    acknowledged = {
        (row.rule, row.occurrence): row.acknowledged_at
        for row in still_open
        if row.acknowledged_at is not None
    }
    settled = await _settled(session, journey)
    planned = plan(owed, settled, journey.zone, at, acknowledged)
    if not planned.say:
        return planned.next_wake, []
    acts = {(row.rule, row.occurrence): row for row in still_open}
    listening = await repository.subscriptions_of(session, journey.organisation)
    said = []
    for one in planned.say:
        reminder = _reminder(journey, one, acts[one.key], at)
        session.add(reminder)
        said.append(reminder)
        if one.status is not ReminderStatus.OVERTAKEN:
            words = f"{reminder.act}, {reminder.rung}, {reminder.recipient}"
            key = f"reminder:{reminder.id}"
            await repository.note(session, journey, key, at, "reminder", words, str(reminder.id))
            session.add_all(_deliveries(reminder, listening))
    return planned.next_wake, said


async def _settled(session: AsyncSession, journey: JourneyRow) -> dict[Key, set[str]]:
    """Which rungs were said or overtaken already?"""
    known = select(col(ReminderRow.rule), col(ReminderRow.occurrence), col(ReminderRow.rung)).where(
        col(ReminderRow.organisation) == journey.organisation,
        col(ReminderRow.journey) == journey.id,
    )
    settled: dict[Key, set[str]] = {}
    for rule, occurrence, rung in (await session.exec(known)).all():
        settled.setdefault((rule, occurrence), set()).add(rung)
    return settled


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
        due=row.due,
        due_at=rung.at,
        status=said.status.value,
        recorded_at=at,
    )


def _deliveries(reminder: ReminderRow, listening: Iterable[SubscriptionRow]) -> list[DeliveryRow]:
    """One for everybody who listens to whom it is for."""
    now = datetime.now(UTC)
    return [
        DeliveryRow(
            organisation=reminder.organisation,
            reminder=reminder.id,
            subscription=subscription.id,
            journey=reminder.journey,
            channel=subscription.channel,
            created_at=now,
            next_try_at=now,
        )
        for subscription in listening
        if not subscription.roles or reminder.recipient in subscription.roles
    ]


async def withdraw_deliveries(
    session: AsyncSession, journey: JourneyRow, ended: Iterable[Key]
) -> None:
    """What is no longer owed is no longer said, if it is still on its way."""
    keys = set(ended)
    if not keys:
        return
    waiting = (
        select(DeliveryRow, ReminderRow)
        .join(
            ReminderRow,
            (col(ReminderRow.organisation) == col(DeliveryRow.organisation))
            & (col(ReminderRow.id) == col(DeliveryRow.reminder)),
        )
        .where(
            col(DeliveryRow.organisation) == journey.organisation,
            col(DeliveryRow.journey) == journey.id,
            col(DeliveryRow.status) == "waiting",
        )
    )
    for delivery, reminder in (await session.exec(waiting)).all():
        if (reminder.rule, reminder.occurrence) in keys:
            delivery.status = "withdrawn"


def reminder_id(journey: JourneyRow, key: Key, rung: str) -> UUID:
    """The same reminder has the same id, however often it is thought of."""
    return uuid5(
        NAMESPACE_URL, "\n".join(("reminder", journey.organisation, str(journey.id), *key, rung))
    )
