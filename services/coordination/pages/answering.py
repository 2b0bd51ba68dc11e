"""Decisions and how something that was due ended: small forms of the patient's page."""

from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.coordination import repository
from services.coordination.language import say
from services.coordination.pages.telling import (
    Filled,
    Teller,
    Telling,
    and_back,
    event_id,
    in_words,
    store,
)
from services.coordination.reading import question_of
from services.coordination.rendering import PageRoute, page
from services.coordination.tables import EventRow, JourneyRow

router = APIRouter(route_class=PageRoute)

WHAT_IS_MISSING = {
    "/payload/answer": "choose one of the answers",
    "/payload/reason": "a reason is needed",
    "/payload/disposition": "choose how it ended",
    "/payload": "a reason is needed for this outcome",
    "/payload/until": "say until which day",
    "/payload/channel": "say how it was tried",
    "/payload/outcome": "say what came of it",
    "/payload/occurs_on": "say on which day",
}
"""What a form can lack, said to the person who filled it in."""


@router.post("/journeys/{journey_id}/decisions", response_class=Response)
async def decide(telling: Telling) -> Response:
    """Store a decision as an event. The form carries its id: sent twice, it is told once."""
    form = await telling.form()
    journey = await telling.journey()
    if await _is_settled(telling, journey, form):
        problem = say("somebody has answered this question in the meantime")
        return _not_stored(telling, journey, form, [problem], 409)
    said = {name: form.get(name) for name in ("task", "answer", "reason")}
    return await _tell(telling, form, "decision", said)


@router.post("/journeys/{journey_id}/dispositions", response_class=Response)
async def dispose(telling: Telling) -> Response:
    """Store how something that was due ended, as an event."""
    form = await telling.form()
    said = _about(form) | {"disposition": form.get("disposition")}
    return await _tell(telling, form, "disposition", said)


@router.post("/journeys/{journey_id}/acknowledgements", response_class=Response)
async def acknowledge(telling: Telling) -> Response:
    """Say that somebody has seen it and is at it; or take that back."""
    form = await telling.form()
    return await _tell(telling, form, "acknowledgement", _about(form))


@router.post("/journeys/{journey_id}/postponements", response_class=Response)
async def postpone(telling: Telling) -> Response:
    """Put off what is due, with a day and a reason; or take that back."""
    form = await telling.form()
    journey = await telling.journey()
    day = form.day("until") if form.get("until") and not form.get("undone") else None
    if day is not None and date.fromisoformat(day) <= telling.today(journey):
        form.wrong("until", say("that day is not ahead"))
    if form.errors:
        return _not_stored(telling, journey, form, list(form.errors.values()), 422)
    return await _tell(telling, form, "postponement", _about(form) | {"until": form.get("until")})


@router.post("/journeys/{journey_id}/contacts", response_class=Response)
async def contact(telling: Telling) -> Response:
    """Note that somebody tried to reach the patient, and what came of it."""
    form = await telling.form()
    said = {name: form.get(name) for name in ("channel", "outcome", "whom")}
    return await _tell(telling, form, "contact", said | {"note": form.get("reason")})


@router.post("/journeys/{journey_id}/orders", response_class=Response)
async def order(telling: Telling) -> Response:
    """Accept a next step: it is ordered, and waited for."""
    form = await telling.form()
    said = {name: form.get(name) for name in ("act", "site", "laterality", "occurs_on")}
    placed = {"id": str(event_id(form)), "status": "active"}
    return await _tell(telling, form, "order", placed | {k: v for k, v in said.items() if v})


async def _is_settled(telling: Teller, journey: JourneyRow, form: Filled) -> bool:
    """Has somebody else answered this very question since the form was shown?"""
    where = (telling.session, journey.organisation, journey.id)
    told = await repository.events_of(*where, {"decision"})
    if any(one.id == event_id(form) for one in told):
        return False  # it is told once more: the inbox says that it is known
    task = question_of(journey)
    return (
        task is None
        or str(task.id) != form.get("task")
        or any(one.payload.get("task") == form.get("task") for one in told if _counts(one))
    )


def _counts(decision: EventRow) -> bool:
    return decision.outcome != "refused"


def _about(form: Filled) -> dict[str, Any]:
    """Which thing that is due is meant, why, and whether an earlier word about it is taken back."""
    due = {name: form.get(name) for name in ("rule", "occurrence")}
    said: dict[str, Any] = {"obligation": due, "reason": form.get("reason")}
    return said | ({"undone": True} if form.get("undone") else {})


async def _tell(telling: Telling, form: Filled, kind: str, payload: dict[str, Any]) -> Response:
    where = (telling.session, telling.person, telling.journey_id)
    journey, refusal = await store(*where, event_id(form), kind, payload)
    if refusal is not None:
        problems = in_words(refusal, WHAT_IS_MISSING)
        return _not_stored(telling, journey, form, problems, refusal.status)
    return and_back(telling.request, telling.after, telling.journey_id)


def _not_stored(
    telling: Teller, journey: JourneyRow, form: Filled, problems: list[str], status: int
) -> Response:
    return page(
        "not_stored.html",
        status=status,
        person=telling.person,
        journey=journey,
        problems=problems,
        typed=form.get("reason"),
    )
