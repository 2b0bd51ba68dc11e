"""`tio journeys`: who is stuck, what is kept of ended runs, what an edition would change."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from knowledge.edition import KNOWLEDGE_VERSION
from tests.journeys.system import System, a_system, eventually
from tests.postgres import environ_of
from tio.__main__ import main

Typed = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """All of it, with a sweep that does not let us wait."""
    data = tmp_path_factory.mktemp("looked-after") / "data"
    with a_system(data, TIO_COORDINATION_ARCHIVE_INTERVAL_SECONDS="0.5") as system:
        yield system


@pytest.fixture
def typed(
    system: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Typed:
    """`tio journeys …`, typed on this machine: the code, and what it said."""
    databases = environ_of(system.data)
    for name, address in databases.items():
        monkeypatch.setenv(name, address)

    def type_it(verb: str, *arguments: str) -> tuple[int, str]:
        folder = ["--data", str(system.data)]
        place = [*folder, "--url", system.url]
        if verb == "preview":  # it looks into the databases, wherever they are
            place = [] if databases else folder
        code = main(["journeys", verb, *arguments, *place])
        said = capsys.readouterr()
        return code, said.out + said.err

    return type_it


def a_journey(system: System) -> str:
    """A journey that has begun."""
    journey = str(uuid4())
    address = f"/coordination/v1/journeys/{journey}"
    assert system.send("PUT", address, {"patient": {"id": f"MRN-{journey}"}}).is_success
    return journey


def tell(system: System, journey: str, kind: str, payload: dict[str, Any]) -> None:
    """Something happens."""
    now = datetime.now(UTC).isoformat()
    event = {"id": str(uuid4()), "kind": kind, "occurred_at": now, "payload": payload}
    answer = system.send("POST", f"/coordination/v1/journeys/{journey}/events", event)
    assert answer.status_code == 202, answer.text


def test_a_run_that_has_ended_can_be_read_until_the_person_is_erased(
    system: System, typed: Typed
) -> None:
    journey = a_journey(system)
    tell(system, journey, "observations", {"observations": []})
    tell(system, journey, "withdrawal", {})
    address = f"/coordination/v1/journeys/{journey}"
    runs = eventually(lambda: system.get(f"{address}/runs")["runs"] or None, "the run is kept")

    code, said = typed("runs", journey)
    assert code == 0
    assert f"{runs[0]['run']}  " in said
    assert "completed" in said

    code, said = typed("history", journey, runs[0]["run"])
    assert code == 0
    assert len(json.loads(said)["events"]) == runs[0]["events"]
    assert "withdrawal" not in system.get(f"{address}/runs/{runs[0]['run']}")["history"]

    tell(system, journey, "withdrawal", {"erase": True})
    eventually(lambda: system.get(f"{address}/erasure")["done_at"], "they are forgotten")
    code, said = typed("history", journey, runs[0]["run"])
    assert code == 1
    assert "erased" in said


def test_where_every_journey_goes_on_there_is_nothing_to_repair(
    system: System, typed: Typed
) -> None:
    journey = a_journey(system)
    address = f"/coordination/v1/journeys/{journey}"
    tell(system, journey, "observations", {"observations": []})
    eventually(lambda: system.get(address)["revision"] or None, "it stands somewhere")

    assert typed("stuck") == (0, "every journey goes on\n")
    assert typed("repair", journey) == (0, f"{journey}  nothing to be done\n")
    assert typed("repair") == (0, "")
    code, said = typed("repair", str(uuid4()))
    assert code == 1
    assert "404" in said


def test_the_edition_in_force_would_move_nobody_and_a_journey_can_stay_with_it(
    system: System, typed: Typed
) -> None:
    journey = a_journey(system)
    code, said = typed("preview", "current")
    assert code == 0
    assert said.startswith(f"{KNOWLEDGE_VERSION} -> {KNOWLEDGE_VERSION}: 0 of ")

    assert typed("pin", KNOWLEDGE_VERSION, journey) == (0, f"{journey}  {KNOWLEDGE_VERSION}\n")
    code, said = typed("preview", "current", "--json")
    assert json.loads(said)["pinned"] == 1
    assert typed("migrate", journey) == (0, f"{journey}  the edition in force\n")


def test_a_place_where_nothing_is_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journeys", "stuck", "--data", str(tmp_path / "nowhere")]) == 2
    assert "no data folder" in capsys.readouterr().err
    assert main(["journeys", "preview", "current", "--data", str(tmp_path / "nowhere")]) == 2
