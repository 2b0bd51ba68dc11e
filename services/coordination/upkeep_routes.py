"""HTTP for who looks after journeys: their keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from services.chassis import audit
from services.chassis.auth import Caller, requires_by_name
from services.chassis.errors import Gone, NotFound
from services.coordination import repository
from services.coordination.data_keys import opened_by_the_ring
from services.coordination.journeys import KeyGone
from services.coordination.upkeep import upkeep_of
from services.coordination.upkeep_contract import KEY_SCOPE, SealedJourneyKey
from services.coordination.upkeep_tables import JourneyKeyRow

router = APIRouter(prefix="/coordination/v1", tags=["upkeep"])


@router.get("/journeys/{journey_id}/key", response_model=SealedJourneyKey)
async def read_key(
    journey_id: UUID, request: Request, caller: Annotated[Caller, requires_by_name(KEY_SCOPE)]
) -> SealedJourneyKey:
    """The key of a journey, sealed by the ring: for workers. 410 when it was destroyed.

    Asked for at every turn of a journey, so it is not noted: it says nothing of a person.
    """
    upkeep = upkeep_of(request)
    place = (caller.organisation, journey_id)
    async with upkeep.database.reading() as session:
        row = await session.get(JourneyKeyRow, place)
        journey = await repository.find_journey(session, *place)
    if journey is None or upkeep.keys is None:
        raise NotFound("there is no such journey, or journeys have no keys here")
    if row is None:
        async with upkeep.database.transaction() as session:
            row = await upkeep.keys.of(session, *place)
            audit.record(session, caller, "create", "JourneyKey", journey_id)
    try:
        key = opened_by_the_ring(row)
    except KeyGone:
        raise Gone("the key of this journey was destroyed") from None
    return SealedJourneyKey.model_construct(ring_key=key.ring_key, sealed=key.sealed)
