"""Draw one conclusion for one patient, and write it down."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel.ext.asyncio.session import AsyncSession

from services.assessment import concluded, repository
from services.assessment.assess import assess
from services.assessment.compare import compare
from services.assessment.contract import (
    Assessment,
    Change,
    EvaluateRequest,
    Findings,
    NewerVersion,
    Observation,
)
from services.assessment.results import Results
from services.assessment.tables import AssessmentRow
from services.assessment.versions import Versions, standing

CONFIRMED = "TIO_CONFIRMED"
ANSWER: TypeAdapter[Assessment] = TypeAdapter(Assessment)
BECAUSE: TypeAdapter[list[NewerVersion]] = TypeAdapter(list[NewerVersion])
CHANGES: TypeAdapter[list[Change]] = TypeAdapter(list[Change])


@dataclass(slots=True)
class Occasion:
    """Why a conclusion is drawn: under which id, for which moment, in place of which other one."""

    id: UUID
    as_of: datetime
    record: UUID | None = None
    patient: str | None = None
    supersedes: AssessmentRow | None = None
    because: list[NewerVersion] = field(default_factory=list)


@dataclass(slots=True)
class Drawn:
    """A conclusion, the row that keeps it, and what it says otherwise than the one before."""

    row: AssessmentRow
    answer: Assessment
    changes: list[Change]


def with_results(request: EvaluateRequest, results: Iterable[Observation]) -> EvaluateRequest:
    """The same request with these results, each named by its version."""
    return request.model_copy(update={"observations": tuple(results)})


def as_it_stands(row: AssessmentRow, known: Versions) -> EvaluateRequest:
    """What was asked then, with each result in the version that stands now."""
    request = EvaluateRequest.model_validate(row.request)
    now, never_kept = {}, []
    for sent in request.observations:
        number = row.inputs.get(sent.id)
        version = None if number is None else standing(known.get(sent.id, ()), number)
        if version is None:
            never_kept.append(sent)
        else:
            now[sent.id] = version.sent
    as_now = with_results(request, (*now.values(), *never_kept))
    return as_now.model_copy(update={"as_of": row.as_of})


async def draw(
    session: AsyncSession,
    results: Results,
    occasion: Occasion,
    request: EvaluateRequest,
    told: dict[str, Any] | None = None,
) -> Drawn:
    """Conclude from this request and remember it; `told` is the request in the caller's words."""
    answer, rests_on = await conclude_for(session, results, request, occasion.as_of)
    before = occasion.supersedes
    changes = [] if before is None else compare(answer_of(before), answer)
    row = AssessmentRow(
        organisation=results.organisation,
        id=occasion.id,
        record=occasion.record,
        patient=occasion.patient,
        as_of=occasion.as_of,
        request=told or repository.said(request),
        answer=ANSWER.dump_python(answer, mode="json", by_alias=True),
        knowledge_version=answer.knowledge_version,
        tio_class=answer.tio_class,
        concluded_at=results.now,
        inputs=_inputs(request),
        supersedes=None if before is None else before.id,
        rests_on=rests_on,
        because=BECAUSE.dump_python(occasion.because, mode="json", by_alias=True),
        changes=CHANGES.dump_python(changes, mode="json"),
        affected=[],
    )
    session.add(row)
    if answer.tio_class == CONFIRMED:
        await results.confirm()
    return Drawn(row, answer, changes)


async def conclude_for(
    session: AsyncSession, results: Results, request: EvaluateRequest, as_of: datetime
) -> tuple[Assessment, UUID | None]:
    """What follows for this patient? Second: the earlier conclusion on which it rests.

    What was confirmed once stays so, as long as no result behind it was corrected.
    """
    findings = request.findings or Findings()
    earlier = None
    if findings.tio_confirmed_on is None and results.may_be_confirmed:
        earlier = await concluded.confirmed_before(
            session, results.organisation, results.patient, as_of
        )
    if earlier is not None:
        told = {"tio_confirmed_on": earlier.as_of.date()}
        request = request.model_copy(update={"findings": findings.model_copy(update=told)})
    answer = assess(request, now=as_of, site=await results.site())
    return answer, None if earlier is None else earlier.id


def _inputs(request: EvaluateRequest) -> dict[str, int]:
    """Each result by its version; what was sent twice and differs has none."""
    times = Counter(one.id for one in request.observations)
    return {one.id: one.version for one in request.observations if times[one.id] == 1}


def answer_of(row: AssessmentRow) -> Assessment:
    """What was answered."""
    return ANSWER.validate_python(row.answer)
