"""A coordination that runs on a port of its own, and what the tests do with it."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import uvicorn
from playwright.sync_api import Page
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError

from services.chassis.auth import Caller
from services.chassis.client import Refused, Unreachable
from services.chassis.database import Database
from services.chassis.tokens import SigningKey, TokenMint
from services.coordination.app import create_app
from services.coordination.pages import engine as pages_ask
from services.coordination.settings import CoordinationSettings
from services.coordination.sign_in import create_sign_in_link
from tests.pages.answers import ANSWERS, KNOWN, PREVIEW
from tests.postgres import kept_in
from workflows.contract import EventArrived, ToldAgain
from workflows.tending import Ended, Runs, Seen

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


class Engine:
    """A workflow engine that listens, and can be away."""

    def __init__(self) -> None:
        self.away = False
        self.events: list[UUID] = []

    async def start(self, organisation: str, journey_id: UUID) -> None:
        """A journey begins."""

    async def event_arrived(self, organisation: str, journey_id: UUID, event: EventArrived) -> None:
        """An event waits."""
        await self.check()
        self.events.append(event.event_id)

    async def fast_forward(self, organisation: str, journey_id: UUID, days: float) -> None:
        """Not here."""

    async def look(self, organisation: str, journey_id: UUID) -> None:
        """It is to look what is due."""
        await self.check()

    async def end(self, organisation: str, journey_id: UUID, why: str) -> None:
        """A journey is ended."""
        await self.check()

    async def open_again(
        self, organisation: str, journey_id: UUID, event: EventArrived, carried: dict[str, Any]
    ) -> None:
        """A closed journey is opened again."""
        await self.check()

    async def look_at(self, organisation: str, journey_id: UUID) -> Seen:
        """Every journey runs."""
        await self.check()
        return Seen(Runs.RUNNING)

    async def tell_again(self, organisation: str, journey_id: UUID, told: ToldAgain) -> None:
        """A journey hears again what it had lost."""
        await self.check()

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
        if self.away:
            raise ConnectionError("away")


async def conclusions(
    organisation: str, service: str, record: UUID, conclusion: UUID
) -> dict[str, Any]:
    """What the services would answer."""
    return ANSWERS[service]


class Neighbours:
    """The other services as they would answer; who is asked for something else is away."""

    def __init__(self) -> None:
        self.decided: list[tuple[str, str, dict[str, Any]]] = []

    async def look(self, caller: Caller, path: str) -> dict[str, Any]:
        """What stands there?"""
        for end, answer in KNOWN.items():
            if path.endswith(end) or (end == "/" and path.count("/") == 4):
                return answer
        raise Unreachable(path)

    async def tell(self, caller: Caller, method: str, path: str, said: BaseModel) -> dict[str, Any]:
        """A question that stores nothing, or a decision."""
        if path.endswith("/preview"):
            return {"preview": PREVIEW}
        if path.endswith("/decision"):
            body = said.model_dump()
            if body["reason"] == "too soon":
                raise Refused(409, {"detail": "a hard stop cannot be gone past"})
            self.decided.append((caller.subject, path, body))
            return {}
        raise Unreachable(path)

    async def picture(self, caller: Caller, path: str) -> bytes:
        """The veins."""
        return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"/>'


@dataclass
class Running:
    """The service under test."""

    url: str
    engine: Engine
    database_url: str
    api: httpx2.Client
    neighbours: Neighbours

    def sign_in_link(self, person: str = "coordinator", organisation: str = "north") -> str:
        """A fresh link, as the all-in-one prints it."""

        async def make() -> str:
            database = Database(self.database_url)
            try:
                return await create_sign_in_link(database, organisation, person)
            finally:
                await database.close()

        made: list[str] = []
        # Playwright keeps a loop running in this thread; a link is made in another.
        thread = threading.Thread(target=lambda: made.append(asyncio.run(make())))
        thread.start()
        thread.join()
        return self.url + made[0]


@contextmanager
def a_running_coordination(folder: Path) -> Iterator[Running]:
    """Coordination on a port of its own, for all page tests."""
    key = SigningKey.create_or_read(folder / "key.json")
    key.publish(folder / "jwks.json")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = CoordinationSettings(
        **kept_in(folder, "coordination"),
        jwks=str(folder / "jwks.json"),
        issuer="pages",
        audience="tio",
        public_url=url,
        relay_interval_seconds=0.1,
        webhook_private_networks=True,
    )
    engine = Engine()
    neighbours = Neighbours()
    pages_ask.ENGINE_ASKED_EVERY_SECONDS = 0.2  # a test would wait for the usual five
    app = create_app(settings, engine, conclusions, neighbours)
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    token = TokenMint(key, "pages", "tio").mint("lab-system", "north", ["system/*.cruds"], 3600)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=30) as api:
        yield Running(url, engine, settings.database_url, api, neighbours)
    server.should_exit = True
    thread.join()


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page, to be looked at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


DATABASE_AWAY = OperationalError("", {}, Exception())


@contextmanager
def the_worklist_meets(error: Exception) -> Iterator[None]:
    """Whoever asks for the worklist meets this error."""

    async def fails(*_: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.coordination.pages.worklist.queue_of", fails)
        yield
