"""Journeys that began with yesterday's code go on with today's."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from workflows.codec import KeyRing, data_converter
from workflows.journey import TioJourney
from workflows.worker import RUNNER

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def recorded(file: Path) -> WorkflowHistory:
    """A history as it was written down."""
    return WorkflowHistory.from_json(file.stem, file.read_text())


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_todays_code_understands_every_recorded_history(file: Path, keys: KeyRing) -> None:
    replayer = Replayer(
        workflows=[TioJourney], data_converter=data_converter(keys), workflow_runner=RUNNER
    )

    await replayer.replay_workflow(recorded(file))


def test_there_are_recorded_histories() -> None:
    assert len(HISTORIES) >= 2, "`make history` records one"
