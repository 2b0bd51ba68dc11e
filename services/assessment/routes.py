"""HTTP around the verb: evaluate, and assessments that are kept."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from knowledge.terms.sent import Instant
from services.assessment import concluded, repository
from services.assessment.assess import assess
from services.assessment.cascade import KIND, correct
from services.assessment.compare import compare
from services.assessment.contract import (
    Assessment,
    AssessmentPage,
    EvaluateRequest,
    Reassessed,
    StoredAssessment,
    needs_its_time,
)
from services.assessment.drawing import (
    ANSWER,
    Occasion,
    answer_of,
    as_it_stands,
    conclude_for,
    draw,
    with_results,
)
from services.assessment.reading import (
    as_known,
    as_made,
    found,
    marks_on,
    patient_of,
    shown,
    written,
)
from services.assessment.results import Source, looked_at, results_of
from services.assessment.site_settings import CallerAtSite, requires_at_site
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.direct import DirectRoute
from services.chassis.errors import Conflict, FieldProblem, Unprocessable

router = APIRouter(prefix="/assessment/v1", tags=["assessment"], route_class=DirectRoute)

MAY_CONCLUDE = requires("ClinicalImpression", "c")
MAY_CONCLUDE_HERE = requires_at_site("ClinicalImpression", "c")
MAY_READ = requires("ClinicalImpression", "r")
MAY_SEARCH = requires("ClinicalImpression", "s")
MOST_PER_PAGE = 100


@router.post("/evaluate", response_model=Assessment)
async def evaluate(
    request: EvaluateRequest, caller: Annotated[CallerAtSite, MAY_CONCLUDE_HERE]
) -> Response:
    """What do these data allow to conclude, why, and what next? Nothing is stored."""
    answer = assess(request, now=datetime.now(UTC), site=caller.site)
    # Written once: validating our own answer again would cost as much as concluding it.
    return Response(ANSWER.dump_json(answer, by_alias=True), media_type="application/json")


@router.put("/assessments/{assessment_id}", response_model=StoredAssessment)
async def record_assessment(
    assessment_id: UUID,
    request: EvaluateRequest,
    session: InTransaction,
    caller: Annotated[Caller, MAY_CONCLUDE],
) -> Response:
    """Assess, and remember what was concluded. Safe to repeat.

    A result that was sent before in another version is corrected for every earlier conclusion.
    """
    told = repository.said(request)
    named = request.patient.id if request.patient is not None else None
    results = await results_of(session, caller.organisation, named or str(assessment_id))
    known = await repository.find(session, caller.organisation, assessment_id)
    if known is not None:
        if known.request != told:
            raise Conflict("this assessment was made from other data")
        audit.record(session, caller, "read", KIND, assessment_id, patient=patient_of(known))
        return Response(as_made(known), media_type="application/json")
    _all_have_times(request)
    received = await results.receive(request.observations, Source(caller.subject, assessment_id))
    affected = []
    if received.corrected:
        affected = await correct(session, caller, results, assessment_id)
    # In the offset in which it is kept: a repeated call repeats this answer to the letter.
    as_of = (request.as_of or datetime.now(UTC)).astimezone(UTC)
    occasion = Occasion(assessment_id, as_of, patient=named)
    used = with_results(request, received.used())
    drawn = await draw(session, results, occasion, used, told)
    drawn.row.affected = written(affected)
    audit.record(session, caller, "create", KIND, assessment_id, patient=results.patient)
    return Response(as_made(drawn.row), media_type="application/json")


@router.get("/assessments/{assessment_id}", response_model=StoredAssessment)
async def read_assessment(
    assessment_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, MAY_READ],
    as_of: Annotated[Instant | None, Query()] = None,
) -> StoredAssessment:
    """What was concluded, and why? With `as_of`: what stood in its place at that moment."""
    row = await found(session, caller.organisation, assessment_id)
    marks = await marks_on(session, row)
    if as_of is not None:
        row, marks = await as_known(session, row, as_of), []
    audit.record(session, caller, "read", KIND, row.id, patient=patient_of(row))
    return shown(row, marks)


@router.get("/assessments/{assessment_id}/reassess", response_model=Reassessed)
@router.post("/assessments/{assessment_id}/reassess", response_model=Reassessed)
async def reassess(
    assessment_id: UUID, session: InTransaction, caller: Annotated[Caller, MAY_READ]
) -> Reassessed:
    """What would be concluded now for that moment? Nothing is stored.

    The same request, its results in the versions that stand now and with those of that time of
    which we heard later, by today's edition of the knowledge.
    """
    row = await found(session, caller.organisation, assessment_id)
    patient = await repository.of_whom(session, row)
    results = looked_at(session, caller.organisation, patient)
    request = as_it_stands(row, await results.of(row.inputs))
    later = [
        one.sent
        for one in await results.heard_of_since(row.concluded_at, row.as_of)
        if one.sent.id not in row.inputs
    ]
    request = request.model_copy(update={"observations": (*request.observations, *later)})
    now, _ = await conclude_for(session, results, request, row.as_of)
    audit.record(session, caller, "read", KIND, row.id, patient=results.patient)
    then = shown(row, await marks_on(session, row))
    return Reassessed(then, now, compare(answer_of(row), now))


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
        rows, further = await concluded.page_of(
            session, caller.organisation, patient, limit, cursor
        )
    except ValueError:
        raise Unprocessable("the cursor is not one of ours") from None
    marks = await concluded.marks_of(session, caller.organisation, [row.id for row in rows])
    audit.record(session, caller, "search", KIND, None, patient=patient)
    return AssessmentPage([shown(row, marks[row.id]) for row in rows], further)


def _all_have_times(request: EvaluateRequest) -> None:
    """What is stored is read again in years: a result without its time is refused."""
    missing = [
        FieldProblem(
            pointer=f"/observations/{place}/taken_at",
            code="missing",
            detail="a stored observation needs its time, with an offset",
        )
        for place, observation in enumerate(request.observations)
        if needs_its_time(observation)
    ]
    if missing:
        raise Unprocessable("stored observations need their times; see errors", errors=missing)
