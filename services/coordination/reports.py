"""HTTP for the workflow: it reads events, says what became of them, and reports where it stands."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request

from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound
from services.coordination import inbox, merging, repository, stuck
from services.coordination.contract import NextWake, Outcome, Progress, StoredEvent, Wake
from services.coordination.ledger import Ledger
from services.coordination.life_contract import Join, Joined
from services.coordination.parts import parts_of
from services.coordination.routes import found
from services.coordination.tables import JourneyRow

router = APIRouter(prefix="/coordination/v1/journeys/{journey_id}", tags=["workflow"])


@router.get("/events/{event_id}", response_model=StoredEvent)
async def read_event(
    journey_id: UUID,
    event_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("EpisodeOfCare", "r")],
) -> StoredEvent:
    """An event as it was told, with whom it is about."""
    journey = await found(session, caller, journey_id, "Event")
    event = await repository.find_event(session, caller.organisation, journey_id, event_id)
    if event is None:
        raise NotFound("there is no such event")
    return inbox.as_stored(event, journey)


@router.put("/events/{event_id}/outcome", response_model=Outcome)
async def record_outcome(
    journey_id: UUID,
    event_id: UUID,
    outcome: Outcome,
    request: Request,
    session: InTransaction,
    caller: Annotated[Caller, requires("Task", "u")],
) -> Outcome:
    """Remember what became of an event. What was settled first stays; repeating it is harmless."""
    parts = parts_of(request)
    journey = await inbox.held(session, caller.organisation, journey_id)
    event = await repository.find_event(session, caller.organisation, journey_id, event_id)
    if event is None:
        raise NotFound("there is no such event")
    was_waiting = event.outcome == "waiting"
    ledger = Ledger(session, journey, parts.settings.rehearsal)
    settled = await inbox.settle(session, journey, event, outcome, ledger)
    audit.record(session, caller, "update", "Event", event_id, journey.patient_id)
    if was_waiting:
        parts.metrics.settled(event)
    return settled


@router.put("/merges/{event_id}", response_model=Joined)
async def merge(
    journey_id: UUID,
    event_id: UUID,
    wanted: Join,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    caller: Annotated[Caller, requires("Task", "u")],
) -> Joined:
    """Join two journeys as this event says, or part them again. Safe to repeat."""
    journey = await inbox.held(session, caller.organisation, journey_id)
    event = await repository.find_event(session, caller.organisation, journey_id, event_id)
    if event is None:
        raise NotFound("there is no such event")
    parts = parts_of(request)
    joined = await merging.merge(session, journey, event, wanted, parts.settings.rehearsal)
    audit.record(session, caller, "update", "EpisodeOfCare", journey_id, journey.patient_id)
    after.add_task(parts.outbox.wake)
    return joined


@router.put("/progress", response_model=NextWake)
async def record_progress(
    journey_id: UUID,
    progress: Progress,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    caller: Annotated[Caller, requires("Task", "u")],
) -> NextWake:
    """Take over where the journey stands, say what is due, and answer when to look again."""
    journey = await inbox.held(session, caller.organisation, journey_id)
    ledger = Ledger(session, journey, parts_of(request).settings.rehearsal)
    await stuck.notice(session, journey, progress)
    answer = await ledger.report(progress)
    journey.next_wake = answer.at
    _finish(request, after, session, caller, journey, ledger)
    return answer


@router.put("/wakes/{wake_id}", response_model=NextWake)
async def wake(
    journey_id: UUID,
    wake_id: UUID,
    moment: Wake,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    caller: Annotated[Caller, requires("Task", "u")],
) -> NextWake:
    """The journey's timer rang: say what is due, and answer when to look again."""
    journey = await inbox.held(session, caller.organisation, journey_id)
    ledger = Ledger(session, journey, parts_of(request).settings.rehearsal)
    answer = await ledger.wake(moment.at)
    journey.next_wake = answer.at
    _finish(request, after, session, caller, journey, ledger)
    return answer


def _finish(
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    caller: Caller,
    journey: JourneyRow,
    ledger: Ledger,
) -> None:
    parts = parts_of(request)
    audit.record(session, caller, "update", "EpisodeOfCare", journey.id, journey.patient_id)
    for reminder in ledger.said:
        parts.metrics.said(reminder)
    if ledger.said:
        after.add_task(parts.deliveries.wake)
