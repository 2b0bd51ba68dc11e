"""A result was corrected: whoever was told something because of the old value hears that it is off.

Not a silence: a person may have acted on the message. Told are those it reached, in the role in
which it was said to them, once for each thing that is not asked for any more; those at work at
once, a patient not at night.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules.working_calendar import is_at_work
from services.coordination import repository
from services.coordination.addressing import addressed
from services.coordination.contract import ReminderStatus
from services.coordination.hours import hours_of
from services.coordination.reminding import reminder_id
from services.coordination.said_before import REACHED
from services.coordination.tables import DeliveryRow, JourneyRow, ReminderRow
from services.coordination.worklist import Key

CORRECTED = "corrected"
"""The step of such a message; after an @ the conclusion by which it is off, and for whom."""


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
    said: dict[tuple[Key, str], ReminderRow] = {}
    reached: dict[tuple[Key, str], set[UUID]] = {}
    for reminder, delivery in (await session.exec(wanted)).all():
        key = (reminder.rule, reminder.occurrence)
        if key in ended:
            said[key, reminder.recipient] = reminder
            reached.setdefault((key, reminder.recipient), set()).add(delivery.subscription)
    if not said:
        return []
    hours = await hours_of(session, journey, at)
    listening = await repository.subscriptions_of(session, journey.organisation)
    notices = []
    for whom in sorted(said):
        notice = await _off(session, journey, said[whom], f"{CORRECTED}@{conclusion}", at)
        notices.append(notice)
        told = [one for one in listening if one.id in reached[whom]]
        at_once = is_at_work(notice.recipient)
        session.add_all(addressed(notice, journey, told, hours, at, immediate=at_once))
    await session.flush()
    return notices


async def _off(
    session: AsyncSession, journey: JourneyRow, said: ReminderRow, step: str, at: datetime
) -> ReminderRow:
    step = f"{step} {said.recipient}"
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
    words = f"{notice.act}: off, a result was corrected"
    await repository.note(
        session, journey, f"reminder:{notice.id}", at, "reminder", words, str(notice.id)
    )
    return notice
