"""The patient's page: what to decide, what is due, what was concluded and why, and what comes."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import select

from knowledge.rules import reminders as reminder_rules
from services.chassis.database import InTransaction
from services.chassis.tables import AUDIT_ENTRY, AUDIT_PERSON
from services.coordination import repository, told, views
from services.coordination.charts import (
    Meanwhile,
    charts,
    derived,
    meanwhile_of,
    series_of_events,
    series_of_trends,
    taken_at,
)
from services.coordination.contract import TimelineEntry
from services.coordination.five_years import years
from services.coordination.hours import hours_of
from services.coordination.lesions import lesion_map
from services.coordination.pages.asking import Known, everything_known
from services.coordination.pages.engine import engine_is_away
from services.coordination.parts import parts_of
from services.coordination.reading import conclusion_of, owed_of, question_of, reminder_of
from services.coordination.rendering import PageRoute, page
from services.coordination.routes import found
from services.coordination.sign_in import Person
from services.coordination.tables import JourneyRow
from services.coordination.worklist import today

router = APIRouter(route_class=PageRoute)

MOMENTS = 200
LOOKS_SHOWN = 50


@router.get("/journeys/{journey_id}", response_class=Response)
async def journey_shown(
    journey_id: UUID, request: Request, session: InTransaction, person: Person
) -> Response:
    """One journey: what to decide, what is due, what was concluded and why."""
    journey = await found(session, person.caller, journey_id, "EpisodeOfCare")
    shown = await in_words(session, journey)
    await session.commit()  # nobody waits for our database while we wait for another service
    away, known = await asyncio.gather(
        engine_is_away(request),
        everything_known(parts_of(request), person.caller, journey, shown["moments"]),
    )
    return page(
        "journey.html", person=person, engine_away=away, **shown, **drawn(journey, known, shown)
    )


@router.get("/journeys/{journey_id}/standing", response_class=Response)
async def standing(journey_id: UUID, session: InTransaction, person: Person) -> Response:
    """Is anything of this journey still on its way? For a page that waits for it."""
    organisation = person.caller.organisation
    row = await repository.find_journey(session, organisation, journey_id)
    waiting = 0 if row is None else await repository.events_waiting(session, organisation, row.id)
    answer = {"waiting": waiting, "revision": 0 if row is None else row.revision}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


@router.get("/journeys/{journey_id}/seen", response_class=Response)
async def who_saw(
    journey_id: UUID,
    session: InTransaction,
    person: Person,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Who saw and did what with this patient's data here, the newest first."""
    journey = await found(session, person.caller, journey_id, "AuditEvent")
    stands_for = (
        select(AUDIT_PERSON.c.stands_for)
        .filter_by(organisation=journey.organisation, patient=journey.patient_id)
        .scalar_subquery()
    )
    wanted = select(AUDIT_ENTRY).where(
        AUDIT_ENTRY.c.organisation == journey.organisation,
        AUDIT_ENTRY.c.patient == stands_for,
    )
    if before is not None:
        wanted = wanted.where(AUDIT_ENTRY.c.number < before)
    connection = await session.connection()
    newest = wanted.order_by(AUDIT_ENTRY.c.number.desc()).limit(LOOKS_SHOWN + 1)
    entries = (await connection.execute(newest)).mappings().all()
    return page(
        "seen.html",
        person=person,
        journey=journey,
        entries=entries[:LOOKS_SHOWN],
        older=entries[LOOKS_SHOWN - 1]["number"] if len(entries) > LOOKS_SHOWN else None,
    )


@router.get("/journeys/{journey_id}/venous-samplings/{sampling_id}", response_class=Response)
async def samplingdrawn(
    journey_id: UUID,
    sampling_id: UUID,
    request: Request,
    session: InTransaction,
    person: Person,
) -> Response:
    """The veins as localization draws them, handed on from this address."""
    journey = await found(session, person.caller, journey_id, "Procedure")
    await session.commit()
    neighbours = parts_of(request).neighbours
    plan = f"/localization/v1/plans/{journey.record or journey.id}"
    path = f"{plan}/venous-samplings/{sampling_id}/drawing"
    picture = b"" if neighbours is None else await neighbours.picture(person.caller, path)
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(picture, media_type="image/svg+xml", headers=headers)


async def in_words(session: InTransaction, journey: JourneyRow) -> dict[str, Any]:
    """What coordination itself knows of a journey, in the words of the page."""
    where = (session, journey.organisation, journey.id)
    now = datetime.now(UTC)
    on = today(journey.zone, journey.clock_ahead_seconds, now)
    events = await repository.events_of(*where)
    deliveries = await repository.deliveries_of(*where)
    reminders = [
        reminder_of(row, deliveries.get(row.id, []))
        for row in await repository.reminders_of(*where)
    ]
    rows = await repository.obligations_of(*where)
    owed = [owed_of(row, now) for row in rows]
    is_open, ended = views.dues([one for one in owed if one.service != "journey"], reminders, on)
    moments = await repository.latest_moments_of(*where, limit=MOMENTS)
    task = question_of(journey)
    answers = [event for event in events if event.kind == "decision" and event.outcome == "waiting"]
    there = repository.now_there(journey)
    return {
        "journey": journey,
        "on": on,
        "steps": views.steps(journey, moments),
        "facts": views.facts(journey),
        "task": task,
        "task_due": next((one for one in owed if task and one.occurrence == str(task.id)), None),
        "is_answered": any(task and one.payload.get("task") == str(task.id) for one in answers),
        "event_id": uuid4(),
        "is_open": is_open,
        "ended": ended,
        "coming": views.coming(rows, reminders, await hours_of(session, journey, there), there, on),
        "sent": [one for one in reversed(reminders) if one.status != "overtaken"],
        "conclusion": conclusion_of(journey),
        "told": [
            (event.occurred_at, event.payload)
            for event in reversed(events)
            if event.kind == "observations" and event.outcome != "refused"
        ],
        "events": [told.told(event) for event in events],
        "waiting": sum(event.outcome == "waiting" for event in events),
        "moments": [TimelineEntry.model_validate(moment.model_dump()) for moment in moments],
        "list_of": views.list_of,
        "ends_when_seen": reminder_rules.ends_when_acknowledged,
        "new_id": uuid4,
        "now": there,
        "rehearsed": journey.clock_ahead_seconds > 0,
    }


def drawn(journey: JourneyRow, known: Known, shown: dict[str, Any]) -> dict[str, Any]:
    """What the other services know, placed for pictures and lists."""
    trends = known.trends or {}
    series = series_of_trends(trends) or series_of_events(shown["told"])
    if known.assessed and not any(one.analyte == "tmp_gfr" for one in series):
        series += derived(known.assessed, shown["told"])
    meanwhile = meanwhile_of(trends) if trends else Meanwhile()
    plan = known.search or known.answer or {}
    candidates = views.list_of(plan, "candidates")
    return {
        "answer": known.answer,
        "assessed": known.assessed,
        "charts": charts(series, meanwhile, shown["now"]),
        "meanwhile": meanwhile,
        "taken": {
            id: at.astimezone(ZoneInfo(journey.zone)).date()
            for id, at in taken_at(shown["told"]).items()
        },
        "search": plan,
        "candidates": candidates,
        "lesions": lesion_map(candidates),
        "samplings": views.list_of(plan, "venous_sampling"),
        "proposals": [
            one
            for one in views.list_of(known.proposals or {}, "proposals")
            if one.get("standing") or one.get("decisions")
        ],
        "years": years(known.preview or {}, shown["on"]),
        "away": known.away,
    }
