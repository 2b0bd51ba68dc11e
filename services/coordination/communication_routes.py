"""A reminder as FHIR: `GET …/journeys/{id}/reminders/{reminder}/communication-request`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlmodel import col, select

from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound
from services.coordination.communication import FHIR_JSON, communication_request
from services.coordination.parts import parts_of
from services.coordination.preferences import language_in
from services.coordination.routes import found
from services.coordination.tables import ReminderRow

router = APIRouter(prefix="/coordination/v1/journeys/{journey_id}", tags=["journeys"])


@router.get(
    "/reminders/{reminder_id}/communication-request",
    response_class=JSONResponse,
    response_model=dict[str, Any],
    responses={200: {"content": {FHIR_JSON: {}}}},
)
async def read_communication_request(
    journey_id: UUID,
    reminder_id: UUID,
    request: Request,
    session: InTransaction,
    caller: Annotated[Caller, requires("Communication", "r")],
) -> JSONResponse:
    """One reminder as FHIR R4 CommunicationRequest."""
    journey = await found(session, caller, journey_id, "Communication")
    wanted = select(ReminderRow).where(
        col(ReminderRow.organisation) == caller.organisation,
        col(ReminderRow.journey) == journey_id,
        col(ReminderRow.id) == reminder_id,
    )
    reminder = (await session.exec(wanted)).one_or_none()
    if reminder is None:
        raise NotFound("there is no such reminder")
    theirs = language_in(journey.preferences) if reminder.recipient == "patient" else None
    url = parts_of(request).settings.public_url
    resource = communication_request(reminder, url, theirs or "en")
    return JSONResponse(resource, media_type=FHIR_JSON)
