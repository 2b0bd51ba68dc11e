"""HTTP to forget one person: a search is deleted, and refused from then on."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request

from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction, held
from services.chassis.erasing import Erased, delete_of, wipe
from services.localization.tables import ConclusionRow, EntryRow, MarkRow, PlanRow

router = APIRouter(prefix="/localization/v1/plans", tags=["localization"])


@router.delete("/{plan_id}", response_model=Erased)
async def erase_plan(
    plan_id: UUID,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "d")],
) -> Erased:
    """Forget what was told and concluded of this person, for good. Safe to repeat.

    The id stays, also where nothing was ever told: what is still on its way is refused.
    """
    place = {"organisation": caller.organisation, "id": plan_id}
    plan = await held(session, PlanRow, place, body={}, version=0)
    if plan.erased_at is None:
        theirs = {"organisation": caller.organisation, "plan": plan_id}
        await delete_of(session, (EntryRow, ConclusionRow, MarkRow), **theirs)
        plan.body, plan.answer, plan.version, plan.as_of = {}, None, 0, None
        plan.opened_on = None
        plan.received_at, plan.erased_at = None, datetime.now(UTC)
        session.add(plan)
        audit.record(session, caller, "delete", "CarePlan", plan_id, patient=plan_id)
        after.add_task(wipe, request.app.state.database)
    assert plan.erased_at is not None
    return Erased(record=plan_id, erased_at=plan.erased_at)
