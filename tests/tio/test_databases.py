"""`tio migrate` and `tio verify-audit`, on a data folder."""

import json
import sqlite3
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.data_folder import SERVICES
from tio.__main__ import main
from workflows.codec import KeyRing


def test_migrate_brings_every_database_to_its_newest_shape_and_may_be_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate", "--data", str(tmp_path)]) == 0
    assert "assessment: 0001" in capsys.readouterr().out

    assert main(["migrate", "--data", str(tmp_path)]) == 0
    assert "coordination: is at its newest shape" in capsys.readouterr().out


def test_a_changed_audit_entry_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "--data", str(tmp_path)]) == 0
    assert main(["verify-audit", "--data", str(tmp_path)]) == 0

    with sqlite3.connect(tmp_path / "followup.db") as database:
        database.execute("INSERT INTO audit_head (id, entries, hash) VALUES (1, 3, 'f00')")
    database.close()
    capsys.readouterr()

    assert main(["verify-audit", "--data", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "followup: 0 entries, BROKEN" in said
    assert "assessment: 0 entries, intact" in said


def test_without_a_folder_the_environment_must_say_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TIO_ASSESSMENT_DATABASE_URL", raising=False)

    with pytest.raises(SystemExit) as ended:
        main(["migrate", "assessment"])

    assert ended.value.code == 2
    assert "TIO_ASSESSMENT_DATABASE_URL" in capsys.readouterr().err


def test_a_preview_finds_the_databases_as_every_command_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for service in SERVICES:
        (tmp_path / service).write_text(f"sqlite:///{tmp_path / service}.db")
        place = str(tmp_path / service)
        monkeypatch.setenv(f"TIO_{service.upper()}_OWNER_DATABASE_URL_FILE", place)

    assert main(["journeys", "preview", "any"]) == 2
    assert "run `tio migrate`" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["migrate", "forget-again"])
def test_an_address_that_cannot_be_used_is_said_in_a_sentence(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed = tmp_path / "erasures.jsonl"
    ids = {name: str(uuid4()) for name in ("journey", "event")}
    listed.write_text(json.dumps({"organisation": "north", "asked_at": "2026-03-01T00:00Z"} | ids))
    typed = {"migrate": ["migrate", "coordination"], "forget-again": ["forget-again", str(listed)]}
    for name in ("OWNER_DATABASE_URL", "DATABASE_URL"):
        monkeypatch.delenv(f"TIO_COORDINATION_{name}", raising=False)

    monkeypatch.setenv("TIO_COORDINATION_DATABASE_URL_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(SystemExit) as ended:
        main(typed[command])
    assert ended.value.code == 2
    assert "TIO_COORDINATION_DATABASE_URL_FILE cannot be read" in capsys.readouterr().err

    monkeypatch.delenv("TIO_COORDINATION_DATABASE_URL_FILE")
    monkeypatch.setenv(
        "TIO_COORDINATION_DATABASE_URL", f"sqlite:///{tmp_path / 'no' / 'folder'}.db"
    )
    assert main(typed[command]) == 2
    assert "a database cannot be used: OperationalError" in capsys.readouterr().err


def test_a_folder_without_databases_is_a_wrong_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["verify-audit", "--data", str(tmp_path / "empty")]) == 2
    assert "tio migrate" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["migrate", "--data", str(tmp_path / "nowhere")])
    assert ended.value.code == 2


@pytest.mark.parametrize("content", [None, "{}", "no json"])
def test_a_file_that_is_no_history_is_a_wrong_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    keys, history = tmp_path / "keys.json", tmp_path / "history.json"
    KeyRing.create(keys)
    if content is not None:
        history.write_text(content)

    assert main(["replay", "--keys", str(keys), str(history)]) == 2
    assert "is no recorded history" in capsys.readouterr().err
    assert main(["replay", "--keys", str(tmp_path / "no-keys.json"), str(history)]) == 2
