"""HTTP around a proposed change: what would it move? Read and decide; nothing is written."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound
from services.followup import repository
from services.followup.change import propose
from services.followup.contract import Proposed, ProposedEvents

router = APIRouter(prefix="/followup/v1", tags=["followup"])


@router.post("/plans/{plan_id}/preview", response_model=Proposed)
async def preview_change(
    plan_id: UUID,
    proposed: ProposedEvents,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "r")],
) -> Proposed:
    """What would these events move in the coming years? Without events: the calendar as it is."""
    plan = await repository.find_plan(session, caller.organisation, plan_id)
    if plan is None:
        raise NotFound("there is no such plan")
    audit.record(session, caller, "read", "CarePlan", plan_id, patient=plan_id)
    request = await repository.request_of(session, plan)
    as_of = proposed.as_of or plan.as_of or datetime.now(UTC)
    return propose(request, proposed.events, as_of, proposed.years, plan_id)
