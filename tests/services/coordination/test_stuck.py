"""Who finds journeys that do not go on, and what is noticed beside it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlmodel import select

from services.coordination.repairing import Repairs
from services.coordination.settings import CoordinationSettings
from services.coordination.stuck import (
    BEHIND,
    MOST_SUSPECTS,
    SILENT,
    UNSETTLED,
    UNTOLD,
    Finder,
    Place,
    keep,
    late,
)
from services.coordination.tables import EventRow, OutboxRow
from services.coordination.upkeep_tables import StuckRow
from tests.services.coordination.builders import (
    a_conclusion,
    a_progress,
    an_event,
    reported,
    started,
    told,
)
from tests.services.coordination.conftest import Engine, app_of, served, until
from workflows.tending import Runs, Seen


@pytest.mark.parametrize(("asleep_for", "found"), [(60, False), (94, True)])
async def test_a_journey_is_silent_when_it_sleeps_longer_than_one_whose_service_named_a_day(
    api: httpx2.AsyncClient, asleep_for: int, found: bool
) -> None:
    """In yearly surveillance nothing is due for months: that is no journey that stands still."""
    journey, now = await started(api), datetime.now(UTC)
    last = now - timedelta(days=asleep_for)
    concluded = a_conclusion(look_again=f"{now.date() + timedelta(days=200)}")
    await reported(api, journey, a_progress(1, at=last.isoformat(), conclusion=concluded))

    async with app_of(api).state.upkeep.database.across.reading() as session:
        stuck = await late(session, now, timedelta(minutes=5))
    assert ((Place("north", journey), SILENT) in stuck) is found


async def test_one_journey_of_which_much_waits_hides_no_other(
    api: httpx2.AsyncClient, engine: Engine
) -> None:
    engine.away = True
    much, little = await started(api), await started(api)
    now, long_ago = datetime.now(UTC), datetime.now(UTC) - timedelta(days=1)
    at = long_ago
    async with app_of(api).state.upkeep.database.across.transaction() as session:
        for row in (await session.exec(select(OutboxRow))).all():
            await session.delete(row)
        for journey in (*[much] * (MOST_SUSPECTS + 1), little):
            at += timedelta(seconds=1)
            outbox: dict[str, Any] = {"stored_at": at, "next_try_at": now + timedelta(days=1)}
            place: dict[str, Any] = {
                "organisation": "north",
                "journey": journey,
                "kind": "observations",
            }
            session.add(OutboxRow(**place, event=uuid4(), **outbox))
            told_by: dict[str, Any] = {
                "request_hash": "",
                "told_by": "lab",
                "told_at": at,
                "occurred_at": at,
            }
            session.add(EventRow(**place, id=uuid4(), payload={}, **told_by))

    async with app_of(api).state.upkeep.database.across.reading() as session:
        stuck = await late(session, now, timedelta(minutes=5))
    both = {Place("north", much), Place("north", little)}
    assert {place for place, reason in stuck if reason == UNTOLD} == both
    assert {place for place, reason in stuck if reason == UNSETTLED} == both
    assert stuck[Place("north", much), UNTOLD] == long_ago + timedelta(seconds=1)


@dataclass
class Answering(Engine):
    """Its journeys say what they have heard, if they say anything."""

    says: Seen = field(default_factory=lambda: Seen(Runs.RUNNING))

    async def look_at(self, organisation: str, journey_id: UUID) -> Seen:
        return self.says


async def test_what_a_journey_has_heard_and_cannot_hand_over_is_not_told_again_each_minute(
    settings: CoordinationSettings, north: str
) -> None:
    """A service may be away for months: each telling is an event of the journey's history."""
    engine = Answering()
    async with served(settings, engine, north) as api:
        journey, heard, unheard = await started(api), an_event(), an_event()
        for event in (heard, unheard):
            await told(api, journey, event)
        await until(lambda: len(engine.events()) == 2)
        repairs = Repairs(app_of(api).state.upkeep.database.across, engine)

        for silent in (Seen(Runs.RUNNING), Seen(Runs.FAILING)):
            engine.says = silent
            assert await repairs.repair("north", journey) == []
        engine.says = Seen(Runs.RUNNING, revision=3, seen=(UUID(heard["id"]),))
        assert await repairs.repair("north", journey) == ["told what waits"]
        await until(lambda: len(engine.events()) == 3)
        assert engine.events()[-1] == UUID(unheard["id"])


async def test_what_is_noticed_while_somebody_looks_is_not_taken_for_over(
    api: httpx2.AsyncClient, engine: Engine, settings: CoordinationSettings
) -> None:
    journeys = [uuid4() for _ in range(3)]
    for journey in journeys:
        told = {"patient": {"id": f"MRN-{journey}"}}
        answer = await api.put(f"/coordination/v1/journeys/{journey}", json=told)
        assert answer.status_code == 200
    upkeep = app_of(api).state.upkeep

    class Reporting(Engine):
        """While one journey is looked at, the others report what does not go with the record."""

        async def look_at(self, organisation: str, journey_id: UUID) -> Seen:
            seen = await super().look_at(organisation, journey_id)
            async with upkeep.database.across.transaction() as session:
                for other in journeys:
                    if other != journey_id:
                        await keep(session, Place(organisation, other), BEHIND, datetime.now(UTC))
            return seen

    everyone = upkeep.database.across
    only_looks = settings.model_copy(update={"repair_stuck": False})
    finder = Finder(everyone, Reporting(), only_looks, app_of(api).state.metrics)
    await finder.work()

    async with everyone.reading() as session:
        rows = (await session.exec(select(StuckRow))).all()
    assert {row.journey for row in rows} == set(journeys)
