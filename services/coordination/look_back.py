"""Which journeys are open, as a command sees them that previews an edition. Only reads."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.chassis import migrations
from services.chassis.database import Database
from services.coordination.repository import CLOSED, now_there
from services.coordination.tables import JourneyRow


class NotMigrated(Exception):
    """The database is not of the shape that this code reads."""


class OpenJourney(NamedTuple):
    """Ids, codes and a moment; nothing of the person."""

    organisation: str
    id: UUID
    record: UUID
    phase: str
    as_of: datetime
    edition: str | None


async def open_journeys(url: str) -> list[OpenJourney]:
    """Every journey that is open, in the order of their ids."""
    database = Database(url)
    try:
        if await migrations.pending(database, "coordination"):
            raise NotMigrated("the database waits for its migrations; run `tio migrate`")
        wanted = select(JourneyRow).where(col(JourneyRow.phase) != CLOSED)
        wanted = wanted.order_by(col(JourneyRow.organisation), col(JourneyRow.id))
        async with database.across.reading() as session:
            return [
                OpenJourney(
                    row.organisation,
                    row.id,
                    row.record or row.id,
                    row.phase,
                    now_there(row),
                    row.edition,
                )
                for row in (await session.exec(wanted)).all()
            ]
    finally:
        await database.close()
