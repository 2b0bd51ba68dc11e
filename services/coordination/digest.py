"""One message a working day: what was gathered for one who listens, frozen before it leaves."""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from services.coordination.tables import DeliveryRow


async def gather(
    session: AsyncSession, organisation: str, subscription: UUID, now: datetime
) -> None:
    """Put what has waited for this receiver until now into one message.

    Which items are in it is kept before it is first sent: tried again, it is the same message.
    """
    rows = [row for row in await _ripe(session, organisation, subscription, now) if not row.digest]
    if rows:
        names = "\n".join(str(row.reminder) for row in rows)
        digest = uuid5(NAMESPACE_URL, f"digest\n{organisation}\n{subscription}\n{names}")
        for row in rows:
            row.digest = digest


async def waiting(
    session: AsyncSession, organisation: str, subscription: UUID, now: datetime
) -> dict[UUID, list[DeliveryRow]]:
    """The messages that are due for this receiver, each with its items; oldest first."""
    found: dict[UUID, list[DeliveryRow]] = {}
    for row in await _ripe(session, organisation, subscription, now):
        if row.digest is not None:
            found.setdefault(row.digest, []).append(row)
    return found


def items_of(organisation: str, message: UUID) -> SelectOfScalar[UUID]:
    """The reminders in a message, without those whose reason has gone since it was frozen."""
    return select(col(DeliveryRow.reminder)).where(
        col(DeliveryRow.organisation) == organisation,
        col(DeliveryRow.digest) == message,
        col(DeliveryRow.status) != "withdrawn",
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
