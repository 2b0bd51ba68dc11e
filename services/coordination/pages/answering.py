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
            typed=payload["reason"],
        )
    return and_back(request, after, journey_id)
