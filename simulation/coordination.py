"""The real coordination service as a process that can be killed: its app, its relays, its file."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from temporalio.exceptions import WorkflowAlreadyStartedError

from services.chassis import migrations
from services.chassis.database import Database
from services.coordination import lease, repository
from services.coordination.app import create_app
from services.coordination.ledger import Ledger
from services.coordination.settings import CoordinationSettings
from simulation.inline_sqlite import Disk
from simulation.instance import CONVERTER
from simulation.network import Network
from simulation.processes import Process
from simulation.temporal import Engine
from workflows.client import JourneyClosed, JourneyUnknown
from workflows.contract import (
    EventArrived,
    JourneyOrder,
    JourneyState,
    ToldAgain,
    workflow_id,
)
from workflows.tending import Ended, Seen

REACHES_SOMEBODY = ("sent", "sent-late")
LOOK_AGAIN_SECONDS = 6 * 3600.0
LONG_AFTER = 30 * 86_400.0
"""The relays are woken when there is something; looking by themselves is left out."""

RETRY_AT_MOST_SECONDS = 1800.0
RETRY_SECONDS = 1.0
"""As often as a relay looks by itself."""


class _NotKept(Exception):
    """What was only tried is not kept."""


async def unsaid(
    database: Database, organisation: str, journey: UUID, since: datetime
) -> list[str]:
    """What should have been said by this moment, and was not?

    Coordination's own verb is asked, in a transaction that nobody keeps.
    """
    found: list[str] = []
    with suppress(_NotKept):
        async with database.transaction() as session:
            row = await repository.find_journey(session, organisation, journey)
            if row is None or row.phase == repository.CLOSED:
                return []
            row.as_of = min(row.as_of, since)
            ledger = Ledger(session, row, False)
            await ledger.wake(since)
            found += [
                f"{one.rule} {one.occurrence} {one.rung}"
                for one in ledger.said
                if one.status in REACHES_SOMEBODY
            ]
            raise _NotKept
    return found


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

    async def open_again(
        self, organisation: str, journey_id: UUID, event: EventArrived, carried: dict[str, Any]
    ) -> None:
        """Tell this to a journey that has ended; it begins anew with what it was."""
        state = JourneyState.model_validate(carried)
        await self._say(organisation, journey_id, event, state)

    async def look_at(self, organisation: str, journey_id: UUID) -> Seen:
        """The upkeep does not run here."""
        raise JourneyUnknown("the upkeep does not run here")

    async def tell_again(self, organisation: str, journey_id: UUID, told: ToldAgain) -> None:
        """The upkeep does not run here."""
        raise JourneyUnknown("the upkeep does not run here")

    async def open_runs(self) -> AsyncIterator[tuple[str, UUID]]:
        """None."""
        none: tuple[tuple[str, UUID], ...] = ()
        for one in none:
            yield one

    async def ended_runs(self, since: datetime) -> AsyncIterator[Ended]:
        """Nobody archives here."""
        nothing: tuple[Ended, ...] = ()
        for none in nothing:
            yield none

    async def history_of(self, organisation: str, journey_id: UUID, run: UUID) -> tuple[int, bytes]:
        """Nobody archives here."""
        raise JourneyUnknown("nobody archives here")

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

    async def _say(
        self,
        organisation: str,
        journey_id: UUID,
        event: EventArrived | None,
        carried: JourneyState | None = None,
    ) -> None:
        converter = CONVERTER.payload_converter
        order = JourneyOrder(journey_id=journey_id, organisation=organisation)
        if carried is not None:
            order = order.model_copy(update={"state": carried})
        signal = None if event is None else ("event_arrived", converter.to_payload(event))

        def act() -> None:
            self._engine.start(
                workflow_id(organisation, journey_id),
                converter.to_payload(order),
                signal,
                again=carried is not None,
            )

        try:
            await self._network.carry("coordination", "temporal", act)
        except WorkflowAlreadyStartedError:
            raise JourneyClosed(f"journey {journey_id} is closed") from None


class Coordination(Process):
    """One process of coordination on one SQLite file."""

    def __init__(
        self,
        file: Path,
        network: Network,
        engine: Engine,
        trusts: Mapping[str, str],
    ) -> None:
        super().__init__("coordination")
        self.file = file
        self._settings = CoordinationSettings(
            database_url=f"sqlite:///{file}",
            log_level="error",
            retry_most_seconds=RETRY_AT_MOST_SECONDS,
            relay_interval_seconds=LONG_AFTER,
            lease_seconds=LONG_AFTER,
            webhook_private_networks=True,
            **trusts,
        )
        self._journeys = EngineClient(network, engine)
        self.disk = Disk()
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
        woken: dict[str, tuple[datetime, float]] = {}
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            wait = LOOK_AGAIN_SECONDS
            for table, relay in (("outbox", parts.outbox), ("delivery", parts.deliveries)):
                due = self.disk.first_due(self.file, table)
                if due is None:
                    continue
                left = (due - datetime.now(UTC)).total_seconds()
                known, at = woken.get(table, (None, 0.0))
                if left <= 0 and (known != due or loop.time() >= at + RETRY_SECONDS):
                    # While it is sent it is still due: what is under way is not looked for again.
                    woken[table] = (due, loop.time())
                    await relay.wake()
                wait = min(wait, left if left > 0 else RETRY_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()
