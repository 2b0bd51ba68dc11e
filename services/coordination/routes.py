"""HTTP around journeys: what people and systems tell and ask."""

import asyncio
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from sqlalchemy.exc import IntegrityError

from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import Conflict, FieldProblem, NotFound, Unavailable, Unprocessable
from services.chassis.idempotency import Once
from services.coordination import inbox, repository
from services.coordination.contract import (
    Event,
    EventStored,
    FastForward,
    Journey,
    JourneyRequest,
    RemindersPage,
    TimelineEntry,
    TimelinePage,
    WorklistPage,
)
from services.coordination.cursor import BadCursor, read_cursor, write_cursor
from services.coordination.life_contract import Handover, MergePreview
from services.coordination.listing import Filters
from services.coordination.merge_preview import preview
from services.coordination.parts import Parts, parts_of
from services.coordination.reading import handover_of, journey_of, reminder_of, worklist_page
from services.coordination.tables import JourneyRow, OutboxRow
from services.coordination.upkeep import upkeep_of
from services.coordination.worklist import NOTHING_DUE
from workflows.contract import Phase

router = APIRouter(prefix="/coordination/v1", tags=["journeys"])

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=500)]
LAST_ENTRY = 2**63
"""As far as both databases count."""

LOOKS, PAUSE_SECONDS = 300, 0.1
"""How long a rehearsal waits for what is on its way, before it says so."""

MostEntries = Annotated[int, Query(ge=1, le=500)]


@router.put("/journeys/{journey_id}", response_model=Journey)
async def start_journey(
    journey_id: UUID,
    wanted: JourneyRequest,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    caller: Annotated[Caller, requires("EpisodeOfCare", "c")],
) -> Journey:
    """Start a journey, or answer with the one that runs. Safe to repeat."""
    row = await repository.find_journey(session, caller.organisation, journey_id)
    if row is None:
        row = await _begin(session, caller, journey_id, wanted)
        keys = upkeep_of(request).keys
        if keys is not None:
            await keys.of(session, caller.organisation, journey_id)
        after.add_task(parts_of(request).outbox.wake)
    else:
        audit.record(session, caller, "read", "EpisodeOfCare", journey_id, row.patient_id)
    if row.request_hash != repository.fingerprint(wanted):
        raise Conflict("this journey was started with another request")
    return await journey_of(session, row)


async def _begin(
    session: InTransaction, caller: Caller, journey_id: UUID, wanted: JourneyRequest
) -> JourneyRow:
    """Write the journey down, with the duty to start it. Who comes second gets what came first."""
    now = datetime.now(UTC)
    row = JourneyRow(
        organisation=caller.organisation,
        id=journey_id,
        patient=wanted.patient.model_dump(mode="json"),
        patient_id=wanted.patient.id,
        request_hash=repository.fingerprint(wanted),
        zone=wanted.zone,
        profile=wanted.profile.value,
        label_profile=wanted.label_profile,
        assignee=wanted.assignee,
        started_at=now,
        as_of=now,
        rank_at=NOTHING_DUE,
    )
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        first = await repository.find_journey(session, caller.organisation, journey_id)
        if first is None:
            raise
        return first
    session.add(
        OutboxRow(
            organisation=row.organisation,
            journey=row.id,
            kind="start",
            stored_at=now,
            next_try_at=now,
        )
    )
    await repository.note(session, row, "started", now, "started", row.phase)
    audit.record(session, caller, "create", "EpisodeOfCare", journey_id, row.patient_id)
    return row


@router.get("/journeys/{journey_id}", response_model=Journey)
async def read_journey(
    journey_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("EpisodeOfCare", "r")],
) -> Journey:
    """Where does this journey stand?"""
    return await journey_of(session, await found(session, caller, journey_id, "EpisodeOfCare"))


@router.get("/journeys/{journey_id}/merge-preview", response_model=MergePreview)
async def preview_merge(
    journey_id: UUID,
    other: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("EpisodeOfCare", "r")],
) -> MergePreview:
    """What would happen if the other journey were merged into this one? Nothing happens."""
    journey = await found(session, caller, journey_id, "EpisodeOfCare")
    audit.record(session, caller, "read", "EpisodeOfCare", other, journey.patient_id)
    return await preview(session, journey, other)


@router.get("/journeys/{journey_id}/handover", response_model=Handover)
async def read_handover(
    journey_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("EpisodeOfCare", "r")],
) -> Handover:
    """What does whoever takes over have to know?"""
    row = await found(session, caller, journey_id, "EpisodeOfCare")
    return await handover_of(session, row)


@router.get("/journeys/{journey_id}/timeline", response_model=TimelinePage)
async def read_timeline(
    journey_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("EpisodeOfCare", "r")],
    cursor: Cursor = None,
    limit: MostEntries = 100,
) -> TimelinePage:
    """What happened on this journey, in the order in which it became known."""
    await found(session, caller, journey_id, "EpisodeOfCare")
    after = 0 if cursor is None else _place(cursor)
    moments = await repository.moments_of(
        session, caller.organisation, journey_id, after, limit + 1
    )
    shown = moments[:limit]
    return TimelinePage(
        entries=[TimelineEntry.model_validate(moment.model_dump()) for moment in shown],
        cursor=write_cursor(shown[-1].number) if len(moments) > limit else None,
    )


