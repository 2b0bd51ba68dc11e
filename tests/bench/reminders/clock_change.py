"""Half past two, every day, where the clock is moved: which day has none, which has two?"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleBackfill,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
)

from deploy.temporal_server import embedded
from knowledge.rules.clock import local_instant

ZONE, HALF_PAST_TWO = ZoneInfo("Europe/Berlin"), time(2, 30)
NIGHTS = (date(2026, 3, 27), date(2026, 10, 23))
"""Two days before each change of the clock; five days are looked at."""

DAYS = 5
NAME = "half-past-two"


def stretch(first: date) -> tuple[datetime, datetime]:
    """From midnight to midnight, there."""
    begins = datetime.combine(first, time(0), ZONE)
    return begins.astimezone(UTC), datetime.combine(first + timedelta(DAYS), time(0), ZONE)


def told(instants: Iterable[datetime]) -> dict[str, int]:
    """How many days have none of these instants, and how many too many are there?"""
    on = Counter(instant.astimezone(ZONE).date() for instant in instants)
    days = [first + timedelta(day) for first in NIGHTS for day in range(DAYS)]
    return {
        "lost": sum(on[day] == 0 for day in days),
        "doubled": sum(max(0, on[day] - 1) for day in days),
    }


def ours() -> dict[str, int]:
    """As our ladders compute it."""
    days = [first + timedelta(day) for first in NIGHTS for day in range(DAYS)]
    return told(local_instant(day, HALF_PAST_TWO, ZONE) for day in days)


def apscheduler() -> dict[str, int]:
    """As its cron trigger says it."""
    trigger, found = CronTrigger(hour=2, minute=30, timezone=ZONE), []
    for first in NIGHTS:
        now, ends = stretch(first)
        last: datetime | None = None
        while True:
            last = trigger.get_next_fire_time(last, now)
            if last is None or last >= ends:
                break
            found.append(last)
            now = last
    return told(found)


async def temporal_schedule(folder: Path) -> dict[str, int]:
    """As a schedule with this time zone starts its workflows."""
    async with embedded(folder / "temporal.db") as server:
        temporal = await Client.connect(server.address, namespace=server.namespace)
        action = ScheduleActionStartWorkflow("Nobody", id=NAME, task_queue="nobody")
        spec = ScheduleSpec(cron_expressions=["30 2 * * *"], time_zone_name=str(ZONE))
        many = ScheduleOverlapPolicy.ALLOW_ALL
        schedule = await temporal.create_schedule(
            NAME,
            Schedule(
                action=action,
                spec=spec,
                policy=SchedulePolicy(overlap=many),
                state=ScheduleState(paused=True),
            ),
        )
        stretches = (stretch(first) for first in NIGHTS)
        await schedule.backfill(
            *(ScheduleBackfill(begins, ends, overlap=many) for begins, ends in stretches)
        )
        found: list[str] = []

        for _ in range(20):
            found = [run.id async for run in temporal.list_workflows()]
            if len(found) >= DAYS * len(NIGHTS):
                break
            await asyncio.sleep(0.5)
    stamps = (id.removeprefix(f"{NAME}-") for id in found if id.startswith(f"{NAME}-"))
    return told(datetime.fromisoformat(stamp) for stamp in stamps)
