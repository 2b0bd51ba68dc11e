"""What half a life of a journey costs, and how soon it is read again."""

import asyncio

import pytest

from tests.workflows.conftest import TEST_KEYS
from tests.workflows.thirty_years import YEARS, Run, lived, seconds_to_replay
from workflows.codec import KeyRing

MOST_EVENTS_IN_A_RUN = 500
MOST_EVENTS_IN_A_YEAR = 150
MOST_TRANSITIONS_IN_A_YEAR = 70
MOST_SECONDS = 2.0
"""For the run that is open: a worker never reads more. `make scale` tells all thirty together."""


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    """Thirty years with a result every month, lived once for all of these."""
    return asyncio.run(lived(KeyRing.read(TEST_KEYS)))


def test_a_run_begins_every_year_and_none_grows_long(runs: list[Run]) -> None:
    assert len(runs) >= YEARS
    assert max(run.events for run in runs) <= MOST_EVENTS_IN_A_RUN


def test_a_year_with_a_result_every_month_costs_few_events(runs: list[Run]) -> None:
    assert sum(run.events for run in runs) / YEARS <= MOST_EVENTS_IN_A_YEAR


def test_a_year_with_a_result_every_month_costs_few_state_transitions(runs: list[Run]) -> None:
    assert sum(run.transitions for run in runs) / YEARS <= MOST_TRANSITIONS_IN_A_YEAR


async def test_no_run_of_thirty_years_keeps_its_reader_waiting(
    runs: list[Run], keys: KeyRing
) -> None:
    assert max(await seconds_to_replay(runs, keys)) < MOST_SECONDS
