"""How it was tried to reach a patient: `GET /coordination/v1/journeys/{id}/contacts`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from knowledge.rules.tracing import Reach
from knowledge.terms.sent import Instant
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.coordination import contacts
from services.coordination.contract import ContactAttempted
from services.coordination.routes import found
from services.coordination.tables import EventRow

router = APIRouter(prefix="/coordination/v1/journeys/{journey_id}", tags=["contacts"])


class LoggedContact(ContactAttempted):
    """An attempt as it is kept: who tried, and when."""

    id: UUID
    at: Instant
    by: str


class ContactLog(BaseModel):
    """Can the patient be reached, and by what was it tried? Newest first."""

    reach: Reach
    unanswered: int
    lost_since: Instant | None
    wrong: tuple[str, ...]
    attempts: list[LoggedContact]


@router.get("/contacts", response_model=ContactLog)
async def read_contacts(
    journey_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("Communication", "r")],
) -> ContactLog:
    """Show how it was tried to reach the patient, and how that stands."""
    journey = await found(session, caller, journey_id, "Communication")
    events = await contacts.log_of(session, journey)
    stands = contacts.standing_of(journey, events)
    return ContactLog(
        reach=stands.reach,
        unanswered=stands.unanswered,
        lost_since=stands.lost_since,
        wrong=stands.wrong,
        attempts=[_shown(event) for event in events],
    )


def _shown(event: EventRow) -> LoggedContact:
    return LoggedContact(id=event.id, at=event.occurred_at, by=event.told_by, **event.payload)
