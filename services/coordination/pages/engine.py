"""Does the workflow engine answer, and what do the other services know? Asked so that pages wait
for nobody."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any, TypeVar

from fastapi import Request

from services.chassis.auth import Caller
from services.chassis.client import Refused
from services.chassis.logging import get_logger
from services.coordination.parts import Parts, parts_of
from services.coordination.reading import conclusion_of
from services.coordination.tables import JourneyRow

T = TypeVar("T")

ANSWER_WITHIN_SECONDS = 3.0
ENGINE_ASKED_EVERY_SECONDS = 5.0


async def engine_is_away(request: Request) -> bool:
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


async def whole_answer(parts: Parts, journey: JourneyRow) -> dict[str, Any] | None:
    """What the service that concluded has to say; None when it cannot be asked now."""
    conclusion = conclusion_of(journey)
    if conclusion is None or parts.conclusions is None:
        return None
    return await in_time(
        parts.conclusions(
            journey.organisation, conclusion.service, journey.record or journey.id, conclusion.id
        ),
        "conclusion-not-read",
    )


async def look(parts: Parts, caller: Caller, path: str) -> dict[str, Any] | None:
    """What stands at this address of another service? {} where nothing does, None when away."""
    if parts.neighbours is None:
        return None
    try:
        return await in_time(parts.neighbours.look(caller, path), "neighbour-not-read")
    except Refused as refusal:
        return {} if refusal.status == 404 else None


async def in_time(asked: Awaitable[T], what: str) -> T | None:
    """The answer, if it comes soon; a page never fails because somebody else is away."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            return await asked
    except Refused:
        if what == "neighbour-not-read":
            raise
        get_logger("coordination").warning(what, error="Refused")
    except Exception as error:
        get_logger("coordination").warning(what, error=type(error).__name__)
    return None
