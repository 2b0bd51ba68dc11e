"""Many journeys on one machine: reminders all at once, journeys at rest, processes that die.

`BENCH_JOURNEYS` says how many, where the usual number takes too long.
"""

import asyncio
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.journeys.apart import Apart, apart
from tests.journeys.chaos import Cohort, counted, disturb
from tests.journeys.conftest import BringUp, Ward, a_ward
from tests.journeys.system import System, eventually
from tests.journeys.together import Together, together

BURST, RESTING, DISTURBED = 500, 10_000, 200
"""The story of a burst has two reminders on its first morning."""

MOST_LATE_SECONDS = 60
DUE_WITHIN_SECONDS, KILL_EVERY_SECONDS = 180.0, 4.0
SETTLE_SECONDS, IDLE_SECONDS = 20, 30
SMALL = 100_000


Spent = dict[str, float]


def how_many(usual: int) -> int:
    """The usual number of journeys, unless another one was asked for."""
    return int(os.environ.get("BENCH_JOURNEYS", usual))


@contextmanager
def a_cohort(
    number: int, bring_up: BringUp, with_mail: bool = True
) -> Iterator[tuple[Cohort, float]]:
    """So many journeys on a ward, and how many of them were begun in a second."""
    with (
        tempfile.TemporaryDirectory() as folder,
        a_ward(Path(folder) / "data", bring_up, with_mail) as ward,
    ):
        cohort = Cohort(ward, mortal(ward).engine)
        began = time.monotonic()
        cohort.begin(number)
        yield cohort, number / (time.monotonic() - began)


def mortal(ward: Ward) -> Apart | Together:
    """The ward's system, as one whose processes can be killed."""
    assert isinstance(ward.system, Apart | Together)
    return ward.system


def burst() -> dict[str, Any]:
    """A thousand reminders due at one moment: how late is the last of them at its receiver?"""
    number = how_many(BURST)
    # One receiver: a reminder is one message.
    with a_cohort(number, together, with_mail=False) as (cohort, rate):
        expected = cohort.on_the_first_morning()
        at = time.time() + 30 + number / 10
        asyncio.run(cohort.move_clocks(dict.fromkeys(cohort.ids, at)))
        assert time.time() < at, "the clocks were moved too slowly"
        time.sleep(at - time.time())
        before = spent(mortal(cohort.ward).processes())
        all_arrived(cohort.ward, expected.total() * number)
        burst = spent(mortal(cohort.ward).processes(), before)
        told = counted(cohort, dict.fromkeys(cohort.ids, expected))
        sizes = megabytes_of_databases(cohort.ward.system)
    return {
        "journeys": number,
        "journeys_begun_per_s": round(rate, 1),
        **told,
        "late_s_aim_below": MOST_LATE_SECONDS,
        "megabytes_of_databases": sizes,
        "milliseconds_of_processor_per_reminder": {
            name: round(seconds * 1000 / told["reminders"], 1) for name, seconds in burst.items()
        },
    }


def all_arrived(ward: Ward, number: int) -> None:
    """Wait until the receiver has heard so much more; asking the system would slow it down."""
    had = ward.webhooks.accepted
    most = len(had) + number

    def arrived() -> bool | None:
        return len(had) >= most or None

    eventually(arrived, f"{number} reminders arrive", 5 * MOST_LATE_SECONDS)


def rest() -> dict[str, Any]:
    """Ten thousand open journeys at rest: memory, databases, and the processor time they take."""
    number = how_many(RESTING)
    with a_cohort(0, together) as (cohort, _):
        began = time.monotonic()
        cohort.suspect(number)
        rate = number / (time.monotonic() - began)
        system = mortal(cohort.ward)
        time.sleep(SETTLE_SECONDS)
        before = spent(system.processes())
        time.sleep(IDLE_SECONDS)
        idle = spent(system.processes(), before)
        memory: Counter[str] = Counter()
        for process in system.processes():
            memory[process.name()] += round(process.memory_info().rss / 1e6)
        sizes = megabytes_of_databases(system)
    return {
        "open_journeys": number,
        "journeys_begun_per_s": round(rate, 1),
        "megabytes_of_memory": dict(memory),
        "megabytes_of_databases": sizes,
        "kilobytes_per_journey": round(sum(sizes.values()) * 1000 / number, 1),
        "idle_cores": {name: round(s / IDLE_SECONDS, 3) for name, s in idle.items()},
    }


def megabytes_of_databases(system: System) -> dict[str, float]:
    """How large is each file in which something is remembered?"""
    return {
        file.name: round(file.stat().st_size / 1e6, 1)
        for file in sorted(system.data.iterdir())
        if ".db" in file.name and file.stat().st_size > SMALL
    }


def spent(processes: Iterable[psutil.Process], before: Spent | None = None) -> Spent:
    """How many seconds of processor time have these used, by name, since before?"""
    now: Spent = defaultdict(float)
    for one in processes:
        times = one.cpu_times()
        now[one.name()] += times.user + times.system
    return {name: seconds - (before or {}).get(name, 0) for name, seconds in now.items()}


def processes_die() -> dict[str, Any]:
    """Reminders due over three minutes while one process of six is killed every few seconds."""
    return _chaos(apart)


def all_of_it_dies() -> dict[str, Any]:
    """The same with `tio up`: the process, the engine under it, or both."""
    return _chaos(together)


def _chaos(bring_up: BringUp) -> dict[str, Any]:
    with a_cohort(how_many(DISTURBED), bring_up) as (cohort, _):
        seed = int(os.environ.get("BENCH_SEED", 1))
        told = disturb(cohort, mortal(cohort.ward), DUE_WITHIN_SECONDS, KILL_EVERY_SECONDS, seed)
    return {"seed": seed, **told}
