"""HTTP around results that come by themselves: most often because an earlier one was wrong."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.assessment import repository
from services.assessment.cascade import correct
from services.assessment.contract import Facts, FactsStored, SentResults
from services.assessment.intake import check_facts
from services.assessment.record_routes import MAY_TELL, STORED
from services.assessment.results import Source, results_of
from services.assessment.tables import MessageRow
from services.chassis import audit
from services.chassis.auth import Caller
from services.chassis.database import InTransaction
from services.chassis.errors import Conflict
from services.chassis.queries import OnlyKnownQueries

router = APIRouter(
    prefix="/assessment/v1/observations", tags=["assessment"], route_class=OnlyKnownQueries
)


@router.put("/{message_id}", response_model=FactsStored)
async def record_observations(
    message_id: UUID,
    sent: SentResults,
    session: InTransaction,
    caller: Annotated[Caller, MAY_TELL],
) -> FactsStored:
    """Keep these results; what was concluded from earlier versions is drawn again.

    Safe to repeat: the same message is answered as it was the first time.
    """
    results = await results_of(session, caller.organisation, sent.patient.id)
    told = repository.said(sent)
    known = await repository.find_message(session, caller.organisation, message_id)
    if known is not None:
        if known.body != told:
            raise Conflict("under this id other results were sent before")
        audit.record(session, caller, "read", "Observation", message_id, patient=results.patient)
        return STORED.validate_python(known.answer)
    received = await results.receive(sent.observations, Source(caller.subject, message_id))
    stored = check_facts(Facts(observations=sent.observations))
    stored.versions = received.named()
    audit.record(session, caller, "create", "Observation", message_id, patient=results.patient)
    if received.corrected:
        stored.affected = await correct(session, caller, results, message_id)
    answer = STORED.dump_python(stored, mode="json", by_alias=True)
    session.add(
        MessageRow(organisation=caller.organisation, id=message_id, body=told, answer=answer)
    )
    return stored
