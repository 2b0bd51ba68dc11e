"""After a restore: whoever was forgotten since the backup is forgotten again."""

from enum import StrEnum

from services.chassis.auth import Caller
from services.chassis.context import done_for
from services.chassis.database import Database
from services.coordination import erasing, repository
from services.coordination.contract import Event
from services.coordination.erasure_log import AskedBefore
from services.coordination.upkeep_tables import ErasureRow

WHO = "restore"


class Outcome(StrEnum):
    """What a restored database makes of an erasure that was asked for before."""

    REPEATED = "repeated"
    KNOWN = "known already"
    UNKNOWN_JOURNEY = "of a journey that is not in the backup"


async def repeat(database: Database, asked: AskedBefore) -> Outcome:
    """Ask once more, as it was asked then; the relay does it when coordination is up."""
    place = (asked.organisation, asked.journey)
    with done_for(asked.organisation):
        async with database.transaction() as session:
            if await session.get(ErasureRow, place) is not None:
                return Outcome.KNOWN
            journey = await repository.find_journey(session, *place, to_change=True)
            if journey is None:
                return Outcome.UNKNOWN_JOURNEY
            event = Event(
                id=asked.event,
                kind=erasing.KIND,
                occurred_at=asked.asked_at,
                payload={"erase": True},
            )
            await erasing.take(session, Caller(WHO, asked.organisation), journey, event)
    return Outcome.REPEATED
