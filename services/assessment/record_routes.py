"""HTTP around a journey's record: what its events told, and what follows from all of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import TypeAdapter

from knowledge.terms.obligation import Conclusion
from services.assessment import concluded, repository
from services.assessment.cascade import KIND, correct
from services.assessment.conclude import conclude, keep_asking, laid_together
from services.assessment.contract import (
    AsOf,
    EvaluateRequest,
    FactsStored,
    RecordFacts,
)
from services.assessment.drawing import Occasion, answer_of, draw, with_results
from services.assessment.intake import check_facts
from services.assessment.reading import as_because, found, marks_on
from services.assessment.results import Source, results_of
from services.assessment.routes import MAY_CONCLUDE
from services.assessment.versions import in_their_versions
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import Conflict
from services.chassis.queries import OnlyKnownQueries

router = APIRouter(
    prefix="/assessment/v1/records", tags=["assessment"], route_class=OnlyKnownQueries
)

MAY_TELL = requires("Observation", "c")
STORED: TypeAdapter[FactsStored] = TypeAdapter(FactsStored)


@router.put("/{record_id}/facts/{event_id}", response_model=FactsStored)
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
    if known is not None:
        if RecordFacts.model_validate(known.body) != facts:
            raise Conflict("this event was told differently before")
        whose = record.patient or record_id
        audit.record(session, caller, "read", "Observation", event_id, patient=whose)
        return check_facts(facts) if known.answer is None else STORED.validate_python(known.answer)
    named = facts.patient.id if facts.patient is not None else None
    patient = await repository.whose(session, record, named)
    results = await results_of(session, caller.organisation, patient)
    received = await results.receive(facts.observations, Source(caller.subject, event_id))
    stored = check_facts(facts)
    stored.versions = received.named()
    audit.record(session, caller, "create", "Observation", event_id, patient=patient)
    if received.corrected:
        stored.affected = await correct(session, caller, results, event_id)
    answer = STORED.dump_python(stored, mode="json", by_alias=True)
    repository.add_facts(session, record, event_id, told, answer, results.now)
    return stored


@router.put("/{record_id}/assessments/{assessment_id}", response_model=Conclusion)
async def assess_record(
    record_id: UUID,
    assessment_id: UUID,
    moment: AsOf,
    session: InTransaction,
    caller: Annotated[Caller, MAY_CONCLUDE],
) -> Conclusion:
    """Conclude from all that was told, and say what is due. Safe to repeat.

    Where a result was corrected since the journey heard of us last, this conclusion says so.
    """
    record = await repository.open_record(session, caller.organisation, record_id)
    patient = await repository.whose(session, record, None)
    results = await results_of(session, caller.organisation, patient)
    known = await repository.find(session, caller.organisation, assessment_id)
    if known is not None:
        if known.record != record_id or known.as_of != moment.as_of:
            raise Conflict("this assessment was made from another record or moment")
        audit.record(session, caller, "read", KIND, assessment_id, patient=patient)
        return Conclusion.model_validate(known.conclusion)
    facts = await repository.facts_of(session, record)
    told = laid_together(facts)
    versions = await results.of({one.id for one in told.observations})
    profiles = [one.profile for one in facts if one.profile is not None]
    request = EvaluateRequest.model_validate(
        {
            **repository.said(told),
            "as_of": moment.as_of,
            **({"profile": profiles[-1]} if profiles else {}),
        }
    )
    request = with_results(request, in_their_versions(told.observations, versions))
    before = await concluded.last_heard(session, record, moment.last_heard)
    marks = [] if before is None else await marks_on(session, before)
    occasion = Occasion(
        assessment_id,
        moment.as_of,
        record_id,
        told.patient.id if told.patient is not None else None,
        before if marks else None,
        [as_because(mark) for mark in marks],
    )
    drawn = await draw(session, results, occasion, request)
    rows = await repository.asked_steps(session, record)
    rightly = None
    if marks:
        again = await found(session, caller.organisation, marks[-1].redrawn)
        rightly = {step.step for step in answer_of(again).next_tests}
    asked, new = keep_asking(
        [repository.as_asked(row) for row in rows],
        drawn.answer.next_tests,
        moment.as_of.date(),
        rightly,
    )
    repository.keep_steps(session, record, rows, asked, new)
    heard = conclude(
        assessment_id, drawn.answer, asked, moment.as_of, occasion.because, drawn.changes
    )
    drawn.row.conclusion = heard.model_dump(mode="json")
    audit.record(session, caller, "create", KIND, assessment_id, patient=patient)
    return heard
