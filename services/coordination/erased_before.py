"""After a restore: whoever was forgotten since the backup is forgotten again."""

from enum import StrEnum

from services.chassis.auth import Caller
from services.chassis.context import done_for
from services.chassis.database import Database
from services.coordination import erasing, repository
from services.coordination.contract import Event, JourneyRequest, PatientOfJourney
from services.coordination.erasure_log import AskedBefore
from services.coordination.forgetting import NOBODY
from services.coordination.tables import JourneyRow
from services.coordination.upkeep_tables import ErasureRow
from services.coordination.worklist import NOTHING_DUE

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
            outcome = Outcome.UNKNOWN_JOURNEY if journey is None else Outcome.REPEATED
            if journey is None:
                journey = _closed(asked)
                session.add(journey)
                await session.flush()
            event = Event(
                id=asked.event,
                kind=erasing.KIND,
                occurred_at=asked.asked_at,
                payload={"erase": True},
            )
            await erasing.take(session, Caller(WHO, asked.organisation), journey, event)
    return outcome


def _closed(asked: AskedBefore) -> JourneyRow:
    """In the place of one that the backup does not hold: the services may, whose copies are later,
    and a sender that tells everything again must not begin it anew.
    """
    usual = JourneyRequest(patient=PatientOfJourney(id=NOBODY))
    return JourneyRow(
        organisation=asked.organisation,
        id=asked.journey,
        patient={"id": NOBODY},
        patient_id=NOBODY,
        request_hash="",
        zone=usual.zone,
        profile=usual.profile.value,
        started_at=asked.asked_at,
        as_of=asked.asked_at,
        rank_at=NOTHING_DUE,
        phase=repository.CLOSED,
    )
