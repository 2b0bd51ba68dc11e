"""One real Temporal server for the whole run, with a clock per journey; and journeys on it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from deploy.temporal_server import TemporalServer, embedded
from tests.workflows.ward import Told, Ward
from workflows.client import JourneyClient, connect
from workflows.codec import KeyRing
from workflows.contract import EventArrived, EventKind, JourneyState, OpenTask, workflow_id
from workflows.rehearsal import fast_forward
from workflows.worker import worker_with

T = TypeVar("T")
TEST_KEYS = Path(__file__).parent / "test-keys.json"
PATIENCE_SECONDS = 60


@pytest.fixture(scope="session")
def temporal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    """The server that one machine runs, in rehearsal."""
    database = tmp_path_factory.mktemp("temporal") / "temporal.db"
    with asyncio.Runner() as runner:
        serving = embedded(database, rehearsal=True)
        yield runner.run(serving.__aenter__())
        runner.run(serving.__aexit__(None, None, None))


@pytest.fixture
def keys() -> KeyRing:
    """The key ring that stands in this folder; it protects nothing but tests."""
    return KeyRing.read(TEST_KEYS)


@pytest.fixture
async def temporal(temporal_server: TemporalServer, keys: KeyRing) -> Client:
    """A client that nobody can read along with."""
    return await connect(temporal_server.address, temporal_server.namespace, keys)


async def eventually(look: Callable[[], T | None], what: str) -> T:
    """The first thing `look` sees; fails when it has seen nothing for too long."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if seen := look():
                return seen
            await asyncio.sleep(0.02)
    raise AssertionError(what)


class Walk:
    """One journey through a ward: tell it things, let time pass, see where it stands."""

    def __init__(self, temporal: Client, ward: Ward, task_queue: str) -> None:
        self.temporal, self.ward, self.task_queue = temporal, ward, task_queue
        self.journeys = JourneyClient(temporal, task_queue)
        self.id = uuid4()
        self.organisation = "north"

    async def tell(
        self,
        kind: EventKind,
        *,
        answer: str | None = None,
        task: UUID | None = None,
        occurred_at: datetime | None = None,
        event_id: UUID | None = None,
        undone: bool = False,
    ) -> UUID:
        """Store an event and nudge the journey, as coordination's inbox and relay do."""
        event_id = event_id or uuid4()
        at = occurred_at or datetime.now(UTC)
        self.ward.events[event_id] = Told(kind, at, answer, task, undone)
        await self.nudge(event_id)
        return event_id

    async def nudge(self, event_id: UUID) -> None:
        """The relay's half, which may happen again."""
        told = self.ward.events[event_id]
        event = EventArrived(event_id=event_id, kind=told.kind, occurred_at=told.occurred_at)
        await self.journeys.event_arrived(self.organisation, self.id, event)

    async def open_again(self, kind: EventKind, *, undone: bool = False) -> UUID:
        """Tell a journey that has closed, as the relay does with what coordination kept of it."""
        event_id, at = uuid4(), datetime.now(UTC)
        self.ward.events[event_id] = Told(kind, at, None, None, undone)
        carried = self.ward.progress[self.id][-1].carried
        assert carried is not None
        event = EventArrived(event_id=event_id, kind=kind, occurred_at=at)
        await self.journeys.open_again(self.organisation, self.id, event, carried)
        return event_id

    async def heard(self, event_id: UUID) -> tuple[str, str]:
        """What became of this event?"""
        return await eventually(lambda: self.ward.outcomes.get(event_id), "event told back")

    async def say(self, kind: EventKind, **said: object) -> tuple[str, str]:
        """Tell it and wait until it has been taken."""
        return await self.heard(await self.tell(kind, **said))  # type: ignore[arg-type]

    async def read(self) -> JourneyState:
        """Where does it stand?"""
        return await self.journeys.read_state(self.organisation, self.id)

    async def settled(self, condition: Callable[[JourneyState], object]) -> JourneyState:
        """Where it stands, once it stands there with nothing left to do or to tell."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                state = await self.read()
                busy = state.waiting or state.changed or state.untold or state.revision == 0
                if not busy and condition(state):
                    return state
                await asyncio.sleep(0.02)

    async def asked(self, question: str) -> OpenTask:
        """Wait until this question is put to somebody."""
        state = await self.settled(lambda s: s.task is not None and s.task.question == question)
        assert state.task is not None
        return state.task

    async def answer(self, question: str, answer: str) -> tuple[str, str]:
        """Wait for the question and answer it."""
        task = await self.asked(question)
        return await self.say(EventKind.DECISION, answer=answer, task=task.id)

    async def live_through(self, days: float) -> datetime:
        """Let this journey's own clock run."""
        return await fast_forward(self.temporal, workflow_id(self.organisation, self.id), days)

    async def rolled(self) -> None:
        """Let it continue as new, and wait for the new run."""
        handle = self.journeys.handle(self.organisation, self.id)
        first = (await handle.describe()).run_id
        await self.journeys.roll(self.organisation, self.id)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await handle.describe()).run_id == first:  # noqa: ASYNC110 - a server's state
                await asyncio.sleep(0.02)

    async def operated(self) -> None:
        """The usual way from labs to surveillance."""
        await self.say(EventKind.OBSERVATIONS)
        await self.answer("proceed-to-localization", "localize")
        await self.say(EventKind.STUDY)
        await self.answer("plan-treatment", "operate")
        await self.asked("record-the-operation")
        await self.say(EventKind.SURGERY)
        await self.settled(lambda s: s.phase == "surveillance")


@asynccontextmanager
async def a_worker(temporal: Client, ward: Ward) -> AsyncIterator[Worker]:
    """A worker whose services are this ward."""
    worker = worker_with(temporal, ward.activities(), task_queue=f"test-{uuid4()}")
    async with worker:
        yield worker


@asynccontextmanager
async def a_walk(temporal: Client, ward: Ward) -> AsyncIterator[Walk]:
    """A worker and one journey on it, not started yet."""
    async with a_worker(temporal, ward) as worker:
        yield Walk(temporal, ward, worker.task_queue)


def days(number: float) -> timedelta:
    """So many days."""
    return timedelta(days=number)
