"""What is not said: while a journey was paused or closed, its steps pass without a message."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.coordination.contract import ReminderStatus
from services.coordination.reminding import remind
from services.coordination.tables import DeliveryRow, JourneyRow, MomentRow, ObligationRow


async def pass_over(
    session: AsyncSession, journey: JourneyRow, still_open: Sequence[ObligationRow], at: datetime
) -> None:
    """Every step that has come by this moment is settled, and none of them is sent.

    What would be said is taken back in the transaction in which it is thought of.
    """
    _, said = await remind(session, journey, still_open, at)
    await session.flush()
    ids = [reminder.id for reminder in said]
    for reminder in said:
        reminder.status = ReminderStatus.OVERTAKEN.value
    if not ids:
        return
    place = col(DeliveryRow.organisation) == journey.organisation
    await session.exec(delete(DeliveryRow).where(place, col(DeliveryRow.reminder).in_(ids)))
    noted = [f"reminder:{id}" for id in ids]
    await session.exec(
        delete(MomentRow).where(
            col(MomentRow.organisation) == journey.organisation,
            col(MomentRow.journey) == journey.id,
            col(MomentRow.key).in_(noted),
        )
    )
