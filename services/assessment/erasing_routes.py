"""HTTP to forget one person: a record is deleted, and refused from then on."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request

from services.assessment.erasing import erase
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.erasing import Erased, wipe

router = APIRouter(prefix="/assessment/v1/records", tags=["assessment"])


@router.delete("/{record_id}", response_model=Erased)
async def erase_record(
    record_id: UUID,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    caller: Annotated[Caller, requires("Observation", "d")],
) -> Erased:
    """Forget what was told and concluded of this record's person, for good. Safe to repeat.

    The id stays, also where nothing was ever told: what is still on its way is refused.
    """
    record = await erase(session, caller.organisation, record_id)
    audit.record(session, caller, "delete", "Observation", record_id, patient=record_id)
    after.add_task(wipe, request.app.state.database)
    assert record.erased_at is not None
    return Erased(record=record_id, erased_at=record.erased_at)
