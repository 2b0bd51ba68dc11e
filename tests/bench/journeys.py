"""How fast journeys start, and how fast and small the whole system is."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from deploy.temporal_server import embedded
from tests.bench.panels import PANEL
from tests.journeys.system import System
from workflows.client import JourneyClient, connect
from workflows.codec import KeyRing
from workflows.contract import EventArrived, EventKind

ROUNDS = 4
STARTS = 200


async def rate(start: Callable[[], Awaitable[object]]) -> float:
    """Starts accepted per second, eight at a time."""

    async def some() -> None:
        for _ in range(STARTS // 8):
            await start()

    began = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(8)))
    return STARTS / (time.perf_counter() - began)


async def starts() -> dict[str, float]:
    """Journey starts, with their first event, against empty-workflow starts on the same server."""
    with tempfile.TemporaryDirectory() as folder:
        keys = KeyRing.create(Path(folder) / "keys.json")
        async with embedded(Path(folder) / "temporal.db") as server:
            plain = await Client.connect(server.address, namespace=server.namespace)
            journeys = JourneyClient(await connect(server.address, server.namespace, keys))

            async def start_empty() -> None:
                await plain.start_workflow(
                    "Empty",
                    id=str(uuid4()),
                    task_queue="nobody",
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                )

            async def start_journey() -> None:
                event = EventArrived(event_id=uuid4(), kind=EventKind.OBSERVATIONS)
                await journeys.event_arrived("bench", uuid4(), event)

            empties, ours = [], []
            for _ in range(ROUNDS):
                empties.append(await rate(start_empty))
                ours.append(await rate(start_journey))
    return {
        "empty_starts_per_s": round(max(empties), 1),
        "journey_starts_per_s": round(max(ours), 1),
        "ratio": round(max(ours) / max(empties), 3),
        "aim": 0.5,
    }


def cold_start_and_memory() -> tuple[dict[str, float], dict[str, float]]:
    """`tio up` on an empty folder: seconds to the first answered request; memory once it rests."""
    with tempfile.TemporaryDirectory() as folder:
        system = System(Path(folder) / "data")
        began = time.perf_counter()
        try:
            system.start()
            answer = system.send("POST", "/assessment/v1/evaluate", PANEL)
            assert answer.status_code == 200, answer.text
            cold = time.perf_counter() - began
            time.sleep(10)
            rest = sum(process.memory_info().rss for process in system.processes())
        finally:
            system.stop()
    return (
        {"seconds": round(cold, 2), "aim_below": 15},
        {"megabytes": round(rest / 1e6, 1), "aim_below": 900},
    )
