"""What a journey asks coordination's database for is its own, however many other journeys are."""

import asyncio
from pathlib import Path

import pytest

from services.chassis import migrations
from services.chassis.database import Database
from simulation.world import Plan, World
from tests.query_plans import asked, go_through_all


async def migrated(url: str) -> None:
    """Its tables are there; what making them asks is asked once."""
    database = Database(url)
    await migrations.migrate(database, "services.coordination")
    await database.close()


def test_in_years_of_a_hospital_no_question_goes_through_the_rows_of_all(tmp_path: Path) -> None:
    asyncio.run(migrated(f"sqlite:///{tmp_path / 'coordination.db'}"))
    with asked() as plans:
        assert not World(Plan(patients=8, years=2, seed=1), tmp_path).live().broken

    assert len(plans) > 50, "a hospital asks many things"
    assert go_through_all(plans) == {}


@pytest.mark.parametrize(
    "line",
    [
        "SCAN journey",
        "SEARCH journey USING INDEX ix_journey_in_phase_with (organisation=?)",
        "SEARCH obligation USING COVERING INDEX ix_obligation_open (status=?)",
    ],
)
def test_a_question_that_does_is_seen(line: str) -> None:
    assert go_through_all({"SELECT": [line]}) == {"SELECT": [line]}
