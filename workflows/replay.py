"""Do journeys that began with yesterday's code go on with today's? Histories tell."""

from collections.abc import Iterable
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from workflows.codec import KeyRing, data_converter
from workflows.journey import TioJourney
from workflows.worker import RUNNER


class NoHistory(Exception):
    """This file is not the recording of a journey."""


async def replay(files: Iterable[Path], keys: KeyRing) -> dict[str, Exception | None]:
    """What today's code makes of each recorded history: None, or where it goes another way."""
    replayer = Replayer(
        workflows=[TioJourney], data_converter=data_converter(keys), workflow_runner=RUNNER
    )
    outcomes: dict[str, Exception | None] = {}
    for file in files:
        history = _recorded(file)
        replayed = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        outcomes[file.stem] = replayed.replay_failure
    return outcomes


def _recorded(file: Path) -> WorkflowHistory:
    try:
        return WorkflowHistory.from_json(file.stem, file.read_text("utf-8"))
    except (OSError, ValueError) as unreadable:
        raise NoHistory(f"{file} is no recorded history: {unreadable}") from None
