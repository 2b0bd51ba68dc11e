"""HTTP around follow-up: read, decide, write."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import AwareDatetime
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.direct import DirectRoute
from services.chassis.errors import Forbidden, NotFound
from services.chassis.etags import IfMatch, tell_version
from services.followup import repository
from services.followup.contract import (
    DatedEvent,
    Disposition,
    DispositionOf,
    EventHistory,
    FollowUp,
    KeptEvent,
    PlanRequest,
    StoredFollowUp,
)
from services.followup.drawing import answer_anew
from services.followup.follow_up import follow_up
from services.followup.tables import PlanRow
from services.followup.telling import RESOURCES, plan_after, shown, tell
from services.followup.versions import Version, as_known, newest, results_of, standing

router = APIRouter(prefix="/followup/v1", tags=["followup"], route_class=DirectRoute)


@router.post("/evaluate", response_model=FollowUp)
async def evaluate_plan(
    request: PlanRequest, caller: Annotated[Caller, requires("CarePlan", "c")]
) -> Response:
    """Is it gone, what is due, what alarms? Nothing is stored."""
    answer = follow_up(request, request.as_of or datetime.now(UTC))
    # Written once: validating our own answer again would cost as much as concluding it.
    return Response(answer.model_dump_json(), media_type="application/json")


@router.put("/plans/{plan_id}", response_model=StoredFollowUp)
async def record_plan(
    plan_id: UUID,
    request: PlanRequest,
    response: Response,
    session: InTransaction,
    expected: IfMatch,
    caller: Annotated[Caller, requires("CarePlan", "cu")],
) -> StoredFollowUp:
    """Say what is known as a whole; what is not named stays. Safe to repeat."""
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    expected.check(plan.version or None)
    changes = repository.said(request)
    if request.history:
        changes["history"] = [repository.told(event) for event in request.history]
    body = repository.amended(plan.body, changes)
    if plan.version == 0 or body != plan.body:
        action: audit.Action = "update" if plan.version else "create"
        plan.body = body
        audit.record(session, caller, action, "CarePlan", plan_id, patient=plan_id)
        known = await repository.ledger(session, plan.organisation, plan.id).versions()
        moment = request.as_of or plan.as_of or datetime.now(UTC)
        answer_anew(plan, known, results_of(plan.id, known), moment)
        session.add(plan)
    tell_version(response, plan.version)
    return shown(plan)


@router.get("/plans/{plan_id}", response_model=StoredFollowUp)
async def read_plan(
    plan_id: UUID,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "r")],
    as_of: AwareDatetime | None = None,
    known_at: AwareDatetime | None = None,
) -> StoredFollowUp:
    """What was the last answer? With `as_of`: what is it as of that moment, not kept.

    It is read from what had been told by `known_at`; if that is not said, by `as_of`. Before
    anything was told (all of it is older than its telling) it is read from all that is known.
    """
    plan = await repository.find_plan(session, caller.organisation, plan_id)
    if plan is None:
        raise NotFound("there is no such plan")
    audit.record(session, caller, "read", "CarePlan", plan_id, patient=plan_id)
    tell_version(response, plan.version)
    moment = as_of or (plan.as_of if known_at else None)
    if moment is None:
        return shown(plan)
    known = as_known(await _told(session, plan), known_at, moment)
    request = repository.question(plan.body, standing(known), results_of(plan_id, known))
    answer = follow_up(request, moment, plan_id).model_dump(by_alias=True)
    return StoredFollowUp.model_validate({**answer, "id": plan_id, "as_of": moment})


@router.put("/plans/{plan_id}/results/{result_id}", response_model=StoredFollowUp)
async def record_result(
    plan_id: UUID,
    result_id: UUID,
    event: Annotated[DatedEvent, Body()],
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "u")],
) -> StoredFollowUp:
    """Remember a dated event: an operation, a therapy, results, something done. Repeatable.

    A higher `version`, or a status that speaks of a correction, takes the place of what was told
    before, and what was concluded from that is drawn again; a lower one is kept as history.
    """
    resource = RESOURCES[event.kind]
    if not caller.may(resource, "c"):
        raise Forbidden(f"this needs the scope system/{resource}.c")
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    return await plan_after(session, await tell(session, caller, plan, result_id, event))


@router.get("/plans/{plan_id}/results/{result_id}", response_model=EventHistory)
async def read_result(
    plan_id: UUID,
    result_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "r")],
) -> EventHistory:
    """What was ever told under this id, and which version of it stands?"""
    ledger = repository.ledger(session, caller.organisation, plan_id)
    known = [one for one in await ledger.versions() if one.id == result_id]
    if not known:
        raise NotFound("there is no such event")
    kind, stands = known[0].kind, newest(known)
    audit.record(session, caller, "read", RESOURCES[kind], result_id, patient=plan_id)
    return EventHistory(
        id=result_id,
        kind=kind,
        versions=[
            KeptEvent(
                version=one.number,
                status=one.status,
                stands=one is stands,
                told=dict(one.body),
                told_by=one.sender,
                by=one.by,
                received_at=one.received_at,
            )
            for one in sorted(known, key=lambda one: one.number)
        ],
    )


@router.put("/plans/{plan_id}/items/{item_id}/disposition", response_model=StoredFollowUp)
async def record_disposition(
    plan_id: UUID,
    item_id: UUID,
    disposition: Disposition,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "u")],
) -> StoredFollowUp:
    """End an item without a result, and say why. It ends once."""
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    before = [one.body for one in await _told(session, plan) if one.id == item_id]
    rule, occurrence = _named(before[0]) if before else _key_of(plan, item_id)
    event = DispositionOf(rule=rule, occurrence=occurrence, **disposition.model_dump())
    return await plan_after(session, await tell(session, caller, plan, item_id, event))


async def _told(session: AsyncSession, plan: PlanRow) -> list[Version]:
    return await repository.ledger(session, plan.organisation, plan.id).versions()


def _key_of(plan: PlanRow, item_id: UUID) -> tuple[str, str]:
    """Which item of the last answer is this?"""
    for item in (plan.answer or {}).get("schedule", []):
        if item["id"] == str(item_id):
            return item["rule"], item["occurrence"]
    raise NotFound("there is no such item")


def _named(body: Mapping[str, Any]) -> tuple[str, str]:
    return body["rule"], body["occurrence"]
