"""HTTP around a patient's trends: read and decide; nothing is written."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime

from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound
from services.followup import repository
from services.followup.charted import Trends
from services.followup.trends import trends

router = APIRouter(prefix="/followup/v1", tags=["followup"])


@router.get("/plans/{plan_id}/trends", response_model=Trends)
async def read_trends(
    plan_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "r")],
    as_of: AwareDatetime | None = None,
) -> Trends:
    """How have the results and the patient changed over the years, and under which treatment?"""
    plan = await repository.find_plan(session, caller.organisation, plan_id)
    if plan is None:
        raise NotFound("there is no such plan")
    audit.record(session, caller, "read", "Observation", plan_id, patient=plan_id)
    request = await repository.request_of(session, plan)
    return trends(plan_id, request, as_of or plan.as_of or datetime.now(UTC))
