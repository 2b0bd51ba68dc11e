"""Coordination, served for real on each database, and a stand-in for the workflow engine."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from services.chassis.tokens import TokenMint
from services.coordination.app import create_app
from services.coordination.journeys import Journeys
from services.coordination.settings import CoordinationSettings
from tests.postgres import owner_of
from tests.services.conftest import AUDIENCE, ISSUER
from workflows.client import JourneyClosed
from workflows.contract import EventArrived, ToldAgain
from workflows.tending import Ended, Runs, Seen

EVERYTHING = ("system/*.cruds",)

MakeSettings = Callable[..., CoordinationSettings]


@dataclass
class Engine:
    """Hears what journeys are told, as the workflow engine would; can be away, or have closed."""

    told: list[tuple[UUID, UUID | None]] = field(default_factory=list)
    looked: list[UUID] = field(default_factory=list)
    moved: list[tuple[UUID, float]] = field(default_factory=list)
    away: bool = False
    closed: set[UUID] = field(default_factory=set)
    lose_answers: int = 0
    ended: list[UUID] = field(default_factory=list)
    runs: dict[UUID, Runs] = field(default_factory=dict)
    told_again: list[tuple[UUID, ToldAgain]] = field(default_factory=list)
    end_fails: list[str | None] = field(default_factory=list)

    async def start(self, organisation: str, journey_id: UUID) -> None:
        """A journey begins."""
        self._hear(journey_id, None)

    async def event_arrived(self, organisation: str, journey_id: UUID, event: EventArrived) -> None:
        """An event waits."""
        self._hear(journey_id, event.event_id)

    async def fast_forward(self, organisation: str, journey_id: UUID, days: float) -> None:
        """A clock is moved."""
        self._expect_there()
        self.moved.append((journey_id, days))

    async def open_again(
        self, organisation: str, journey_id: UUID, event: EventArrived, carried: dict[str, Any]
    ) -> None:
        """A journey that had closed hears something all the same."""
        self.closed.discard(journey_id)
        self._hear(journey_id, event.event_id)

    async def look(self, organisation: str, journey_id: UUID) -> None:
        """It is to look what is due."""
        self._expect_there()
        self.looked.append(journey_id)

    async def end(self, organisation: str, journey_id: UUID, why: str) -> None:
        """A journey is ended."""
        self._expect_there()
        trouble = self.end_fails.pop(0) if self.end_fails else None
        if trouble == "before":
            raise ConnectionError("not heard")
        self.ended.append(journey_id)
        self.closed.add(journey_id)
        if trouble == "after":
            raise ConnectionError("heard, but the answer got lost")

    async def look_at(self, organisation: str, journey_id: UUID) -> Seen:
        """As this journey was made to run."""
        await self.check()
        return Seen(self.runs.get(journey_id, Runs.RUNNING))

    async def tell_again(self, organisation: str, journey_id: UUID, told: ToldAgain) -> None:
        """A journey hears again what it had lost."""
        self._expect_there()
        self.closed.discard(journey_id)
        self.runs.pop(journey_id, None)
        self.told_again.append((journey_id, told))

    async def history_of(self, organisation: str, journey_id: UUID, run: UUID) -> tuple[int, bytes]:
        """None is kept here."""
        raise LookupError(run)

    async def open_runs(self) -> AsyncIterator[tuple[str, UUID]]:
        """None."""
        none: tuple[tuple[str, UUID], ...] = ()
        for one in none:
            yield one

    async def ended_runs(self, since: datetime) -> AsyncIterator[Ended]:
        """None has ended."""
        nothing: tuple[Ended, ...] = ()
        for one in nothing:
            yield one

    async def check(self) -> None:
        """Is it there?"""
        self._expect_there()

    def _hear(self, journey_id: UUID, event: UUID | None) -> None:
        self._expect_there()
        if journey_id in self.closed:
            raise JourneyClosed("closed")
        self.told.append((journey_id, event))
        if self.lose_answers:
            self.lose_answers -= 1
            raise ConnectionError("heard, but the answer got lost")

    def _expect_there(self) -> None:
        if self.away:
            raise ConnectionError("the engine is away")

    def events(self) -> list[UUID]:
        """The events it was told of, in their order."""
        return [event for _, event in self.told if event is not None]


@pytest.fixture
def make_settings(jwks: Path) -> MakeSettings:
    """Settings for quick tests: relays look often, pauses are short."""

    def make(database_url: str, **changes: Any) -> CoordinationSettings:
        usual: dict[str, Any] = {
            "jwks": str(jwks),
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "public_url": "http://pathway.example",
            "relay_interval_seconds": 0.05,
            "retry_first_seconds": 0.05,
            "retry_most_seconds": 0.2,
            "webhook_private_networks": True,
            "webhook_timeout_seconds": 3,
            "owner_database_url": owner_of(database_url),
        }
        return CoordinationSettings(database_url=database_url, **usual | changes)

    return make


@pytest.fixture
def settings(
    database_of: Callable[[str], str], make_settings: MakeSettings
) -> CoordinationSettings:
    """Settings on each of the two databases."""
    return make_settings(database_of("coordination"))


@pytest.fixture
def engine() -> Engine:
    """A workflow engine that only listens."""
    return Engine()


@asynccontextmanager
async def served(
    settings: CoordinationSettings, engine: Journeys, token: str = "", **more: Any
) -> AsyncIterator[httpx2.AsyncClient]:
    """A running coordination, and a client of it."""
    app = create_app(settings, engine, **more)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app),
            base_url="http://coordination",
            headers=headers,
            timeout=30,
        ) as client,
    ):
        client.app = app  # type: ignore[attr-defined]
        yield client


@pytest.fixture
def north(mint: TokenMint) -> str:
    """A token of the organisation these tests are about."""
    return mint.mint("lab-system", "north", EVERYTHING, 3600)


@pytest.fixture
async def api(
    settings: CoordinationSettings, engine: Engine, north: str
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the running service that may do everything, on each database."""
    async with served(settings, engine, north) as client:
        yield client


def app_of(client: httpx2.AsyncClient) -> FastAPI:
    """The app behind a client of `served`."""
    app: FastAPI = client.app  # type: ignore[attr-defined]
    return app


async def until(true: Callable[[], Any], seconds: float = 10) -> None:
    """Wait for something that background work brings about; fails when it does not come."""
    async with asyncio.timeout(seconds):
        while True:
            outcome = true()
            if asyncio.iscoroutine(outcome):
                outcome = await outcome
            if outcome:
                return
            await asyncio.sleep(0.02)
