"""Who finds journeys that do not go on, and what is noticed beside it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlmodel import select

from services.coordination.settings import CoordinationSettings
from services.coordination.stuck import BEHIND, SILENT, Finder, Place, keep, late
from services.coordination.upkeep_tables import StuckRow
from tests.services.coordination.builders import a_conclusion, a_progress, reported, started
from tests.services.coordination.conftest import Engine, app_of
from workflows.tending import Seen


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
