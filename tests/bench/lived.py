"""A year of journeys on the real system, its processes apart: what it costs each of them."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from tests.bench.crowd import a_cohort, how_many
from tests.journeys.apart import SERVICES, Apart, apart
from tests.journeys.chaos import Cohort, address, side_by_side
from tests.journeys.system import eventually

JOURNEYS, MONTHS, DAYS = 10, 12, 30
RESULT = {"analyte": "s_phos", "value": 1.0, "unit": "mmol/L", "fasting": True}


def a_lived_year() -> dict[str, Any]:
    """A result every month after an operation: processor time and bytes of each part."""
    number = how_many(JOURNEYS)
    with a_cohort(number, apart) as (cohort, _):
        system = cohort.ward.system
        assert isinstance(system, Apart)
        used, kept = seconds(system.by_name()), kilobytes(system.data)
        for month in range(MONTHS):
            side_by_side(partial(_a_month, cohort, month), cohort.ids)
        years = number * MONTHS * DAYS / 365
        used_then, kept_then = seconds(system.by_name()), kilobytes(system.data)
        reminders = sum(len(cohort.sent(journey)) for journey in cohort.ids)
    return {
        "journeys": number,
        "months": MONTHS,
        "per_journey_year": {
            "reminders": round(reminders / years, 1),
            "processor_seconds": {
                name: round((used_then[name] - used[name]) / years, 2) for name in used
            },
            "kilobytes_kept": {
                name: round((kept_then[name] - kept[name]) / years, 1) for name in kept
            },
        },
    }


def _a_month(cohort: Cohort, month: int, journey: UUID) -> None:
    """Time passes, then a result comes in."""
    system = cohort.ward.system
    answer = system.send("POST", f"{address(journey)}/fast-forward", {"days": DAYS})
    assert answer.status_code == 200, answer.text
    at = answer.json()["as_of"]
    result = RESULT | {"id": f"result-{month}", "taken_at": at}
    cohort.tell(journey, "observations", {"observations": [result]}, at)

    def taken_in() -> bool | None:
        return system.get(address(journey))["events_waiting"] == 0 or None

    eventually(taken_in, f"month {month} is taken in by {journey}", PATIENCE.total_seconds(), 0.5)


PATIENCE = timedelta(minutes=5)


def seconds(processes: dict[str, psutil.Process]) -> dict[str, float]:
    """What has each used up?"""
    times = {name: one.cpu_times() for name, one in processes.items()}
    return {name: one.user + one.system for name, one in times.items()}


def kilobytes(data: Path) -> dict[str, float]:
    """How much does each database hold?"""
    held = {}
    for name in (*SERVICES, "temporal"):
        with closing(sqlite3.connect(f"file:{data / name}.db?mode=ro", uri=True)) as database:
            [[pages]] = database.execute("PRAGMA page_count")
            [[size]] = database.execute("PRAGMA page_size")
        held[name] = pages * size / 1000
    return held
