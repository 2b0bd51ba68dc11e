"""One message a working day: what was gathered for one who listens, frozen before it leaves."""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from services.coordination.repository import OF_ITS_REMINDER
from services.coordination.tables import DeliveryRow, ReminderRow


async def gather(
    session: AsyncSession, organisation: str, subscription: UUID, now: datetime
) -> dict[UUID, list[DeliveryRow]]:
    """Put what has waited for this receiver until now into one message; the answer is every message
    that is due for it, each with its items, oldest first.

    Which items are in it is kept before it is first sent: tried again, it is the same message.
    """
    rows = await _ripe(session, organisation, subscription, now)
    names = "\n".join(str(row.reminder) for row in rows if row.digest is None)
    digest = uuid5(NAMESPACE_URL, f"digest\n{organisation}\n{subscription}\n{names}")
    messages: dict[UUID, list[DeliveryRow]] = {}
    for row in rows:
        row.digest = row.digest or digest
        messages.setdefault(row.digest, []).append(row)
    return messages


def items_of(organisation: str, message: UUID) -> SelectOfScalar[ReminderRow]:
    """The reminders in a message, without those whose reason has gone since it was frozen."""
    return (
        select(ReminderRow)
        .join(DeliveryRow, OF_ITS_REMINDER)
        .where(
            col(DeliveryRow.organisation) == organisation,
            col(DeliveryRow.digest) == message,
            col(DeliveryRow.status) != "withdrawn",
        )
        .order_by(col(ReminderRow.due), col(ReminderRow.recorded_at), col(ReminderRow.id))
    )


async def _ripe(
    session: AsyncSession, organisation: str, subscription: UUID, now: datetime
) -> list[DeliveryRow]:
    wanted = (
        select(DeliveryRow)
        .where(
            col(DeliveryRow.organisation) == organisation,
            col(DeliveryRow.subscription) == subscription,
            col(DeliveryRow.gathered).is_(True),
            col(DeliveryRow.status) == "waiting",
            col(DeliveryRow.next_try_at) <= now,
        )
        .order_by(col(DeliveryRow.created_at), col(DeliveryRow.reminder))
    )
    return list((await session.exec(wanted)).all())
