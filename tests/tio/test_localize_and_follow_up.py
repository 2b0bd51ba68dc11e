"""`tio localize` and `tio follow-up` answer without a server, one request or one a line."""

import argparse
import io
import json
from pathlib import Path

import pytest

from tio import follow_up, localize


def typed(command: str, *arguments: str) -> int:
    """What comes of typing this?"""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    localize.add_parser(commands)
    follow_up.add_parser(commands)
    chosen = parser.parse_args([command, *arguments])
    code: int = chosen.run(chosen)
    return code


def _typed_in(text: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()))


def test_a_request_in_a_file_is_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps({"biochemistry_confirmed": True}))

    assert typed("localize", str(file)) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "INCOMPLETE"


def test_a_bad_line_is_a_problem_on_its_line_and_the_rest_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"history": [{"performed_at": "2024-04-10"}], "as_of": "2024-04-11T08:00:00Z"}
    bad = {"history": [{"performed_at": "2024-04-10T08:00:00"}]}
    never = {"history": [{"agent": "burosumab", "given_on": "9999-12-31"}]}
    lines = [json.dumps(good), "{", json.dumps(bad), "", json.dumps(never), json.dumps(good)]
    monkeypatch.setattr("sys.stdin", _typed_in("\n".join(lines)))

    assert typed("follow-up", "-", "--ndjson") == 2
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [a.get("state", a.get("status")) for a in answers] == [
        "POSTOPERATIVE",
        400,
        422,
        422,
        "POSTOPERATIVE",
    ]
    assert "/history/0/performed_at" in [e["pointer"] for e in answers[2]["errors"]]


def test_a_wrong_request_is_told_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "request.json"
    file.write_text('{"colour": "blue"}')

    assert typed("localize", str(file)) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert json.loads(told.err)["errors"][0]["pointer"] == "/colour"
    assert typed("localize", str(tmp_path / "nowhere.json")) == 2


def test_what_is_no_json_at_all_is_a_problem_however_deep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", _typed_in("[" * 100_000))

    assert typed("localize", "-") == 2
    assert json.loads(capsys.readouterr().err)["status"] == 400
