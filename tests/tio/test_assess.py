"""`tio assess`, typed for real."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.services.assessment.vectors import body_of, vectors

DC = {case["id"]: case for case in vectors()}


def tio(*arguments: str, standard_input: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tio", *arguments],
        input=standard_input,
        capture_output=True,
        text=True,
        check=False,
    )


def a_request(id: str = "DC1") -> dict[str, Any]:
    return body_of(DC[id])


def test_a_file_is_answered_with_the_apis_own_json(tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps(a_request()))

    done = tio("assess", str(file))

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["class"] == "TIO_PROBABLE"
    threshold = next(one for one in answer["derived"] if one["quantity"] == "tmp_gfr")
    assert threshold["value"] == 0.3
    assert threshold["formula"] == "payne-1998"


def test_standard_input_is_read() -> None:
    done = tio("assess", "-", standard_input=json.dumps(a_request("DC2")))
    assert json.loads(done.stdout)["class"] == "TIO_UNLIKELY"


def test_a_wrong_request_is_a_problem_on_standard_error() -> None:
    done = tio("assess", standard_input='{"observations": [{"value": 1}], "shoe": 2}')

    assert done.returncode == 2
    assert done.stdout == ""
    problem = json.loads(done.stderr)
    assert {"type", "title", "status", "detail", "instance", "errors"} == problem.keys()
    pointers = {error["pointer"] for error in problem["errors"]}
    assert pointers == {"/observations/0/id", "/shoe"}


def test_a_file_that_is_not_there_is_a_wrong_call() -> None:
    done = tio("assess", "no-such-file.json")
    assert done.returncode == 2
    assert done.stderr == "no-such-file.json cannot be read: No such file or directory\n"


def test_a_bad_line_gives_a_problem_on_its_line_and_the_rest_go_on() -> None:
    lines = [json.dumps(a_request("DC1")), "{broken", json.dumps(a_request("DC7"))]

    done = tio("assess", "--ndjson", standard_input="\n".join(lines))

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert [answer.get("class") for answer in answers] == ["TIO_PROBABLE", None, "TIO_UNLIKELY"]
    assert answers[1]["status"] == 400


def test_a_bare_number_is_asked_back_not_guessed() -> None:
    done = tio("assess", standard_input=json.dumps(a_request("DC15")))

    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["class"] == "INDETERMINATE"
    assert [refusal["rule"] for refusal in answer["rejected"]] == ["V-01"]


def test_knowledge_is_checked_listed_and_shown() -> None:
    assert tio("knowledge", "check").returncode == 0
    assert "R-02" in tio("knowledge", "list").stdout
    shown = tio("knowledge", "show", "R-02")
    assert "read status: secondary" in shown.stdout
    assert "dubourg-2022" in shown.stdout
    assert tio("knowledge", "show", "payne-1998").returncode == 0
    assert tio("knowledge", "show", "nonsense").returncode == 2
    assert tio("nonsense").returncode == 2
