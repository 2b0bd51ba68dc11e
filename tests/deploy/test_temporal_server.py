"""The embedded Temporal server: one per file, gone with its parent, back after a kill."""

import asyncio
import os
import signal
import socket
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionStatus

from deploy.temporal_server import CannotServe, embedded
from tests.workflows.conftest import a_walk, eventually
from tests.workflows.ward import Ward, wasting_is_found
from workflows.client import connect
from workflows.codec import KeyRing
from workflows.contract import EventKind, Phase

KEYS = KeyRing("a", {"a": bytes(32)})


async def test_a_second_server_on_the_same_file_is_refused(tmp_path: Path) -> None:
    async with embedded(tmp_path / "temporal.db"):
        with pytest.raises(CannotServe, match="already served"):
            async with embedded(tmp_path / "temporal.db", patience=0.3):
                pass


async def test_a_port_that_belongs_to_somebody_else_is_refused(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CannotServe, match="is taken"):
            async with embedded(
                tmp_path / "temporal.db", port=other.getsockname()[1], patience=0.3
            ):
                pass


async def test_closed_journeys_are_kept_for_years_also_on_an_old_file(tmp_path: Path) -> None:
    for _ in range(2):
        async with embedded(tmp_path / "temporal.db") as server:
            client = await Client.connect(server.address)
            namespace = await client.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=server.namespace)
            )
            kept = namespace.config.workflow_execution_retention_ttl.ToTimedelta()
            assert kept == timedelta(days=3650)


async def test_a_journey_goes_on_after_its_server_was_killed_also_ahead_of_time(
    tmp_path: Path,
) -> None:
    ward = Ward(wasting_is_found)
    async with embedded(tmp_path / "temporal.db", rehearsal=True) as server:
        client = await connect(server.address, server.namespace, KEYS)
        async with a_walk(client, ward) as walk:
            await walk.operated()
            before = await walk.live_through(100)
            await killed_and_back(server.pid)
            after = await walk.live_through(100)

            assert abs((after - before) - timedelta(days=100)) < timedelta(minutes=5)
            assert {number for _, rule, number in ward.reminded if rule == "FUP-1"} == {"1", "2"}
            assert (await walk.settled(lambda s: True)).phase is Phase.SURVEILLANCE


async def killed_and_back(pid: Callable[[], int]) -> None:
    """kill -9 the server, and wait until another process serves in its place."""
    killed = pid()
    os.kill(killed, signal.SIGKILL)
    await eventually(lambda: pid() != killed, "another process serves")


async def test_a_journey_is_found_again_on_the_same_file(tmp_path: Path) -> None:
    ward = Ward(wasting_is_found)
    async with embedded(tmp_path / "temporal.db") as server:
        client = await connect(server.address, server.namespace, KEYS)
        async with a_walk(client, ward) as walk:
            await walk.say(EventKind.OBSERVATIONS)
            task = await walk.asked("proceed-to-localization")
    async with embedded(tmp_path / "temporal.db") as server:
        client = await connect(server.address, server.namespace, KEYS)
        async with a_walk(client, ward) as elsewhere:
            handle = elsewhere.journeys.handle(walk.organisation, walk.id)
            status = (await handle.describe()).status

    assert task.role == "clinician"
    assert status is WorkflowExecutionStatus.RUNNING


def is_gone(pid: int) -> bool:
    """Does nothing run under this id any more? (Nobody may have collected an orphan yet.)"""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


PARENT = """
    import asyncio, pathlib, sys
    from deploy.temporal_server import embedded

    async def serve():
        async with embedded(pathlib.Path(sys.argv[1])) as server:
            print(server.pid(), flush=True)
            await asyncio.sleep(600)

    asyncio.run(serve())
"""


async def test_after_kill_9_of_the_parent_no_server_is_left_and_the_file_can_be_served_again(
    tmp_path: Path,
) -> None:
    database = tmp_path / "temporal.db"
    script = textwrap.dedent(PARENT)
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(database), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    server = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    began = time.monotonic()
    async with embedded(database) as again:
        assert again.pid() != server
        assert is_gone(server)
        assert time.monotonic() - began < 15
