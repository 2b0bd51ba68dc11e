"""Each invariant can fail: shown what it is there to see, it says so. No run is needed for that."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.chassis.audit import GENESIS
from simulation.clock import Clock
from simulation.faults import Faults
from simulation.instance import Identity
from simulation.invariants import Invariants
from simulation.runs import Execution, Run

BEGAN = datetime(2026, 6, 1, 12, tzinfo=UTC)
JOURNEY, ID = UUID(int=1), UUID(int=2)
TABLES = """
CREATE TABLE journey (organisation, id, phase, revision, as_of, zone, next_due);
CREATE TABLE obligation (organisation, journey, rule, occurrence, due, ladder, service, status);
CREATE TABLE event (organisation, journey, id, kind, outcome, told_at);
CREATE TABLE reminder (id, organisation, status, recorded_at, due_at);
CREATE TABLE delivery (journey, reminder, organisation, status, created_at);
CREATE TABLE outbox (journey, stored_at);
CREATE TABLE audit_entry (number, at, previous, hash);
CREATE TABLE audit_head (entries, hash);
"""
"""What the invariants read of the real tables; where those are named otherwise, any run fails."""

SAID: dict[str, Any] = {
    "journey": str(JOURNEY),
    "reminder": str(ID),
    "rule": "FUP-01",
    "occurrence": "day-1",
    "rung": "T0",
    "recipient": "patient",
    "means": "letter",
    "due": "2026-06-01",
}


class Watched:
    """The invariants over tables that a test fills."""

    def __init__(self, file: Path) -> None:
        self.tables = sqlite3.connect(file, isolation_level=None)
        self.tables.executescript(TABLES)
        self.clock = Clock(BEGAN)
        self.faults = Faults.__new__(Faults)
        self.faults.explained = 0
        self.invariants = Invariants(file, self.clock, self.faults)

    def is_at(
        self,
        phase: str = "surveillance",
        revision: int = 1,
        next_due: Any = None,
        at: str = "12:00:00",
    ) -> None:
        """Coordination has committed that the journey stands here, at this time of its day."""
        self.put("DELETE FROM journey")
        row = (JOURNEY.hex, phase, revision, f"2026-06-01 {at}.000000", next_due)
        self.put("INSERT INTO journey VALUES ('north', ?, ?, ?, ?, 'UTC', ?)", *row)
        self.invariants.committed(JOURNEY.hex)

    def owes(self, ladder: str = "lab") -> None:
        """It owes a blood test."""
        due = ("FUP-01", "day-1", "2026-06-01")
        wanted = "INSERT INTO obligation VALUES ('north', ?, ?, ?, ?, ?, 'followup', 'open')"
        self.put(wanted, JOURNEY.hex, *due, ladder)

    def reminds(
        self,
        due_at: str = "2026-06-01 09:00:00.000000",
        receiver: str = "a",
        id: UUID = ID,
        **more: Any,
    ) -> None:
        """A reminder is recorded, and has arrived."""
        row = (id.hex, due_at)
        self.put("INSERT INTO reminder VALUES (?, 'north', 'sent', '', ?)", *row)
        self.invariants.received(receiver, SAID | {"reminder": str(id)} | more)

    def put(self, statement: str, *values: Any) -> None:
        """Change the tables."""
        self.tables.execute(statement, values)

    @property
    def broken(self) -> set[str]:
        """Which invariants did not hold?"""
        return {one.invariant for one in self.invariants.broken}


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """A run with nothing in it."""
    found = Watched(tmp_path / "coordination.sqlite")
    yield found
    found.tables.close()


def test_what_is_in_order_breaks_nothing(watched: Watched) -> None:
    watched.owes()
    watched.is_at(next_due="2026-06-01")
    watched.reminds()
    watched.invariants.sweep(timedelta(hours=1))
    watched.invariants.finish()

    assert watched.broken == set()


def test_progress_that_goes_back(watched: Watched) -> None:
    watched.is_at(revision=3)
    watched.is_at(revision=2)

    assert watched.broken == {"progress went back"}


@pytest.mark.parametrize(
    ("shown", "broken"),
    [
        ([(0, "12:01:30"), (1, "12:00:00")], set()),
        ([(0, "12:01:30"), (0, "12:00:00")], set()),
        ([(0, "12:01:30"), (0, "12:00:00"), (1, "11:59:59")], {"progress went back"}),
        ([(0, "12:01:30"), (1, "12:01:31"), (1, "12:01:30")], {"progress went back"}),
        ([(0, "12:00:00"), (1, "11:59:59")], {"progress went back"}),
        ([(1, "12:01:30"), (2, "12:00:00")], {"progress went back"}),
    ],
    ids=[
        "a machine was ahead until the first report",
        "until the first wake",
        "only once",
        "not after a report",
        "a machine was right",
        "a journey that has reported",
    ],
)
def test_a_clock_that_goes_back_but_for_a_machine_s_that_was_ahead(
    watched: Watched, shown: list[tuple[int, str]], broken: set[str]
) -> None:
    for revision, at in shown:
        watched.is_at(revision=revision, at=at)

    assert watched.broken == broken


@pytest.mark.parametrize(
    ("ladder", "phase", "next_due"),
    [
        ("nobody-hears-it", "surveillance", "2026-06-01"),
        ("lab", "closed", "2026-06-01"),
        ("lab", "surveillance", "2026-07-01"),
    ],
)
def test_something_due_that_nobody_will_do(
    watched: Watched, ladder: str, phase: str, next_due: str
) -> None:
    watched.owes(ladder)
    watched.is_at(phase, next_due=next_due)

    assert watched.broken == {"obligation without an owner"}


def test_an_event_that_was_promised_and_is_not_there_at_the_end(watched: Watched) -> None:
    watched.put(
        "INSERT INTO event VALUES ('north', ?, ?, 'study', 'applied', '')", JOURNEY.hex, ID.hex
    )
    watched.invariants.acknowledged(JOURNEY, ID, "study")
    assert watched.broken == set()
    watched.put("DELETE FROM event")
    watched.invariants.finish()

    assert watched.broken == {"event acknowledged, not stored"}


def test_what_lies_for_longer_than_any_outage(watched: Watched) -> None:
    old = "2026-05-01 00:00:00.000000"
    watched.put("INSERT INTO event VALUES ('north', 'j', 'e', 'study', 'waiting', ?)", old)
    watched.put("INSERT INTO delivery VALUES ('j', 'r', 'north', 'waiting', ?)", old)
    watched.put("INSERT INTO outbox VALUES ('j', ?)", old)
    watched.invariants.sweep(timedelta(days=3))

    assert watched.broken == {"event never read", "reminder lost", "journey never told"}


def test_a_reminder_that_counts_as_delivered_and_nobody_has(watched: Watched) -> None:
    watched.put("INSERT INTO delivery VALUES ('j', ?, 'north', 'delivered', '')", ID.hex)
    watched.invariants.finish()

    assert watched.broken == {"reminder lost"}


def test_a_reminder_that_comes_twice_though_nothing_failed(watched: Watched) -> None:
    watched.reminds()
    watched.faults.explained += 1
    watched.invariants.received("a", SAID)
    assert watched.broken == set()
    watched.invariants.received("a", SAID)

    assert watched.broken == {"reminder doubled"}


@pytest.mark.parametrize(
    ("due", "broken"), [("2026-06-08", {"reminder doubled"}), ("2026-06-09", set())]
)
def test_a_step_that_is_said_anew_though_its_day_has_hardly_moved(
    watched: Watched, due: str, broken: set[str]
) -> None:
    watched.reminds()
    watched.reminds(id=UUID(int=3), due=due)

    assert watched.broken == broken


def test_a_reminder_of_what_has_ended(watched: Watched) -> None:
    watched.owes()
    watched.is_at(next_due="2026-06-01")
    watched.put("UPDATE obligation SET status = 'done'")
    watched.is_at(revision=2)
    watched.clock.advance(60)
    watched.reminds()

    assert watched.broken == {"reminder after its reason ended"}


@pytest.mark.parametrize("due_at", ["2026-06-01 04:00:00.000000", "2026-06-02 09:00:00.000000"])
def test_a_reminder_at_night_or_before_its_turn(watched: Watched, due_at: str) -> None:
    watched.is_at()
    watched.reminds(due_at)

    assert watched.broken == {"wrong hour"}


def test_a_chain_whose_head_is_not_its_last_entry(watched: Watched) -> None:
    watched.put("INSERT INTO audit_head VALUES (0, ?)", GENESIS)
    watched.is_at()
    assert watched.broken == set()
    watched.put("UPDATE audit_head SET entries = 1")
    watched.is_at()

    assert watched.broken == {"audit chain broken"}


async def test_a_journey_that_waits_for_nothing_or_wakes_too_late(watched: Watched) -> None:
    run = Run(Identity(f"journey/north/{JOURNEY}", "r", "r", BEGAN))
    execution = Execution(run.identity.workflow_id, run)
    watched.invariants.rested(execution)
    assert watched.broken == {"journey without a next step"}

    watched.invariants.broken.clear()
    answer = json.dumps({"at": (BEGAN + timedelta(hours=1)).isoformat()}).encode()
    watched.invariants.told_to_wake(str(JOURNEY), answer)
    run.timers[1] = asyncio.get_running_loop().call_later(60, lambda: None)
    run.fires_at[1] = BEGAN + timedelta(hours=2)
    watched.invariants.rested(execution)
    run.timers[1].cancel()

    assert watched.broken == {"reminder lost"}
