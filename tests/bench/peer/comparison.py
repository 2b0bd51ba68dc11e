"""Panels a second: ours and the peer's, in turns, and whether both say the same class."""

import json
import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from knowledge import shelf
from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest
from tests.bench import pure
from tests.bench.panels import panels
from tests.bench.peer.limits import parameters

ENGINE, TRANSLATOR = "cql-execution@3.3.2", "@cqframework/cql@5.3.0"
ROUNDS = 8
WARM_UP = 3
AIM = 10


def against_cql_execution() -> dict[str, Any] | str:
    """How many times as many panels do we assess? Or why that could not be found out."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "skipped: no Node"
    with tempfile.TemporaryDirectory() as folder:
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", ENGINE]
        got = subprocess.run([*install, TRANSLATOR], cwd=folder, capture_output=True, check=False)
        if got.returncode:
            return "skipped: npm could not install the peer"
        return _measured(Path(folder))


def _measured(folder: Path) -> dict[str, Any]:
    """One core, both warm, in turns; each side's best round counts."""
    asked = pure.requests()
    (folder / "job.json").write_text(json.dumps(_job(asked)))
    script = files("tests.bench.peer").joinpath("run.mjs")
    node = subprocess.Popen(
        ["node", str(script), "job.json"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert node.stdin is not None
    assert node.stdout is not None

    def heard() -> dict[str, Any]:
        assert node.stdout is not None
        answer: dict[str, Any] = json.loads(node.stdout.readline())
        return answer

    try:
        peer = heard()
        ours = _ours(asked)
        _must_agree(ours, peer["classes"])
        own_rounds, peer_rounds = [], []
        for _ in range(WARM_UP + ROUNDS):
            own_rounds.append(pure.seconds(asked))
            node.stdin.write("round\n")
            node.stdin.flush()
            peer_rounds.append(heard()["seconds"])
    finally:
        node.stdin.close()
        node.wait()
    own, other = min(own_rounds), min(peer_rounds)
    fired = [len(answer.fired_rules) for answer in ours.values()]
    return {
        "panels_per_s": round(len(asked) / own),
        "cql_execution_panels_per_s": round(len(asked) / other),
        "ratio": round(other / own, 1),
        "aim": AIM,
        "panels": len(asked),
        "same_class": len(asked),
        "classes": len({answer.tio_class for answer in ours.values()}),
        "cql_definitions": peer["definitions"],
        "cql_expressions": peer["expressions"],
        "our_rules": len(shelf.rules()),
        "our_rules_fired_per_panel": round(sum(fired) / len(fired), 1),
    }


def _job(asked: list[EvaluateRequest]) -> dict[str, Any]:
    """All that the peer needs: its model, its rules, their numbers, and the panels."""
    peer = files("tests.bench.peer")
    return {
        "model": peer.joinpath("model.xml").read_text("utf-8"),
        "rules": peer.joinpath("rules.cql").read_text("utf-8"),
        "parameters": parameters(asked[0]),
        "panels": [_plain(panel) for panel in panels()],
    }


def _plain(panel: dict[str, Any]) -> dict[str, Any]:
    """One of our panels in the words of the peer's model."""
    told, findings = panel["patient"], panel["findings"]
    return {
        "patient": {
            "id": told["id"],
            "sex": told["sex"],
            "birthDate": told["birth_date"],
            "glucosuria": findings["glucosuria"],
            "aminoaciduria": findings["aminoaciduria"],
            "familyHistory": findings["family_history_low_phosphate"],
        },
        "observations": [
            {
                "id": one["id"],
                "analyte": one["analyte"],
                "value": one["value"],
                "unit": one["unit"],
                "taken": one["taken_at"].replace("+08:00", ".000+08:00"),
                "fasting": one["fasting"],
                "assay": one.get("assay"),
            }
            for one in panel["observations"]
        ],
    }


def _ours(asked: list[EvaluateRequest]) -> dict[str, Assessment]:
    return {r.patient.id: assess(r) for r in asked if r.patient is not None and r.patient.id}


def _must_agree(ours: dict[str, Assessment], peers: dict[str, str]) -> None:
    """A faster answer that is another answer would be no comparison."""
    differing = {
        id: f"{answer.tio_class}, the peer says {peers.get(id)}"
        for id, answer in ours.items()
        if peers.get(id, "").split(" ")[-1] != answer.tio_class
    }
    if differing:
        raise AssertionError(f"{len(differing)} panels judged differently: {differing}")
