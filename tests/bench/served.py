"""One app in one uvicorn process, as a deployment runs it, and what a request costs it."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil

from deploy.data_folder import DataFolder
from tests.journeys.system import a_free_port

ROUNDS = 5
AT_ONCE = 8
CEILINGS = "tests.bench.ceilings"

Ask = Callable[[httpx2.AsyncClient, str], Awaitable[httpx2.Response]]


@contextmanager
def served(factory: str, environ: dict[str, str]) -> Iterator[tuple[str, psutil.Process]]:
    """The app that this factory makes."""
    port = a_free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(port)]
    command += ["--log-level", "critical", "--no-access-log"]
    process = subprocess.Popen(
        command, env=os.environ | environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                httpx2.get(f"{url}/openapi.json")
                break
            except httpx2.TransportError:
                time.sleep(0.1)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


async def cpu_seconds(
    url: str, process: psutil.Process, token: str, ask: Ask, requests: int
) -> float:
    """How much processor time does the server spend on one request?"""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as client:

        async def some(times: int) -> None:
            for _ in range(times):
                answer = await ask(client, url)
                assert answer.status_code == 200, answer.text

        await some(20)
        before = spent_by(process)
        await asyncio.gather(*(some(requests // AT_ONCE) for _ in range(AT_ONCE)))
        spent = spent_by(process) - before
    return spent / (requests // AT_ONCE * AT_ONCE)


def spent_by(process: psutil.Process) -> float:
    """Processor seconds of all its threads: to the nanosecond where the system counts them."""
    counted = list(Path(f"/proc/{process.pid}/task").glob("*/schedstat"))
    if counted:
        return sum(int(thread.read_text().split()[0]) for thread in counted) / 1e9
    times = process.cpu_times()
    return times.user + times.system


async def against(
    ceiling: str, ask: Ask, requests: int, service: str = "assessment"
) -> tuple[float, float]:
    """Milliseconds of processor time per request: the ceiling's and the real service's.

    They take turns, and of each the round counts that was disturbed least.
    """
    with tempfile.TemporaryDirectory() as folder:
        data = DataFolder(Path(folder))
        token = data.mint().mint("bench", "bench", ["system/*.cruds"], 3600)
        environ = data.environ(service, {})
        bare = {"BENCH_DATABASE": f"{folder}/bare.db"}
        with (
            served(f"{CEILINGS}:{ceiling}", bare) as (bare_url, bare_process),
            served(f"{CEILINGS}:{service}", environ) as (url, process),
        ):
            ceilings, ours = [], []
            for _ in range(ROUNDS):
                ceilings.append(await cpu_seconds(bare_url, bare_process, token, ask, requests))
                ours.append(await cpu_seconds(url, process, token, ask, requests))
    return min(ceilings) * 1000, min(ours) * 1000