@router.post("/journeys/{journey_id}/events", response_model=EventStored, status_code=202)
async def record_event(
    journey_id: UUID,
    event: Event,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    once: Once,
    caller: Annotated[Caller, requires("EpisodeOfCare", "c")],
) -> Response:
    """Tell a journey that something happened. The answer is a promise: it cannot be lost."""
    if once.answer:
        return once.answer
    journey = await inbox.held(session, caller.organisation, journey_id)
    stored = await inbox.store(session, caller, journey, event)
    audit.record(session, caller, "create", "Event", event.id, journey.patient_id)
    after.add_task(parts_of(request).outbox.wake)
    after.add_task(upkeep_of(request).erasures.wake)
    return await once.keep(stored, 202)


@router.get("/journeys/{journey_id}/reminders", response_model=RemindersPage)
async def read_reminders(
    journey_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("Communication", "r")],
    cursor: Cursor = None,
    limit: MostEntries = 100,
) -> RemindersPage:
    """What was said on this journey, to whom, and did it arrive?"""
    await found(session, caller, journey_id, "Communication")
    after = None
    if cursor is not None:
        after = _reminder_place(cursor)
    rows = await repository.reminders_of(session, caller.organisation, journey_id, after, limit + 1)
    deliveries = await repository.deliveries_of(session, caller.organisation, journey_id)
    shown = rows[:limit]
    following = None
    if len(rows) > limit:
        last = shown[-1]
        following = write_cursor(last.recorded_at.isoformat(), last.due_at.isoformat(), last.id)
    return RemindersPage(
        reminders=[reminder_of(row, deliveries.get(row.id, [])) for row in shown],
        cursor=following,
    )


@router.get("/worklist", response_model=WorklistPage)
async def read_worklist(
    session: InTransaction,
    caller: Annotated[Caller, requires("Task", "s")],
    phase: Phase | None = None,
    due_before: date | None = None,
    overdue: bool | None = None,
    assignee: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> WorklistPage:
    """Who has to do what: the longest overdue first, then what is due next."""
    filters = Filters(phase=phase, due_before=due_before, overdue=overdue, assignee=assignee)
    try:
        page = await worklist_page(session, caller.organisation, filters, cursor, limit)
    except BadCursor:
        raise _bad_cursor() from None
    for row in page.rows:
        audit.record(session, caller, "search", "EpisodeOfCare", row.journey, row.patient_id)
    return page


@router.post("/journeys/{journey_id}/fast-forward", response_model=Journey)
async def fast_forward(
    journey_id: UUID,
    wanted: FastForward,
    request: Request,
    session: InTransaction,
    caller: Annotated[Caller, requires("Task", "u")],
) -> Journey:
    """Rehearsal only: move this journey's own clock. Elsewhere there is nothing at this address."""
    parts: Parts = parts_of(request)
    if not parts.settings.rehearsal:
        raise NotFound("there is nothing at this address")
    row = await found(session, caller, journey_id, "EpisodeOfCare")
    if row.phase == repository.CLOSED:
        raise Conflict("this journey is closed; its clock stands still")
    # The journey reports to this very database while its clock runs.
    await session.commit()
    await _what_was_told_is_taken_in(parts, caller.organisation, journey_id)
    try:
        await parts.journeys.fast_forward(caller.organisation, journey_id, wanted.days)
    except Exception as error:
        raise Unavailable(f"its clock could not be moved: {type(error).__name__}") from None
    await session.refresh(row)
    return await journey_of(session, row)


async def _what_was_told_is_taken_in(parts: Parts, organisation: str, journey_id: UUID) -> None:
    """What happened before the clock is moved is read before it is moved."""
    for _ in range(LOOKS):
        async with parts.database.reading() as reading:
            place = (organisation, journey_id)
            untold = await repository.untold(reading, *place)
            if not untold and not await repository.events_waiting(reading, *place):
                return
        await asyncio.sleep(PAUSE_SECONDS)
    raise Unavailable("what was told before is still on its way; move the clock later")


async def found(session: InTransaction, caller: Caller, journey_id: UUID, kind: str) -> JourneyRow:
    """The journey, and a note that it was read. 404 when this organisation has none such."""
    row = await repository.find_journey(session, caller.organisation, journey_id)
    if row is None:
        raise NotFound("there is no such journey")
    audit.record(session, caller, "read", kind, journey_id, row.patient_id)
    return row


def _place(cursor: str) -> int:
    try:
        place = int(read_cursor(cursor, 1)[0])
    except (BadCursor, ValueError, TypeError, OverflowError):
        raise _bad_cursor() from None
    if not 0 <= place < LAST_ENTRY:
        raise _bad_cursor()
    return place


def _reminder_place(cursor: str) -> tuple[datetime, datetime, UUID]:
    try:
        recorded_at, due_at, id = read_cursor(cursor, 3)
        return datetime.fromisoformat(recorded_at), datetime.fromisoformat(due_at), UUID(id)
    except (BadCursor, ValueError, TypeError, AttributeError):
        raise _bad_cursor() from None


def _bad_cursor() -> Unprocessable:
    problem = FieldProblem(pointer="/query/cursor", code="cursor", detail="not a cursor of ours")
    return Unprocessable("1 value cannot be accepted; see errors", errors=[problem])
