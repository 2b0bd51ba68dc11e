"""HTTP around follow-up: read, decide, write."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import AwareDatetime

from knowledge.terms.obligation import Conclusion
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import Conflict, Forbidden, NotFound
from services.chassis.etags import IfMatch, tell_version
from services.followup import repository
from services.followup.contract import (
    AsOf,
    DatedEvent,
    Disposition,
    DispositionOf,
    FollowUp,
    PlanRequest,
    StoredConclusion,
    StoredFollowUp,
)
from services.followup.follow_up import conclude, follow_up
from services.followup.history import moment_of
from services.followup.tables import ConclusionRow, PlanRow

router = APIRouter(prefix="/followup/v1", tags=["followup"])

RESOURCES = {
    "surgery": "Procedure",
    "act": "Procedure",
    "symptoms": "Condition",
    "measure": "Observation",
    "study": "ImagingStudy",
    "examination": "Observation",
    "therapy": "MedicationStatement",
    "planned": "ServiceRequest",
    "opinion": "ClinicalImpression",
    "observations": "Observation",
    "state": "Observation",
    "disposition": "CarePlan",
}
"""Which FHIR resource each kind of event would be; its scope is needed to tell it."""


@router.post("/evaluate", response_model=FollowUp)
async def evaluate_plan(
    request: PlanRequest, caller: Annotated[Caller, requires("CarePlan", "c")]
) -> FollowUp:
    """Is it gone, what is due, what alarms? Nothing is stored."""
    return follow_up(request, request.as_of or datetime.now(UTC))


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
        await _answer_anew(session, plan, request.as_of)
    tell_version(response, plan.version)
    return _shown(plan)


@router.get("/plans/{plan_id}", response_model=StoredFollowUp)
async def read_plan(
    plan_id: UUID,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "r")],
    as_of: AwareDatetime | None = None,
) -> StoredFollowUp:
    """What was the last answer? With `as_of`: what is it as of that moment, not kept."""
    plan = await repository.find_plan(session, caller.organisation, plan_id)
    if plan is None:
        raise NotFound("there is no such plan")
    audit.record(session, caller, "read", "CarePlan", plan_id, patient=plan_id)
    tell_version(response, plan.version)
    if as_of is None:
        return _shown(plan)
    answer = follow_up(await repository.request_of(session, plan), as_of, plan_id)
    return StoredFollowUp(**answer.model_dump(), id=plan_id, as_of=as_of)


@router.put("/plans/{plan_id}/results/{result_id}", response_model=StoredFollowUp)
async def record_result(
    plan_id: UUID,
    result_id: UUID,
    event: Annotated[DatedEvent, Body()],
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "u")],
) -> StoredFollowUp:
    """Remember a dated event: an operation, a therapy, results, something done. Repeatable."""
    resource = RESOURCES[event.kind]
    if not caller.may(resource, "c"):
        raise Forbidden(f"this needs the scope system/{resource}.c")
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    told = repository.told(event)
    known = await repository.find_entry(session, plan, repository.RESULT, result_id)
    if known is None:
        repository.add_entry(session, plan, repository.RESULT, result_id, told)
        await session.flush()
        await _answer_anew(session, plan, _as_of(plan, event))
        audit.record(session, caller, "create", resource, result_id, patient=plan_id)
    elif known.body != told:
        raise Conflict("this event was told differently before")
    return _shown(plan)


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
    known = await repository.find_entry(session, plan, repository.DISPOSITION, item_id)
    rule, occurrence = _key_of(plan, item_id) if known is None else _named(known.body)
    event = DispositionOf(rule=rule, occurrence=occurrence, **disposition.model_dump())
    told = repository.told(event)
    if known is None:
        repository.add_entry(session, plan, repository.DISPOSITION, item_id, told)
        await session.flush()
        await _answer_anew(session, plan, _as_of(plan, event))
        audit.record(session, caller, "update", "CarePlan", plan_id, patient=plan_id)
    elif known.body != told:
        raise Conflict("this item has ended differently before")
    return _shown(plan)


@router.put("/plans/{plan_id}/conclusions/{conclusion_id}", response_model=Conclusion)
async def record_conclusion(
    plan_id: UUID,
    conclusion_id: UUID,
    moment: AsOf,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "u")],
) -> Conclusion:
    """Conclude from all that is known, and remember it with what it was drawn from."""
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    known = await repository.find_conclusion(session, caller.organisation, plan_id, conclusion_id)
    if known is not None:
        if known.as_of != moment.as_of:
            raise Conflict("this conclusion was drawn as of another moment")
        return Conclusion.model_validate(known.conclusion)
    if "opened_on" not in plan.body:
        plan.body = plan.body | {"opened_on": moment.as_of.date().isoformat()}
    request, answer = await _answer_anew(session, plan, moment.as_of)
    concluded = conclude(conclusion_id, request, moment.as_of)
    session.add(
        ConclusionRow(
            organisation=plan.organisation,
            plan=plan_id,
            id=conclusion_id,
            as_of=moment.as_of,
            inputs=request.model_dump(mode="json"),
            conclusion=concluded.model_dump(mode="json"),
            answer=answer.model_dump(mode="json"),
            knowledge_version=answer.knowledge_version,
        )
    )
    audit.record(session, caller, "create", "ClinicalImpression", conclusion_id, patient=plan_id)
    return concluded


@router.get("/plans/{plan_id}/conclusions/{conclusion_id}", response_model=StoredConclusion)
async def read_conclusion(
    plan_id: UUID,
    conclusion_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "r")],
) -> StoredConclusion:
    """What was concluded, and why?"""
    known = await repository.find_conclusion(session, caller.organisation, plan_id, conclusion_id)
    if known is None:
        raise NotFound("there is no such conclusion")
    audit.record(session, caller, "read", "ClinicalImpression", conclusion_id, patient=plan_id)
    return StoredConclusion(
        conclusion=Conclusion.model_validate(known.conclusion),
        answer=FollowUp.model_validate(known.answer),
    )


async def _answer_anew(
    session: InTransaction, plan: PlanRow, as_of: datetime | None
) -> tuple[PlanRequest, FollowUp]:
    """Answer from all that is known, and keep the answer as the plan's last."""
    request = await repository.request_of(session, plan)
    plan.as_of = as_of or plan.as_of or datetime.now(UTC)
    answer = follow_up(request, plan.as_of, plan.id)
    plan.answer = answer.model_dump(mode="json")
    plan.version += 1
    session.add(plan)
    return request, answer


def _as_of(plan: PlanRow, event: DatedEvent) -> datetime:
    """The last answer's moment, or the event's own if that is later."""
    known = [moment for moment in (plan.as_of, moment_of(event)) if moment is not None]
    return max(known) if plan.as_of else max([*known, datetime.now(UTC)])


def _key_of(plan: PlanRow, item_id: UUID) -> tuple[str, str]:
    """Which item of the last answer is this?"""
    for item in (plan.answer or {}).get("schedule", []):
        if item["id"] == str(item_id):
            return item["rule"], item["occurrence"]
    raise NotFound("there is no such item")


def _named(body: dict[str, str]) -> tuple[str, str]:
    return body["rule"], body["occurrence"]


def _shown(plan: PlanRow) -> StoredFollowUp:
    answer = {**(plan.answer or {}), "id": plan.id, "as_of": plan.as_of}
    return StoredFollowUp.model_validate(answer)
