"""Worklist, journey and decision as HTML: made here, usable without script."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, BackgroundTasks, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis import audit
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound, Problem
from services.chassis.logging import get_logger
from services.coordination import inbox, listing, repository, trend, views, wording
from services.coordination.contract import Event, TimelineEntry
from services.coordination.cursor import BadCursor
from services.coordination.journeys import PHASES
from services.coordination.listing import Filters
from services.coordination.parts import Parts, parts_of
from services.coordination.reading import (
    conclusion_of,
    owed_of,
    question_of,
    reminder_of,
    worklist_page,
)
from services.coordination.rendering import STATIC, PageRoute, page
from services.coordination.routes import found
from services.coordination.sign_in import Person, SignedIn, expect_own_form
from services.coordination.tables import JourneyRow
from services.coordination.worklist import today

router = APIRouter(include_in_schema=False, route_class=PageRoute)

ROWS = 50
MOMENTS = 200
ANSWER_WITHIN_SECONDS = 3.0
ENGINE_ASKED_EVERY_SECONDS = 5.0
WHAT_IS_MISSING = {
    "/payload/answer": "choose one of the answers",
    "/payload/reason": "a reason is needed",
    "/payload/disposition": "choose how it ended",
    "/payload": "a reason is needed for this outcome",
}
"""What a form can lack, said to the person who filled it in."""


@router.get("/", response_class=Response)
async def start_page(person: Person) -> Response:
    """The worklist is where work begins."""
    return RedirectResponse("/worklist", 303)


@router.get("/static/{name}", response_class=Response)
async def static_file(name: str) -> Response:
    """How the pages look: one stylesheet, one mark."""
    kept = STATIC.get(name)
    if kept is None:
        raise NotFound("there is nothing at this address")
    content, media_type = kept
    return Response(content, media_type=media_type, headers={"Cache-Control": "no-cache"})


@dataclass(frozen=True, slots=True)
class _Choice:
    """One value of a filter, and how many journeys it would show."""

    value: str
    words: str
    number: int
    is_chosen: bool


@router.get("/worklist", response_class=Response)
async def worklist_shown(
    request: Request,
    session: InTransaction,
    person: Person,
    phase: Annotated[str, Query(max_length=50)] = "",
    overdue: Annotated[str, Query(max_length=5)] = "",
    mine: Annotated[str, Query(max_length=5)] = "",
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Who has to do what: one queue, with the reason for each place in it."""
    caller, now = person.caller, datetime.now(UTC)
    chosen = Filters(
        phase=phase if phase in PHASES else None,
        overdue=True if overdue else None,
        assignee=caller.subject if mine else None,
    )
    try:
        listed = await worklist_page(session, caller.organisation, chosen, cursor, ROWS)
    except BadCursor:
        return RedirectResponse("/worklist", 303)
    ids = [row.journey for row in listed.rows]
    rows = await listing.journeys_by_id(session, caller.organisation, ids)
    entries = [views.queue_entry(row, rows[row.journey], now) for row in listed.rows]
    for row in listed.rows:
        audit.record(session, caller, "search", "EpisodeOfCare", row.journey, row.patient_id)
    in_phase = await listing.count_by_phase(session, caller.organisation)

    async def number(**changed: Any) -> int:
        filters = Filters(**changed)
        return await listing.count(session, caller.organisation, filters, now)

    phases = [
        _Choice(code, wording.PHASES[code], in_phase.get(code, 0), phase == code) for code in PHASES
    ]
    return page(
        "worklist.html",
        person=person,
        engine_away=await _engine_is_away(request),
        entries=entries,
        cursor=listed.cursor,
        is_first=cursor is None,
        as_of=now,
        phases=phases,
        everything=sum(in_phase.values()) - in_phase.get(repository.CLOSED, 0),
        overdue=_Choice("1", "Overdue only", await number(overdue=True), bool(overdue)),
        mine=_Choice("1", "Assigned to me", await number(assignee=caller.subject), bool(mine)),
        total=await listing.count(session, caller.organisation, chosen, now),
        is_filtered=bool(chosen.model_dump(exclude_none=True)),
    )


@router.get("/journeys/{journey_id}", response_class=Response)
async def journey_shown(
    journey_id: UUID, request: Request, session: InTransaction, person: Person
) -> Response:
    """One journey: what to decide, what is due, what was concluded and why."""
    journey = await found(session, person.caller, journey_id, "EpisodeOfCare")
    shown = await _journey_in_words(session, journey)
    await session.commit()  # nobody waits for our database while we wait for another service
    away, answer = await asyncio.gather(
        _engine_is_away(request), _whole_answer(parts_of(request), journey)
    )
    return page("journey.html", person=person, engine_away=away, answer=answer, **shown)


