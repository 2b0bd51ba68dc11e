"""Decisions and how something that was due ended: small forms of the patient's page."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import Response

from services.chassis.database import InTransaction
from services.coordination.pages.telling import and_back, in_words, store
from services.coordination.rendering import PageRoute, page
from services.coordination.sign_in import Person, SignedIn, expect_own_form

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


@router.post("/journeys/{journey_id}/acknowledgements", response_class=Response)
async def acknowledge(
    journey_id: UUID,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: Person,
    event: Annotated[UUID, Form()],
    rule: Annotated[str, Form(max_length=200)],
    occurrence: Annotated[str, Form(max_length=200)],
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Say that somebody has seen it and is at it."""
    payload = {"obligation": {"rule": rule, "occurrence": occurrence}, "reason": ""}
    return await _tell(
        request, after, session, person, journey_id, csrf, event, "acknowledgement", payload
    )


@router.post("/journeys/{journey_id}/postponements", response_class=Response)
async def postpone(
    journey_id: UUID,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: Person,
    event: Annotated[UUID, Form()],
    rule: Annotated[str, Form(max_length=200)],
    occurrence: Annotated[str, Form(max_length=200)],
    until: Annotated[str, Form(max_length=20)] = "",
    undone: Annotated[str, Form(max_length=5)] = "",
    csrf: Annotated[str, Form()] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Put off what is due, with a day and a reason; or take that back."""
    payload: dict[str, Any] = {
        "obligation": {"rule": rule, "occurrence": occurrence},
        "until": until,
        "reason": reason.strip(),
    }
    if undone:
        payload["undone"] = True
    return await _tell(
        request, after, session, person, journey_id, csrf, event, "postponement", payload
    )


@router.post("/journeys/{journey_id}/contacts", response_class=Response)
async def contact(
    journey_id: UUID,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: Person,
    event: Annotated[UUID, Form()],
    channel: Annotated[str, Form(max_length=20)] = "",
    outcome: Annotated[str, Form(max_length=20)] = "",
    whom: Annotated[str, Form(max_length=20)] = "patient",
    csrf: Annotated[str, Form()] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Note that somebody tried to reach the patient, and what came of it."""
    payload = {"channel": channel, "outcome": outcome, "whom": whom, "note": reason.strip()}
    return await _tell(request, after, session, person, journey_id, csrf, event, "contact", payload)


@router.post("/journeys/{journey_id}/orders", response_class=Response)
async def order(
    journey_id: UUID,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: Person,
    event: Annotated[UUID, Form()],
    act: Annotated[str, Form(max_length=100)],
    site: Annotated[str, Form(max_length=200)] = "",
    laterality: Annotated[str, Form(max_length=10)] = "",
    occurs_on: Annotated[str, Form(max_length=20)] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Accept a next step: it is ordered, and waited for."""
    payload: dict[str, Any] = {"id": str(event), "status": "active", "act": act}
    for name, value in (("site", site), ("laterality", laterality), ("occurs_on", occurs_on)):
        if value:
            payload[name] = value
    return await _tell(request, after, session, person, journey_id, csrf, event, "order", payload)


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
    journey, refusal = await store(session, person, journey_id, event, kind, payload)
    if refusal is not None:
        return page(
            "not_stored.html",
            status=refusal.status,
            person=person,
            journey=journey,
            problems=in_words(refusal, WHAT_IS_MISSING),
            typed=str(payload.get("reason") or payload.get("note") or ""),
        )
    return and_back(request, after, journey_id)
