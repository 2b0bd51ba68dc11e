"""The real coordination service as a process that can be killed: its app, its relays, its file."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from temporalio.exceptions import WorkflowAlreadyStartedError

from services.chassis import migrations
from services.chassis.database import Database
from services.coordination import lease
from services.coordination.app import create_app
from services.coordination.settings import CoordinationSettings
from simulation.inline_sqlite import Disk
from simulation.instance import CONVERTER
from simulation.network import Network
from simulation.processes import Process
from simulation.temporal import Engine
from workflows.client import JourneyClosed, JourneyUnknown
from workflows.contract import EventArrived, JourneyOrder, workflow_id

LOOK_AGAIN_SECONDS = 6 * 3600.0
RETRY_SECONDS = 1.0
"""As often as a relay looks by itself."""


class EngineClient:
    """What coordination says to the engine; over the network, as everybody."""

    def __init__(self, network: Network, engine: Engine) -> None:
        self._network, self._engine = network, engine

    async def start(self, organisation: str, journey_id: UUID) -> None:
        """Let the journey run."""
        await self._say(organisation, journey_id, None)

    async def event_arrived(self, organisation: str, journey_id: UUID, event: EventArrived) -> None:
        """Tell the journey that an event waits."""
        await self._say(organisation, journey_id, event)

    async def fast_forward(self, organisation: str, journey_id: UUID, days: int) -> None:
        """Nobody moves a clock here."""
        raise JourneyUnknown("this is no rehearsal")

    async def look(self, organisation: str, journey_id: UUID) -> None:
        """Let the journey see what is due."""
        await self._tell(organisation, journey_id, "look")

    async def end(self, organisation: str, journey_id: UUID, why: str) -> None:
        """Terminate it."""
        await self._network.carry(
            "coordination",
            "temporal",
            lambda: self._engine.terminate(workflow_id(organisation, journey_id)),
        )

    async def check(self) -> None:
        """Is it there?"""
        if not self._engine.up:
            raise ConnectionError("the engine does not run")

    async def _tell(self, organisation: str, journey_id: UUID, signal: str) -> None:
        def act() -> None:
            self._engine.signal(workflow_id(organisation, journey_id), signal)

        try:
            await self._network.carry("coordination", "temporal", act)
        except LookupError:
            raise JourneyClosed(f"journey {journey_id} is closed") from None

    async def _say(self, organisation: str, journey_id: UUID, event: EventArrived | None) -> None:
        converter = CONVERTER.payload_converter
        order = JourneyOrder(journey_id=journey_id, organisation=organisation)
        signal = None if event is None else ("event_arrived", converter.to_payload(event))

        def act() -> None:
            self._engine.start(
                workflow_id(organisation, journey_id), converter.to_payload(order), signal
            )

        try:
            await self._network.carry("coordination", "temporal", act)
        except WorkflowAlreadyStartedError:
            raise JourneyClosed(f"journey {journey_id} is closed") from None


class Coordination(Process):
    """One process of coordination on one SQLite file."""

    def __init__(
        self,
        settings: CoordinationSettings,
        file: Path,
        network: Network,
        engine: Engine,
        loop_now: Callable[[], datetime],
    ) -> None:
        super().__init__("coordination")
        self._settings, self.file = settings, file
        self._journeys = EngineClient(network, engine)
        self.disk = Disk()
        self._now = loop_now
        self.app: FastAPI | None = None
        self._changed = asyncio.Event()

    async def migrate(self) -> None:
        """Make the tables, once."""
        database = Database(self._settings.database_url)
        await migrations.migrate(database, "services.coordination")
        await database.close()

    def start(self) -> None:
        """Come up on what the last life has committed."""
        self.begin()
        self.spawn(self._live())

    def kill(self) -> None:
        """kill -9: what was not committed never was."""
        super().kill()
        self.disk.lose_power()

    def current(self) -> FastAPI:
        """The app that answers."""
        assert self.app is not None
        return self.app

    async def _live(self) -> None:
        # What held a lease in an earlier life is gone, as a process started anew would see.
        lease.THIS_PROCESS = f"{self.name}-{self.begun}"
        self.app = create_app(self._settings, self._journeys)
        self.disk.serve(self.app.state.database)
        parts = self.app.state.parts
        async with parts.outbox.running(), parts.deliveries.running():
            await self._look_when_something_is_due(parts)

    def committed(self) -> None:
        """Something may be due sooner now."""
        self._changed.set()

    async def _look_when_something_is_due(self, parts: Any) -> None:
        """The relays look every second; here they look when a look would find something."""
        while True:
            self._changed.clear()
            wait = LOOK_AGAIN_SECONDS
            for table, relay in (("outbox", parts.outbox), ("delivery", parts.deliveries)):
                due = self.disk.first_due(self.file, table)
                if due is None:
                    continue
                left = (due - self._now()).total_seconds()
                if left <= 0:
                    relay.wake()
                wait = min(wait, left if left > 0 else RETRY_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()
