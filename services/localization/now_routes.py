"""HTTP to ask what would be concluded at this moment. Nothing is stored."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Query

from knowledge.terms.obligation import Conclusion
from knowledge.terms.sent import Instant
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound
from services.localization import repository
from services.localization.assembling import question, standing
from services.localization.localize import conclude

router = APIRouter(prefix="/localization/v1/plans", tags=["localization"])


@router.get("/{plan_id}/conclusion-now", response_model=Conclusion)
async def conclusion_now(
    plan_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "r")],
    as_of: Annotated[Instant | None, Query()] = None,
) -> Conclusion:
    """What would a journey hear, from all that stands, by the edition of this process?"""
    plan = await repository.find_plan(session, caller.organisation, plan_id)
    if plan is None:
        raise NotFound("there is no such plan")
    moment = as_of or datetime.now(UTC)
    known = await repository.ledger(session, caller.organisation, plan_id).versions()
    request = question(plan.body, standing(known), known, moment.date())
    audit.record(session, caller, "read", "CarePlan", plan_id, patient=plan_id)
    opened_on = plan.opened_on or moment.date()
    return conclude(uuid5(plan_id, moment.isoformat()), request, moment, opened_on)
