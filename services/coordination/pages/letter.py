"""One page to print: a referral letter, or the summary for the meeting of all disciplines."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.chassis.database import InTransaction
from services.coordination.pages.asking import everything_known
from services.coordination.pages.engine import engine_is_away
from services.coordination.pages.journey import drawn, in_words
from services.coordination.parts import parts_of
from services.coordination.rendering import PageRoute, page
from services.coordination.routes import found
from services.coordination.sign_in import Person

router = APIRouter(route_class=PageRoute)

PURPOSES = {
    "referral": "Referral letter",
    "board": "Summary for the tumor board",
}


@router.get("/journeys/{journey_id}/letter", response_class=Response)
async def letter_shown(
    journey_id: UUID,
    request: Request,
    session: InTransaction,
    person: Person,
    purpose: Annotated[str, Query(max_length=20)] = "referral",
) -> Response:
    """What another hospital, or the meeting, has to know; on one page, in either language."""
    journey = await found(session, person.caller, journey_id, "Letter")
    shown = await in_words(session, journey)
    await session.commit()  # nobody waits for our database while we wait for another service
    away, known = await asyncio.gather(
        engine_is_away(request),
        everything_known(parts_of(request), person.caller, journey, shown["moments"]),
    )
    placed = drawn(journey, known, shown)
    chosen = purpose if purpose in PURPOSES else "referral"
    return page(
        "letter.html",
        person=person,
        engine_away=away,
        purpose=chosen,
        purposes=PURPOSES,
        latest=[chart.points[-1].reading for chart in placed["charts"]],
        **shown,
        **placed,
    )
