"""`make sizing`: memory and processor of each process, idle and under load, as JSON.

Load is a result for one journey after the other, as fast as they are taken in (each is stored,
told, handed to its service, concluded upon, reported), and beside it panels to be evaluated.
`DATABASE=postgres make sizing` keeps what is remembered there.
"""

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psutil

from tests.bench.lived import seconds
from tests.bench.panels import panels
from tests.journeys.apart import Apart, apart
from tests.journeys.chaos import Cohort, address, side_by_side
from tests.journeys.conftest import a_ward
from tests.journeys.system import eventually

JOURNEYS, RESULTS_EACH, CALLERS = 12, 6, 4
SETTLE_SECONDS, IDLE_SECONDS, EVALUATE_SECONDS = 10.0, 30.0, 20.0
MEGABYTE = 1_000_000


def main() -> None:
    """Measure, and print."""
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        a_ward(Path(folder) / "data", apart, with_mail=False) as ward,
    ):
        system = ward.system
        assert isinstance(system, Apart)
        time.sleep(SETTLE_SECONDS)
        told = {
            "cores": os.cpu_count(),
            "load_before": round(load, 2),
            "database": os.environ.get("DATABASE", "sqlite"),
            "idle": _idle(system),
            "results": _results(system, Cohort(ward, system.engine)),
            "evaluations": _evaluations(system),
        }
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


def _idle(system: Apart) -> dict[str, dict[str, float]]:
    processes = system.by_name()
    before = seconds(processes)
    time.sleep(IDLE_SECONDS)
    after = seconds(processes)
    return {
        name: {
            "megabytes": round(process.memory_info().rss / MEGABYTE),
            "cores": round((after[name] - before[name]) / IDLE_SECONDS, 3),
        }
        for name, process in processes.items()
    }


def _results(system: Apart, cohort: Cohort) -> dict[str, Any]:
    """A number of results for each journey, one after the other; the journeys side by side."""
    cohort.begin(JOURNEYS)
    processes = system.by_name()
    with _watched(processes) as most:
        before, began = seconds(processes), time.monotonic()

        def tell_all(journey: UUID) -> None:
            for number in range(RESULTS_EACH):
                _tell(system, cohort, journey, number)

        side_by_side(tell_all, cohort.ids)
        took, after = time.monotonic() - began, seconds(processes)
    results = JOURNEYS * RESULTS_EACH
    return {
        "results": results,
        "results_per_s": round(results / took, 2),
        "by_process": {
            name: {
                "most_megabytes": round(most[name] / MEGABYTE),
                "milliseconds_of_processor_per_result": round(
                    (after[name] - before[name]) * 1000 / results, 1
                ),
            }
            for name in processes
        },
    }


def _tell(system: Apart, cohort: Cohort, journey: UUID, number: int) -> None:
    now = datetime.now(UTC).isoformat()
    result = {"id": f"r-{number}", "analyte": "s_phos", "value": 1.0, "unit": "mmol/L"}
    payload = {"observations": [result | {"taken_at": now, "fasting": True}]}
    cohort.tell(journey, "observations", payload, now)

    def taken_in() -> bool | None:
        return system.get(address(journey))["events_waiting"] == 0 or None

    eventually(taken_in, f"result {number} is taken in", 300, 0.2)


def _evaluations(system: Apart) -> dict[str, float]:
    """Panels of twenty results, evaluated by several callers at once; nothing is stored."""
    process = system.by_name()["assessment"]
    url = f"{system.address_of('assessment')}/assessment/v1/evaluate"
    bodies, ends, counted = panels(), time.monotonic() + EVALUATE_SECONDS, [0] * CALLERS

    def call(caller: int) -> None:
        headers = {"Authorization": f"Bearer {system.token}", "X-Request-Id": str(uuid4())}
        with httpx2.Client(headers=headers, timeout=30) as http:
            while time.monotonic() < ends:
                answer = http.post(url, json=bodies[counted[caller] % len(bodies)])
                assert answer.status_code == 200, answer.text
                counted[caller] += 1

    with _watched({"assessment": process}) as most:
        before, began = seconds({"assessment": process})["assessment"], time.monotonic()
        callers = [threading.Thread(target=call, args=(one,)) for one in range(CALLERS)]
        for one in callers:
            one.start()
        for one in callers:
            one.join()
        took = time.monotonic() - began
        used = seconds({"assessment": process})["assessment"] - before
    return {
        "panels_per_s": round(sum(counted) / took, 1),
        "milliseconds_of_processor_per_panel": round(used * 1000 / sum(counted), 2),
        "most_megabytes": round(most["assessment"] / MEGABYTE),
    }


@contextmanager
def _watched(processes: dict[str, psutil.Process]) -> Iterator[dict[str, int]]:
    """The most memory that each was seen to hold."""
    most, ending = dict.fromkeys(processes, 0), threading.Event()

    def look() -> None:
        while not ending.wait(0.5):
            for name, process in processes.items():
                most[name] = max(most[name], process.memory_info().rss)

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield most
    finally:
        ending.set()
        watching.join()


if __name__ == "__main__":
    main()
