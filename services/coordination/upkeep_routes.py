"""HTTP for who looks after journeys: their keys, and who is forgotten."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from services.chassis import audit
from services.chassis.auth import Caller, requires, requires_by_name
from services.chassis.database import InTransaction
from services.chassis.errors import Gone, NotFound
from services.coordination import repository
from services.coordination.data_keys import opened_by_the_ring
from services.coordination.erasing import shown
from services.coordination.journeys import KeyGone
from services.coordination.upkeep import upkeep_of
from services.coordination.upkeep_contract import KEY_SCOPE, Erasure, SealedJourneyKey
from services.coordination.upkeep_tables import ErasureRow, JourneyKeyRow

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


@router.get("/journeys/{journey_id}/erasure", response_model=Erasure)
async def read_erasure(
    journey_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("EpisodeOfCare", "r")],
) -> Erasure:
    """How far has this person been forgotten, and who has not done their part yet?"""
    row = await session.get(ErasureRow, (caller.organisation, journey_id))
    if row is None:
        raise NotFound("nobody asked for this")
    audit.record(session, caller, "read", "EpisodeOfCare", journey_id, journey_id)
    return shown(row)
