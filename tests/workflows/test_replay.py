"""Journeys that began with yesterday's code go on with today's."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workflows.codec import KeyRing
from workflows.replay import replay

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HISTORIES = sorted((HERE / "histories").glob("*.json"))


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_todays_code_understands_every_recorded_history(file: Path, keys: KeyRing) -> None:
    assert await replay([file], keys) == {file.stem: None}


def test_there_are_recorded_histories() -> None:
    assert len(HISTORIES) >= 2, "`make history` records one"


def test_a_changed_threshold_leaves_every_recorded_history_intact(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge")
    table = tmp_path / "knowledge" / "rules" / "fgf23.toml"
    before = table.read_text()
    table.write_text(
        before.replace("below = 30 ", "below = 45 ").replace("from = 30 ", "from = 45 ")
    )
    assert table.read_text() != before

    # The copy stands first on the path of a process that runs from there.
    assert typed(tmp_path, "knowledge", "list").returncode == 0
    assert version(tmp_path) != version(ROOT)
    replayed = typed(
        tmp_path, "replay", "--keys", f"{HERE / 'test-keys.json'}", f"{HERE / 'histories'}"
    )

    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


def typed(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`tio …`, typed in this folder."""
    return python(place, "-m", "tio", *arguments)


def version(place: Path) -> str:
    """Which edition of the knowledge is found from this folder?"""
    said = "from knowledge.edition import KNOWLEDGE_VERSION as v; print(v)"
    return python(place, "-c", said).stdout


def python(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One run of Python, in this folder."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=place, capture_output=True, text=True, timeout=120
    )
