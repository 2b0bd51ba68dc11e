"""`make bench`: how fast, as ratios against a peer in the same run, printed as JSON.

Not a test: machines differ and are busy. Each figure is the best of a few interleaved rounds,
because disturbance only ever makes things slower.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psutil
from fastapi import FastAPI
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from deploy.data_folder import DataFolder
from deploy.temporal_server import embedded
from services.assessment.app import create_app
from services.assessment.contract import EvaluateRequest
from services.assessment.settings import AssessmentSettings
from services.chassis.settings import read_settings
from tests.journeys.system import System, a_free_port
from workflows.client import JourneyClient, connect
from workflows.codec import KeyRing
from workflows.contract import EventArrived, EventKind

ROUNDS = 4
REQUESTS = 1500
STARTS = 200

PANEL: dict[str, Any] = {
    "patient": {"id": "bench", "sex": "female", "birth_date": "1979-04-02"},
    "as_of": "2026-03-01T09:00:00+08:00",
    "profile": "INT_adult",
    "observations": [
        {"id": f"o{number}", "analyte": analyte, "value": value, "unit": unit}
        | {"taken_at": taken_at, "fasting": True, "status": "final"}
        | ({"collection_id": "c1"} if number < 5 else {})
        | ({"assay": "KAINOS_ELISA"} if analyte == "s_fgf23_i" else {})
        for number, (analyte, value, unit, taken_at) in enumerate(
            (
                ("s_phos", 0.45, "mmol/L", "2026-02-15T08:00:00+08:00"),
                ("u_phos", 20, "mmol/L", "2026-02-15T08:00:00+08:00"),
                ("s_creat", 60, "umol/L", "2026-02-15T08:00:00+08:00"),
                ("u_creat", 8, "mmol/L", "2026-02-15T08:00:00+08:00"),
                ("s_phos", 0.48, "mmol/L", "2026-02-01T08:00:00+08:00"),
                ("s_ca", 2.25, "mmol/L", "2026-02-15T08:00:00+08:00"),
                ("s_alb", 40, "g/L", "2026-02-15T08:00:00+08:00"),
                ("s_pth", 5.0, "pmol/L", "2026-02-15T08:00:00+08:00"),
                ("s_25ohd", 55, "nmol/L", "2026-02-15T08:00:00+08:00"),
                ("s_125d", 40, "pmol/L", "2026-02-15T08:00:00+08:00"),
                ("s_alp", 260, "U/L", "2026-02-15T08:00:00+08:00"),
                ("s_fgf23_i", 130, "pg/mL", "2026-02-15T08:00:00+08:00"),
            )
        )
    ],
    "findings": {"bone_pain": True, "family_history_low_phosphate": False, "symptom_onset_age": 44},
}

empty = FastAPI()


@empty.post("/assessment/v1/evaluate", response_model=None)
async def parse_only(request: EvaluateRequest) -> dict[str, str]:
    """The ceiling: the same body parsed into the same nouns, and nothing else."""
    return {}


def assessment() -> FastAPI:
    """The real service, with the settings this script gave it."""
    return create_app(read_settings(AssessmentSettings, "TIO_ASSESSMENT", os.environ))


@contextmanager
def served(factory: str, environ: dict[str, str]) -> Iterator[tuple[str, psutil.Process]]:
    """One app in one uvicorn process, as a deployment runs it."""
    port = a_free_port()
    command = [sys.executable, "-m", "uvicorn", factory, "--port", str(port)]
    command += ["--log-level", "critical", "--no-access-log"]
    command += ["--factory"] if factory.endswith("assessment") else []
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


async def cpu_seconds(url: str, process: psutil.Process, token: str) -> float:
    """How much processor time does the server spend on one request?"""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as client:

        async def ask(times: int) -> None:
            for _ in range(times):
                answer = await client.post(f"{url}/assessment/v1/evaluate", json=PANEL)
                assert answer.status_code == 200, answer.text

        await ask(20)
        before = process.cpu_times()
        await asyncio.gather(*(ask(REQUESTS // 8) for _ in range(8)))
        after = process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return spent / (REQUESTS // 8 * 8)


async def evaluate_ratio() -> dict[str, float]:
    """POST evaluate against an empty endpoint that parses the same body, per CPU-second."""
    with tempfile.TemporaryDirectory() as folder:
        data = DataFolder(Path(folder))
        token = data.mint().mint("bench", "bench", ["system/*.cruds"], 3600)
        environ = data.environ("assessment", {})
        with (
            served("tests.bench:empty", {}) as (empty_url, empty_process),
            served("tests.bench:assessment", environ) as (url, process),
        ):
            ceilings, ours = [], []
            for _ in range(ROUNDS):
                ceilings.append(await cpu_seconds(empty_url, empty_process, token))
                ours.append(await cpu_seconds(url, process, token))
    return {
        "empty_endpoint_ms": round(min(ceilings) * 1000, 3),
        "evaluate_ms": round(min(ours) * 1000, 3),
        "ratio": round(min(ceilings) / min(ours), 3),
        "aim": 0.5,
    }


async def rate(start: Callable[[], Awaitable[object]]) -> float:
    """Starts accepted per second, eight at a time."""

    async def some() -> None:
        for _ in range(STARTS // 8):
            await start()

    began = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(8)))
    return STARTS / (time.perf_counter() - began)


async def start_ratio() -> dict[str, float]:
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


def main() -> None:
    """Measure all of it and print one JSON object."""
    cold, rest = cold_start_and_memory()
    results = {
        "evaluate_against_empty_endpoint": asyncio.run(evaluate_ratio()),
        "journey_start_against_empty_workflow": asyncio.run(start_ratio()),
        "cold_start": cold,
        "memory_at_rest": rest,
    }
    sys.stdout.write(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
