"""Processes die at random while reminders fall due: each arrives once, at real receivers."""

from pathlib import Path

from tests.journeys.apart import Apart, apart
from tests.journeys.chaos import Cohort, disturb
from tests.journeys.conftest import a_ward

SIDE_BY_SIDE = 5
"""To one receiver; whoever is killed may have sent so many that nobody wrote down."""


def test_whichever_process_dies_every_reminder_arrives_once(tmp_path: Path) -> None:
    with a_ward(tmp_path / "data", apart) as ward:
        assert isinstance(ward.system, Apart)
        cohort = Cohort(ward, ward.system.engine)
        cohort.begin(12)
        counted = disturb(cohort, ward.system, seconds=24, kill_every=4, seed=1)

    assert counted["kills"] >= 4
    assert counted["reminders"] >= 18
    assert (counted["lost"], counted["doubled"]) == (0, 0)
    on_their_way = 2 * SIDE_BY_SIDE
    assert sum(counted["repeated_under_the_same_id"].values()) <= on_their_way * counted["kills"]
