"""HTTP to ask what would be concluded at this moment. Nothing is stored."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Query

from knowledge.terms.obligation import Conclusion
from knowledge.terms.sent import Instant
from services.assessment import repository
from services.assessment.conclude import conclude, keep_asking, laid_together
from services.assessment.contract import EvaluateRequest
from services.assessment.drawing import conclude_for, with_results
from services.assessment.results import looked_at
from services.assessment.tables import RecordRow
from services.assessment.versions import in_their_versions
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.erasing import not_erased
from services.chassis.errors import NotFound

router = APIRouter(prefix="/assessment/v1/records", tags=["assessment"])


@router.get("/{record_id}/conclusion-now", response_model=Conclusion)
async def conclusion_now(
    record_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("ClinicalImpression", "r")],
    as_of: Annotated[Instant | None, Query()] = None,
) -> Conclusion:
    """What would a journey hear, from all that stands, by the edition of this process?"""
    record = await session.get(RecordRow, (caller.organisation, record_id))
    if record is None:
        raise NotFound("there is no such record")
    not_erased(record)
    moment = as_of or datetime.now(UTC)
    results = looked_at(session, caller.organisation, record.patient or str(record_id))
    facts = await repository.facts_of(session, record)
    told = laid_together(facts)
    versions = await results.of({one.id for one in told.observations})
    profiles = [{"profile": one.profile} for one in facts if one.profile is not None]
    said = {**repository.said(told), "as_of": moment, **(profiles[-1] if profiles else {})}
    request = with_results(
        EvaluateRequest.model_validate(said), in_their_versions(told.observations, versions)
    )
    answer, _ = await conclude_for(session, results, request, moment)
    rows = [repository.as_asked(row) for row in await repository.asked_steps(session, record)]
    asked, _ = keep_asking(rows, answer.next_tests, moment.date())
    audit.record(session, caller, "read", "ClinicalImpression", record_id, record_id)
    return conclude(uuid5(record_id, moment.isoformat()), answer, asked, moment)
