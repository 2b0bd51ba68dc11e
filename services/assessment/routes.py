"""HTTP around the verb: read, decide, write."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import TypeAdapter

from knowledge.terms.obligation import Conclusion
from services.assessment import repository
from services.assessment.assess import assess
from services.assessment.conclude import conclude, keep_asking, laid_together
from services.assessment.contract import (
    Assessment,
    AssessmentPage,
    AssessRecord,
    EvaluateRequest,
    FactsStored,
    RecordFacts,
    StoredAssessment,
)
from services.assessment.intake import check_facts
from services.assessment.tables import AssessmentRow
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import Conflict, FieldProblem, NotFound, Unprocessable

router = APIRouter(prefix="/assessment/v1", tags=["assessment"])

ANSWER: TypeAdapter[Assessment] = TypeAdapter(Assessment)
MAY_CONCLUDE = requires("ClinicalImpression", "c")
MAY_READ = requires("ClinicalImpression", "r")
MAY_SEARCH = requires("ClinicalImpression", "s")
MAY_TELL = requires("Observation", "c")
KIND = "ClinicalImpression"
MOST_PER_PAGE = 100


@router.post("/evaluate", response_model=Assessment)
async def evaluate(request: EvaluateRequest, caller: Annotated[Caller, MAY_CONCLUDE]) -> Response:
    """What do these data allow to conclude, why, and what next? Nothing is stored."""
    answer = assess(request, now=datetime.now(UTC))
    # Written once: validating our own answer again would cost as much as concluding it.
    return Response(ANSWER.dump_json(answer, by_alias=True), media_type="application/json")


@router.put("/assessments/{assessment_id}", response_model=StoredAssessment)
async def record_assessment(
    assessment_id: UUID,
    request: EvaluateRequest,
    session: InTransaction,
    caller: Annotated[Caller, MAY_CONCLUDE],
) -> StoredAssessment:
    """Assess, and remember what was concluded. Safe to repeat."""
    told = repository.said(request)
    known = await repository.find(session, caller.organisation, assessment_id)
    if known is not None:
        if known.request != told:
            raise Conflict("this assessment was made from other data")
        audit.record(session, caller, "read", KIND, assessment_id, patient=known.patient)
        return _shown(known)
    _all_have_times(request)
    as_of = request.as_of or datetime.now(UTC)
    answer = assess(request, now=as_of)
    row = _row(caller.organisation, assessment_id, request, as_of, answer)
    session.add(row)
    patient = row.patient or str(assessment_id)
    audit.record(session, caller, "create", KIND, assessment_id, patient=patient)
    # In the offset in which it is kept: a repeated call repeats this answer to the letter.
    return StoredAssessment(assessment_id, row.patient, as_of.astimezone(UTC), answer)


@router.get("/assessments/{assessment_id}", response_model=StoredAssessment)
async def read_assessment(
    assessment_id: UUID, session: InTransaction, caller: Annotated[Caller, MAY_READ]
) -> StoredAssessment:
    """What was concluded, and why?"""
    known = await repository.find(session, caller.organisation, assessment_id)
    if known is None:
        raise NotFound("there is no such assessment")
    patient = known.patient or str(assessment_id)
    audit.record(session, caller, "read", KIND, assessment_id, patient=patient)
    return _shown(known)


@router.get("/assessments", response_model=AssessmentPage)
async def list_assessments(
    session: InTransaction,
    caller: Annotated[Caller, MAY_SEARCH],
    patient: Annotated[str, Query(min_length=1, max_length=200)],
    limit: Annotated[int, Query(ge=1, le=MOST_PER_PAGE)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> AssessmentPage:
    """What was concluded about this patient, newest first?"""
    try:
        rows, further = await repository.page_of(
            session, caller.organisation, patient, limit, cursor
        )
    except ValueError:
        raise Unprocessable("the cursor is not one of ours") from None
    audit.record(session, caller, "search", KIND, None, patient=patient)
    return AssessmentPage([_shown(row) for row in rows], further)


@router.put("/records/{record_id}/facts/{event_id}", response_model=FactsStored)
async def record_facts(
    record_id: UUID,
    event_id: UUID,
    facts: RecordFacts,
    session: InTransaction,
    caller: Annotated[Caller, MAY_TELL],
) -> FactsStored:
    """Remember what one event told of a journey's person. Safe to repeat."""
    record = await repository.open_record(session, caller.organisation, record_id)
    told = repository.said(facts)
    known = await repository.find_facts(session, record, event_id)
    if known is None:
        repository.add_facts(session, record, event_id, told)
        audit.record(session, caller, "create", "Observation", event_id, patient=record_id)
    elif known.body != told:
        raise Conflict("this event was told differently before")
    return check_facts(facts)


@router.put("/records/{record_id}/assessments/{assessment_id}", response_model=Conclusion)
async def assess_record(
    record_id: UUID,
    assessment_id: UUID,
    moment: AssessRecord,
    session: InTransaction,
    caller: Annotated[Caller, MAY_CONCLUDE],
) -> Conclusion:
    """Conclude from all that was told, and say what is due. Safe to repeat."""
    record = await repository.open_record(session, caller.organisation, record_id)
    known = await repository.find(session, caller.organisation, assessment_id)
    if known is not None:
        if known.record != record_id or known.as_of != moment.as_of:
            raise Conflict("this assessment was made from another record or moment")
        return Conclusion.model_validate(known.conclusion)
    told = await repository.facts_of(session, record)
    profiles = [facts.profile for facts in told if facts.profile is not None]
    request = EvaluateRequest.model_validate(
        {
            **repository.said(laid_together(told)),
            "as_of": moment.as_of,
            **({"profile": profiles[-1]} if profiles else {}),
        }
    )
    answer = assess(request)
    rows = await repository.asked_steps(session, record)
    asked, new = keep_asking(
        [repository.as_asked(row) for row in rows], answer.next_tests, moment.as_of.date()
    )
    repository.keep_steps(session, record, rows, asked, new)
    concluded = conclude(assessment_id, answer, asked, moment.as_of)
    row = _row(caller.organisation, assessment_id, request, moment.as_of, answer)
    row.record, row.conclusion = record_id, concluded.model_dump(mode="json")
    session.add(row)
    audit.record(session, caller, "create", KIND, assessment_id, patient=record_id)
    return concluded


def _row(
    organisation: str, id: UUID, request: EvaluateRequest, as_of: datetime, answer: Assessment
) -> AssessmentRow:
    written: dict[str, Any] = ANSWER.dump_python(answer, mode="json", by_alias=True)
    return AssessmentRow(
        organisation=organisation,
        id=id,
        patient=request.patient.id if request.patient is not None else None,
        as_of=as_of,
        request=repository.said(request),
        answer=written,
        knowledge_version=answer.knowledge_version,
        tio_class=answer.tio_class,
        concluded_at=datetime.now(UTC),
    )


def _shown(row: AssessmentRow) -> StoredAssessment:
    return StoredAssessment(row.id, row.patient, row.as_of, ANSWER.validate_python(row.answer))


def _all_have_times(request: EvaluateRequest) -> None:
    """What is stored is read again in years: a result without its time is refused."""
    missing = [
        FieldProblem(
            pointer=f"/observations/{place}/taken_at",
            code="missing",
            detail="a stored observation needs its time, with an offset",
        )
        for place, observation in enumerate(request.observations)
        if observation.taken_at is None
    ]
    if missing:
        raise Unprocessable("stored observations need their times; see errors", errors=missing)
