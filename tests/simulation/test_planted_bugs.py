"""Bugs of the kinds that lose patients, planted on purpose: an invariant sees each of them."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules import sending_hours
from services.coordination import inbox, ledger, reminding
from services.coordination.contract import EventStored
from simulation.world import Outcome, Plan, simulate
from workflows.alarm import Alarm

A_YEAR = Plan(patients=4, years=1, seed=3, faults=())


def broken(outcome: Outcome) -> set[str]:
    """Which invariants did not hold?"""
    return {one.invariant for one in outcome.broken}


def test_without_a_planted_bug_nothing_is_broken() -> None:
    assert broken(simulate(A_YEAR)) == set()


def test_a_reminder_that_is_sent_before_the_commit_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    remind = reminding.remind

    async def said_at_once(session: AsyncSession, journey: Any, *about: Any) -> Any:
        next_wake, said = await remind(session, journey, *about)
        async with httpx2.AsyncClient() as http:
            for one in said:
                body = {"data": _as_told(one)}
                await http.post("http://hospital.example/reminders", json=body)
        return next_wake, said

    monkeypatch.setattr(ledger, "remind", said_at_once)
    assert "reminder sent, not recorded" in broken(simulate(A_YEAR))


def _as_told(reminder: Any) -> dict[str, Any]:
    names = ("journey", "rule", "occurrence", "act", "rung", "recipient", "means", "due")
    told: dict[str, Any] = {name: str(getattr(reminder, name)) for name in names}
    return told | {"reminder": str(reminder.id), "late": False}


def test_an_event_that_is_acknowledged_before_it_is_stored_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = inbox.store
    under_way = set()

    async def store_soon(session: AsyncSession, caller: Any, journey: Any, event: Any) -> Any:
        async def later() -> None:
            await asyncio.sleep(1)
            async with AsyncSession(session.bind, expire_on_commit=False) as own:
                held = await inbox.held(own, journey.organisation, journey.id)
                await store(own, caller, held, event)
                await own.commit()

        task = asyncio.create_task(later())
        under_way.add(task)
        return EventStored(event=event.id, stored_at=datetime.now(UTC), repeated=False)

    monkeypatch.setattr(inbox, "store", store_soon)
    assert "event acknowledged, not stored" in broken(simulate(A_YEAR))


def test_a_timer_that_is_not_cancelled_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    left_running: list[object] = []

    def only_forgotten(alarm: Alarm) -> None:
        left_running.append(alarm._sleep)
        alarm._sleep = None

    monkeypatch.setattr(Alarm, "put_away", only_forgotten)
    assert "timer not cancelled" in broken(simulate(A_YEAR))


def test_an_hour_that_forgets_the_clock_change_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_the_clock_of_july(day: date, clock: time, zone: ZoneInfo) -> datetime:
        july = datetime(day.year, 7, 1, 12, tzinfo=zone).utcoffset() or timedelta(0)
        return datetime.combine(day, clock, UTC) - july

    monkeypatch.setattr(sending_hours, "local_instant", by_the_clock_of_july)
    assert "wrong hour" in broken(simulate(A_YEAR))
