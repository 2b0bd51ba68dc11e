"""What the routes of one running coordination share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel

from services.chassis.auth import Caller
from services.chassis.database import Database
from services.coordination.journeys import Journeys
from services.coordination.metrics import CoordinationMetrics
from services.coordination.relay import Relay
from services.coordination.settings import CoordinationSettings

Conclusions = Callable[[str, str, UUID, UUID], Awaitable[dict[str, Any]]]
"""(organisation, service, record, conclusion): the whole answer, from the service that gave it."""


class Neighbours(Protocol):
    """The other services, asked in the name of a person; `answers.WholeAnswers` does it."""

    async def look(self, caller: Caller, path: str) -> dict[str, Any]:
        """What stands at this address of another service?"""

    async def tell(self, caller: Caller, method: str, path: str, said: BaseModel) -> dict[str, Any]:
        """Say this to another service: a question that stores nothing, or a decision."""

    async def picture(self, caller: Caller, path: str) -> bytes:
        """The picture at this address of another service; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Put together once, when the app is made."""

    settings: CoordinationSettings
    database: Database
    journeys: Journeys
    metrics: CoordinationMetrics
    conclusions: Conclusions | None
    neighbours: Neighbours | None
    outbox: Relay
    deliveries: Relay
    engine_is_there: Callable[[], Awaitable[None]]


def parts_of(request: Request) -> Parts:
    """The parts of the app that serves this request."""
    parts: Parts = request.app.state.parts
    return parts