async def _journey_in_words(session: InTransaction, journey: JourneyRow) -> dict[str, Any]:
    where = (session, journey.organisation, journey.id)
    now = datetime.now(UTC)
    on = today(journey.zone, journey.clock_ahead_seconds, now)
    events = await repository.events_of(*where)
    deliveries = await repository.deliveries_of(*where)
    reminders = [
        reminder_of(row, deliveries.get(row.id, []))
        for row in await repository.reminders_of(*where)
    ]
    owed = [owed_of(row, now) for row in await repository.obligations_of(*where)]
    is_open, ended = views.dues([one for one in owed if one.service != "journey"], reminders, on)
    moments = await repository.latest_moments_of(*where, limit=MOMENTS)
    task = question_of(journey)
    answers = [event for event in events if event.kind == "decision" and event.outcome == "waiting"]
    told_oldest_first = [
        (event.occurred_at, event.payload)
        for event in reversed(events)
        if event.kind == "observations" and event.outcome != "refused"
    ]
    return {
        "journey": journey,
        "on": on,
        "steps": views.steps(journey.phase),
        "facts": views.facts(journey),
        "task": task,
        "task_due": next((one for one in owed if task and one.occurrence == str(task.id)), None),
        "is_answered": any(task and one.payload.get("task") == str(task.id) for one in answers),
        "event_id": uuid4(),
        "is_open": is_open,
        "ended": ended,
        "conclusion": conclusion_of(journey),
        "trend": trend.trend(told_oldest_first),
        "events": [views.told(event) for event in events],
        "waiting": sum(event.outcome == "waiting" for event in events),
        "moments": [TimelineEntry.model_validate(moment.model_dump()) for moment in moments],
        "list_of": views.list_of,
        "new_id": uuid4,
        "rehearsed": journey.clock_ahead_seconds > 0,
    }


@router.post("/journeys/{journey_id}/decisions", response_class=Response)
async def decide(
    journey_id: UUID,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: Person,
    event: Annotated[UUID, Form()],
    task: Annotated[UUID, Form()],
    csrf: Annotated[str, Form()] = "",
    answer: Annotated[str, Form(max_length=100)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Store a decision as an event. The form carries its id: sent twice, it is told once."""
    payload = {"task": str(task), "answer": answer, "reason": reason.strip()}
    return await _tell(
        request, after, session, person, journey_id, csrf, event, "decision", payload
    )


@router.post("/journeys/{journey_id}/dispositions", response_class=Response)
async def dispose(
    journey_id: UUID,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: Person,
    event: Annotated[UUID, Form()],
    rule: Annotated[str, Form(max_length=200)],
    occurrence: Annotated[str, Form(max_length=200)],
    csrf: Annotated[str, Form()] = "",
    disposition: Annotated[str, Form(max_length=100)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Store how something that was due ended, as an event."""
    payload = {
        "obligation": {"rule": rule, "occurrence": occurrence},
        "disposition": disposition,
        "reason": reason.strip(),
    }
    return await _tell(
        request, after, session, person, journey_id, csrf, event, "disposition", payload
    )


async def _tell(
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: SignedIn,
    journey_id: UUID,
    csrf: str,
    event: UUID,
    kind: str,
    payload: dict[str, Any],
) -> Response:
    expect_own_form(person, csrf)
    journey = await inbox.held(session, person.caller.organisation, journey_id)
    known = await repository.find_event(session, journey.organisation, journey_id, event)
    occurred_at = known.occurred_at if known is not None else repository.now_there(journey)
    said = Event(
        id=event, kind=kind, occurred_at=occurred_at, source="worklist-page", payload=payload
    )
    try:
        await inbox.store(session, person.caller, journey, said)
    except Problem as refusal:
        problems = [
            WHAT_IS_MISSING.get(error.pointer, error.detail) for error in refusal.errors
        ] or [refusal.detail]
        return page(
            "not_stored.html",
            status=refusal.status,
            person=person,
            journey=journey,
            problems=problems,
            typed=payload["reason"],
        )
    audit.record(session, person.caller, "create", "Event", event, journey.patient_id)
    after.add_task(parts_of(request).outbox.wake)
    return RedirectResponse(f"/journeys/{journey_id}", 303)


async def _whole_answer(parts: Parts, journey: JourneyRow) -> dict[str, Any] | None:
    """What the service that concluded has to say; None when it cannot be asked now."""
    conclusion = conclusion_of(journey)
    if conclusion is None or parts.conclusions is None:
        return None
    try:
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            return await parts.conclusions(
                journey.organisation, conclusion.service, journey.id, conclusion.id
            )
    except Exception as error:
        get_logger("coordination").warning(
            "conclusion-not-read", journey_id=str(journey.id), error=type(error).__name__
        )
        return None


async def _engine_is_away(request: Request) -> bool:
    """Does the workflow engine answer? Asked rarely, so that pages stay quick."""
    known: tuple[float, bool] = getattr(request.app.state, "engine_away", (0.0, False))
    if time.monotonic() < known[0]:
        return known[1]
    away = False
    try:
        async with asyncio.timeout(1):
            await parts_of(request).engine_is_there()
    except Exception:
        away = True
    request.app.state.engine_away = (time.monotonic() + ENGINE_ASKED_EVERY_SECONDS, away)
    return away
