"""HTTP around the search for the tumor: read, decide, write."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from knowledge.terms.obligation import Conclusion
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.direct import DirectRoute
from services.chassis.errors import Conflict, NotFound
from services.chassis.etags import IfMatch, tell_version
from services.localization import repository
from services.localization.contract import (
    AsOf,
    Examination,
    Plan,
    PlanRequest,
    StoredConclusion,
    StoredPlan,
    Study,
)
from services.localization.localize import conclude, localize, merge_examinations
from services.localization.tables import ConclusionRow, PlanRow

router = APIRouter(prefix="/localization/v1", tags=["localization"], route_class=DirectRoute)


@router.post("/evaluate", response_model=Plan)
async def evaluate_plan(
    request: PlanRequest, caller: Annotated[Caller, requires("ServiceRequest", "c")]
) -> Response:
    """Where does the search stand, and what comes next? Nothing is stored."""
    answer = localize(request, request.as_of or datetime.now(UTC))
    # Written once: validating our own answer again would cost as much as concluding it.
    return Response(answer.model_dump_json(), media_type="application/json")


@router.put("/plans/{plan_id}", response_model=StoredPlan)
async def record_plan(
    plan_id: UUID,
    request: PlanRequest,
    response: Response,
    session: InTransaction,
    expected: IfMatch,
    caller: Annotated[Caller, requires("CarePlan", "cu")],
) -> StoredPlan:
    """Say what is known of a search as a whole; what is not named stays. Safe to repeat."""
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    expected.check(plan.version or None)
    body = repository.amended(plan.body, repository.said(request))
    if plan.version == 0 or body != plan.body:
        action: audit.Action = "update" if plan.version else "create"
        plan.body = body
        audit.record(session, caller, action, "CarePlan", plan_id, patient=plan_id)
        await _answer_anew(session, plan, request.as_of)
    tell_version(response, plan.version)
    return _shown(plan)


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
    return _shown(plan)


@router.put("/plans/{plan_id}/examinations/{examination_id}", response_model=StoredPlan)
async def record_examination(
    plan_id: UUID,
    examination_id: UUID,
    examination: Examination,
    session: InTransaction,
    caller: Annotated[Caller, requires("Observation", "c")],
) -> StoredPlan:
    """Remember what was felt and seen from head to toe. Safe to repeat."""
    kind = repository.EXAMINATION
    return await _record(session, caller, plan_id, kind, examination_id, examination)


@router.put("/plans/{plan_id}/studies/{study_id}", response_model=StoredPlan)
async def record_study(
    plan_id: UUID,
    study_id: UUID,
    study: Study,
    session: InTransaction,
    caller: Annotated[Caller, requires("ImagingStudy", "c")],
) -> StoredPlan:
    """Remember a scan and its reading. Safe to repeat."""
    return await _record(session, caller, plan_id, repository.STUDY, study_id, study)


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
    plan.opened_on = plan.opened_on or moment.as_of.date()
    request, answer = await _answer_anew(session, plan, moment.as_of)
    concluded = conclude(conclusion_id, request, moment.as_of, plan.opened_on)
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
        answer=Plan.model_validate(known.answer),
    )


async def _record(
    session: InTransaction,
    caller: Caller,
    plan_id: UUID,
    kind: str,
    entry_id: UUID,
    body: Examination | Study,
) -> StoredPlan:
    """Add one examination or study to a plan, which begins with it if it was not there."""
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    known = await repository.find_entry(session, plan, kind, entry_id)
    said = repository.said(body)
    if known is None:
        repository.add_entry(session, plan, kind, entry_id, said)
        await session.flush()
        await _answer_anew(session, plan, None)
        resource = "ImagingStudy" if kind == repository.STUDY else "Observation"
        audit.record(session, caller, "create", resource, entry_id, patient=plan_id)
    elif known.body != said:
        raise Conflict(f"this {kind} was told differently before")
    return _shown(plan)


async def _answer_anew(
    session: InTransaction, plan: PlanRow, as_of: datetime | None
) -> tuple[PlanRequest, Plan]:
    """Answer from all that is known, and keep the answer as the plan's last."""
    request, examinations = await repository.entries_of(session, plan)
    request = request.model_copy(update={"examination": merge_examinations(examinations)})
    plan.as_of = as_of or plan.as_of or datetime.now(UTC)
    answer = localize(request, plan.as_of)
    plan.answer = answer.model_dump(mode="json")
    plan.version += 1
    session.add(plan)
    return request, answer


def _shown(plan: PlanRow) -> StoredPlan:
    return StoredPlan.model_validate({**(plan.answer or {}), "id": plan.id, "as_of": plan.as_of})
