"""`python -m workflows`: comes up before the engine does, works, is measured, and leaves."""

import asyncio
import os
import signal
import sys
import textwrap
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx2
from temporalio.client import Client

from deploy.temporal_server import embedded
from services.chassis.tokens import SigningKey, TokenMint
from tests.journeys.system import a_free_port
from tests.postgres import kept_in
from tests.workflows.conftest import TEST_KEYS, Walk
from tests.workflows.ward import Ward, wasting_is_found
from workflows.codec import KeyRing
from workflows.contract import EventKind
from workflows.worker import worker_with

ORGANISATION = "north"
JOURNEY = uuid4()


def settings_of(folder: Path, engine: int, port: int, coordination: int = 1) -> dict[str, str]:
    """The variables of one worker."""
    SigningKey.create_or_read(folder / "signing-key.json").publish(folder / "jwks.json")
    KeyRing.create(folder / "keys.json")
    return {
        "TIO_WORKFLOWS_COORDINATION_URL": f"http://127.0.0.1:{coordination}",
        "TIO_WORKFLOWS_ADDRESS": f"127.0.0.1:{engine}",
        "TIO_WORKFLOWS_KEYS_FILE": str(folder / "keys.json"),
        "TIO_WORKFLOWS_SIGNING_KEY_FILE": str(folder / "signing-key.json"),
        "TIO_WORKFLOWS_PORT": str(port),
    }


def coordination_of(folder: Path, engine: int, port: int) -> dict[str, str]:
    """The variables of the coordination that this worker asks."""
    settings = {
        **{name.upper(): url for name, url in kept_in(folder, "coordination").items()},
        "JWKS": str(folder / "jwks.json"),
        "ISSUER": "tio-pathway",
        "AUDIENCE": "tio-pathway",
        "TEMPORAL_ADDRESS": f"127.0.0.1:{engine}",
        "KEYS_FILE": str(folder / "keys.json"),
        "PORT": str(port),
    }
    return {f"TIO_COORDINATION_{name}": value for name, value in settings.items()}


@asynccontextmanager
async def a_process(module: str, environ: dict[str, str]) -> AsyncIterator[Process]:
    """`python -m …`, killed afterwards if it has not left by itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, env={**os.environ, **environ}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_worker_waits_for_the_engine_works_and_leaves_when_told(tmp_path: Path) -> None:
    engine, port, asked = a_free_port(), a_free_port(), a_free_port()
    environ = settings_of(tmp_path, engine, port, asked)
    async with (
        a_process("workflows", environ) as worker,
        a_process("services.coordination", coordination_of(tmp_path, engine, asked)),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{asked}") as coordination,
    ):
        await answers(http, "/healthz", 200)
        await answers(http, "/readyz", 503)
        async with embedded(tmp_path / "temporal.db", port=engine):
            await answers(http, "/readyz", 200)
            await answers(coordination, "/readyz", 200)
            key = SigningKey.read(tmp_path / "signing-key.json")
            token = TokenMint(key, "tio-pathway", "tio-pathway").mint(
                "operator", ORGANISATION, ("system/*.cruds",)
            )
            coordination.headers["Authorization"] = f"Bearer {token}"
            journey = f"/coordination/v1/journeys/{JOURNEY}"
            started = await coordination.put(journey, json={"patient": {"id": "MRN-1"}})
            assert started.status_code == 200
            now = datetime.now(UTC).isoformat()
            event = {"id": str(uuid4()), "kind": "withdrawal", "occurred_at": now}
            assert (await coordination.post(f"{journey}/events", json=event)).status_code == 202
            async with asyncio.timeout(30):
                while (await coordination.get(journey)).json()["phase"] != "closed":  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            metrics = await counted(http, "temporal_workflow_task_execution_latency_seconds_bucket")
            assert await counted(http, "tio_worker_heartbeat_timestamp_seconds 1.")
            worker.send_signal(signal.SIGTERM)

            assert await asyncio.wait_for(worker.wait(), 30) in (0, -signal.SIGTERM)
            assert "temporal_num_pollers" in metrics
            assert str(JOURNEY) not in metrics


async def counted(http: httpx2.AsyncClient, name: str) -> str:
    """The metrics, once this one is among them."""
    async with asyncio.timeout(30):
        while True:
            metrics = (await http.get("/metrics")).text
            if name in metrics:
                return metrics
            await asyncio.sleep(0.1)


async def test_a_worker_without_its_keys_does_not_pretend_to_work(tmp_path: Path) -> None:
    environ = {**os.environ, **settings_of(tmp_path, a_free_port(), a_free_port())}
    (tmp_path / "keys.json").unlink()

    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workflows", env=environ, stderr=asyncio.subprocess.DEVNULL
    )

    assert await asyncio.wait_for(worker.wait(), 30) != 0


async def answers(http: httpx2.AsyncClient, path: str, status: int) -> None:
    """Wait until this address answers so."""
    async with asyncio.timeout(30):
        while True:
            try:
                if (await http.get(path)).status_code == status:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.05)


HANGING = """
    import asyncio, sys
    from pathlib import Path
    from temporalio import activity
    from tests.workflows.ward import Ward, wasting_is_found
    from workflows.client import connect
    from workflows.codec import KeyRing
    from workflows.contract import EventOfJourney, HandedOver
    from workflows.worker import worker_with

    class Hanging(Ward):
        @activity.defn
        async def record_facts(self, request: EventOfJourney) -> HandedOver:
            print("hangs", flush=True)
            await asyncio.sleep(600)

    async def work():
        client = await connect(sys.argv[1], "default", KeyRing.read(Path(sys.argv[2])))
        activities = Hanging(wasting_is_found).activities()
        await worker_with(client, activities, task_queue=sys.argv[3]).run()

    asyncio.run(work())
"""


async def test_a_call_that_died_with_its_worker_is_taken_up_again_within_seconds(
    temporal: Client,
) -> None:
    ward, queue = Ward(wasting_is_found), f"test-{uuid4()}"
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", textwrap.dedent(HANGING)),
        *(temporal.service_client.config.target_host, str(TEST_KEYS), queue),
        stdout=asyncio.subprocess.PIPE,
    )
    walk = Walk(temporal, ward, queue)
    event_id = await walk.tell(EventKind.OBSERVATIONS)
    assert worker.stdout is not None
    assert await worker.stdout.readline() == b"hangs\n"
    worker.kill()
    await worker.wait()
    async with worker_with(temporal, ward.activities(), task_queue=queue), asyncio.timeout(20):
        assert await walk.heard(event_id) == ("applied", "")


async def test_a_misspelt_setting_stops_the_start(tmp_path: Path) -> None:
    environ = {**os.environ, **settings_of(tmp_path, 1, 1), "TIO_WORKFLOWS_ADRESS": "x"}
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workflows", env=environ, stderr=asyncio.subprocess.PIPE
    )
    _, complaint = await worker.communicate()

    assert worker.returncode == 2
    assert b"TIO_WORKFLOWS_ADRESS" in complaint
