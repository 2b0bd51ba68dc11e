"""HTTP around the search for the tumor as a whole: read, decide, write."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.direct import DirectRoute
from services.chassis.errors import NotFound
from services.chassis.etags import IfMatch, tell_version
from services.localization import repository
from services.localization.answer import ANSWER, Plan
from services.localization.assembling import standing, words_of
from services.localization.drawing import answer_anew
from services.localization.localize import localize
from services.localization.sent import PlanRequest
from services.localization.signed import signed
from services.localization.stored import StoredPlan
from services.localization.telling import expect_agreement, shown

router = APIRouter(prefix="/localization/v1", tags=["localization"], route_class=DirectRoute)


@router.post("/evaluate", response_model=Plan)
async def evaluate_plan(
    request: PlanRequest, caller: Annotated[Caller, requires("ServiceRequest", "c")]
) -> Response:
    """Where does the search stand, and what comes next? Nothing is stored."""
    answer = localize(request, request.as_of or datetime.now(UTC))
    # Written once: validating our own answer again would cost as much as concluding it.
    return Response(ANSWER.dump_json(answer), media_type="application/json")


@router.put("/plans/{plan_id}", response_model=StoredPlan)
async def record_plan(
    plan_id: UUID,
    request: PlanRequest,
    response: Response,
    session: InTransaction,
    expected: IfMatch,
    caller: Annotated[Caller, requires("CarePlan", "cu")],
) -> StoredPlan:
    """Say what is known of a search as a whole; what is not named stays. Safe to repeat.

    Who says a link or an override is who holds the token, whatever name the body gives.
    """
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    expected.check(plan.version or None)
    said = signed(repository.said(request), plan.body, caller.display or caller.subject)
    body = repository.amended(plan.body, said)
    if plan.version == 0 or body != plan.body:
        action: audit.Action = "update" if plan.version else "create"
        plan.body = body
        audit.record(session, caller, action, "CarePlan", plan_id, patient=plan_id)
        known = await repository.entries_of(session, plan.organisation, plan.id)
        if "links" in said:
            expect_agreement(words_of(body, standing(known)), "/links")
        answer_anew(plan, known, request.as_of or plan.as_of or datetime.now(UTC))
        session.add(plan)
    else:
        audit.record(session, caller, "read", "CarePlan", plan_id, patient=plan_id)
    tell_version(response, plan.version)
    return shown(plan)


@router.get("/plans/{plan_id}", response_model=StoredPlan)
async def read_plan(
    plan_id: UUID,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "r")],
) -> StoredPlan:
    """What was the last answer?"""
    plan = await repository.find_plan(session, caller.organisation, plan_id)
    if plan is None:
        raise NotFound("there is no such plan")
    audit.record(session, caller, "read", "CarePlan", plan_id, patient=plan_id)
    tell_version(response, plan.version)
    return shown(plan)
