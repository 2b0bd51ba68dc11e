"""A result was corrected: whoever was told something because of the old value hears that it is off.

Not a silence: a person may have acted on the message. Told are those it reached, by the way it
reached them, once for each thing that is not asked for any more.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.coordination import repository
from services.coordination.contract import ReminderStatus
from services.coordination.reminding import reminder_id
from services.coordination.said_before import REACHED
from services.coordination.tables import DeliveryRow, JourneyRow, ReminderRow
from services.coordination.worklist import Key

CORRECTED = "corrected"
"""The step of such a message; after an @ the conclusion by which it is off."""


async def take_back(
    session: AsyncSession,
    journey: JourneyRow,
    ended: Collection[Key],
    conclusion: UUID,
    at: datetime,
) -> list[ReminderRow]:
    """Tell that these are not asked for any more, to whom they were told. Once per conclusion."""
    if not ended:
        return []
    wanted = (
        select(ReminderRow, DeliveryRow)
        .join(DeliveryRow, repository.OF_ITS_REMINDER)
        .where(
            col(ReminderRow.organisation) == journey.organisation,
            col(ReminderRow.journey) == journey.id,
            col(ReminderRow.status).in_(REACHED),
            col(DeliveryRow.organisation) == journey.organisation,
            col(DeliveryRow.journey) == journey.id,
            col(DeliveryRow.status) == "delivered",
        )
        .order_by(col(ReminderRow.recorded_at))
    )
    said: dict[Key, ReminderRow] = {}
    reached: dict[Key, dict[UUID, str]] = {}
    for reminder, delivery in (await session.exec(wanted)).all():
        key = (reminder.rule, reminder.occurrence)
        if key in ended:
            said[key] = reminder
            reached.setdefault(key, {})[delivery.subscription] = delivery.channel
    notices = [
        await _off(session, journey, said[key], reached[key], f"{CORRECTED}@{conclusion}", at)
        for key in sorted(said)
    ]
    await session.flush()
    return notices


async def _off(
    session: AsyncSession,
    journey: JourneyRow,
    said: ReminderRow,
    reached: dict[UUID, str],
    step: str,
    at: datetime,
) -> ReminderRow:
    now = datetime.now(UTC)
    notice = ReminderRow(
        organisation=journey.organisation,
        journey=journey.id,
        rule=said.rule,
        occurrence=said.occurrence,
        rung=step,
        id=reminder_id(journey, (said.rule, said.occurrence), step),
        act=said.act,
        recipient=said.recipient,
        means=said.means,
        due=said.due,
        due_at=at,
        status=ReminderStatus.SENT.value,
        recorded_at=at,
    )
    session.add(notice)
    for subscription, channel in reached.items():
        session.add(
            DeliveryRow(
                organisation=journey.organisation,
                reminder=notice.id,
                subscription=subscription,
                journey=journey.id,
                channel=channel,
                created_at=now,
                next_try_at=now,
            )
        )
    words = f"{notice.act}: off, a result was corrected"
    await repository.note(
        session, journey, f"reminder:{notice.id}", at, "reminder", words, str(notice.id)
    )
    return notice
