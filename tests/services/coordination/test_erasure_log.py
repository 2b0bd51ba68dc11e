"""The list of erasures is read after a disaster, so whatever happened to it before, it is whole."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from services.coordination.erasure_log import AskedBefore, note
from services.coordination.upkeep_tables import ErasureRow

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def asked_for() -> ErasureRow:
    """Somebody who is to be forgotten."""
    return ErasureRow(
        organisation="north",
        journey=uuid4(),
        event=uuid4(),
        asked_by="lab",
        asked_at=NOW,
        next_try_at=NOW,
    )


def test_a_line_that_a_full_disk_cut_does_not_spoil_the_next(tmp_path: Path) -> None:
    log, first, second = tmp_path / "erasures.jsonl", asked_for(), asked_for()
    note(log, first)
    with log.open("a") as cut:
        cut.write('{"organisation": "north", "jour')

    note(log, second)

    read = [AskedBefore.model_validate_json(line) for line in log.read_text().splitlines()]
    assert [one.journey for one in read] == [first.journey, second.journey]
