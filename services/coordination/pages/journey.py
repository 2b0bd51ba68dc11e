"""The patient's page: what to decide, what is due, what was concluded and why."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.chassis.database import InTransaction
from services.coordination import repository, trend, views
from services.coordination.contract import TimelineEntry
from services.coordination.pages.engine import engine_is_away, whole_answer
from services.coordination.parts import parts_of
from services.coordination.reading import conclusion_of, owed_of, question_of, reminder_of
from services.coordination.rendering import PageRoute, page
from services.coordination.routes import found
from services.coordination.sign_in import Person
from services.coordination.tables import JourneyRow
from services.coordination.worklist import today

router = APIRouter(route_class=PageRoute)

MOMENTS = 200


@router.get("/journeys/{journey_id}", response_class=Response)
async def journey_shown(
    journey_id: UUID, request: Request, session: InTransaction, person: Person
) -> Response:
    """One journey: what to decide, what is due, what was concluded and why."""
    journey = await found(session, person.caller, journey_id, "EpisodeOfCare")
    shown = await _journey_in_words(session, journey)
    await session.commit()  # nobody waits for our database while we wait for another service
    away, answer = await asyncio.gather(
        engine_is_away(request), whole_answer(parts_of(request), journey)
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
