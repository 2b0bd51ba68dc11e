"""What is seen from outside: health, metrics and logs, and never a patient."""

import json
import logging as standard
from collections.abc import Iterator

import httpx2
import pytest
from fastapi import FastAPI
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from services.chassis import logging
from services.chassis.health import exposition, liveness, readiness_of_all
from services.chassis.settings import ServiceSettings
from services.chassis.tokens import TokenMint
from tests.services.chassis.conftest import EVERYTHING, a_note, served
from tests.services.chassis.toy.app import create_app

NAME, NUMBER = "Mustermann", "MRN-4711"
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """Give the root logger back as it was."""
    handlers = standard.getLogger().handlers
    yield
    standard.getLogger().handlers = handlers


def _families(text: str) -> list[Metric]:
    return list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]


async def test_a_patient_is_in_no_log_line_metric_or_error(
    capsys: pytest.CaptureFixture[str], toy: httpx2.AsyncClient
) -> None:
    note = a_note(patient=NUMBER, words=f"{NAME} is tired")
    stored = (await toy.post("/toy/v1/notes", json=note)).json()
    answers = [
        await toy.post("/toy/v1/failures", json=note),
        await toy.post("/toy/v1/evaluate", json=note | {"written_at": NAME}),
        await toy.post("/toy/v1/evaluate", json=note | {"lines": NUMBER}),
        await toy.post("/toy/v1/evaluate", content=NAME, headers={"Content-Type": "text/plain"}),
        await toy.get(f"/toy/v1/notes/{NUMBER}?name={NAME}"),
        await toy.get(f"/{NAME}/{NUMBER}"),
        await toy.request(NAME.upper(), "/toy/v1/notes"),
        await toy.post(f"/toy/v1/late-failures/{stored['id']}", json=note),
        await toy.get("/metrics"),
        await toy.get("/metrics", headers=OPENMETRICS),
    ]
    standard.getLogger("some.library").error("failed for %s", NAME)
    logging.get_logger("toy").info("done", patient=NUMBER, words=NAME, journey_id="j-1")

    seen = capsys.readouterr()
    assert seen.out == ""
    assert len(seen.err.splitlines()) >= len(answers)
    for text in (seen.err, *(answer.text for answer in answers)):
        assert NAME.lower() not in text.lower()
        assert NUMBER not in text
    for line in seen.err.splitlines():
        assert json.loads(line).keys() <= logging.ALLOWED


async def test_a_request_is_one_line(
    capsys: pytest.CaptureFixture[str], toy: httpx2.AsyncClient
) -> None:
    reply = await toy.post("/toy/v1/notes", json=a_note())

    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert event["event"] == "answered"
    assert (event["service"], event["route"], event["method"]) == ("toy", "/toy/v1/notes", "POST")
    assert (event["status"], event["level"]) == (201, "info")
    assert event["request_id"] == reply.headers["x-request-id"]
    assert event["duration_ms"] > 0


async def test_a_crash_is_logged_by_its_kind_and_place(
    capsys: pytest.CaptureFixture[str], toy: httpx2.AsyncClient
) -> None:
    await toy.post("/toy/v1/failures", json=a_note())

    crash, answered = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (crash["event"], crash["error"], crash["level"]) == ("failed", "RuntimeError", "error")
    assert crash["where"][-1].endswith(" fail")
    assert answered["status"] == 500


async def test_requests_are_counted_by_template(toy: httpx2.AsyncClient) -> None:
    note = (await toy.post("/toy/v1/notes", json=a_note())).json()
    for path in (f"/toy/v1/notes/{note['id']}", "/nowhere", "/nowhere/else"):
        await toy.get(path)

    reply = await toy.get("/metrics")
    older = await toy.get("/metrics", headers={"Accept": "text/plain"})
    assert older.headers["content-type"].startswith("text/plain")
    assert reply.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name: family for family in _families(reply.text)}
    counted = {
        (sample.labels["route"], sample.labels["code"]): sample.value
        for sample in families["tio_http_requests"].samples
        if sample.name == "tio_http_requests_total"
    }
    assert counted[("/toy/v1/notes/{note_id}", "200")] == 1
    assert counted[("unknown", "404")] == 2
    assert {
        "tio_http_request_duration_seconds",
        "process_cpu_seconds",
        "python_info",
    } <= families.keys()


async def test_several_services_are_shown_as_one(
    sqlite_settings: ServiceSettings, app: FastAPI, toy: httpx2.AsyncClient
) -> None:
    other = create_app(sqlite_settings)
    other.state.metrics.counter("tio_notes", "Notes.", ["kind"]).labels("short").inc()
    await toy.get("/healthz")
    async with served(other) as client:
        await client.get("/healthz")

        text = bytes(exposition([app, other], OPENMETRICS["Accept"]).body).decode()
        families = [family.name for family in _families(text)]
        assert len(families) == len(set(families))
        assert "tio_notes" in families
        assert liveness().alive
        assert (await readiness_of_all([app, other])).ready


async def test_what_is_missing_is_named(sqlite_settings: ServiceSettings, mint: TokenMint) -> None:
    async def temporal() -> None:
        raise ConnectionError("nobody at 10.0.0.1")

    app = create_app(sqlite_settings, {"temporal": temporal})
    async with served(app, mint.mint("lab", "north", EVERYTHING)) as toy:
        alive, ready = await toy.get("/healthz"), await toy.get("/readyz")

    assert alive.status_code == 200
    assert ready.status_code == 503
    assert ready.json() == {
        "ready": False,
        "failed": [{"service": "toy", "check": "temporal", "error": "ConnectionError"}],
    }


async def test_a_service_with_everything_is_ready(toy: httpx2.AsyncClient) -> None:
    assert (await toy.get("/readyz")).json() == {"ready": True, "failed": []}


async def test_a_database_that_is_away_is_named(
    sqlite_settings: ServiceSettings, mint: TokenMint
) -> None:
    away = "postgresql://nobody@127.0.0.1:1/nothing"
    app = create_app(sqlite_settings.model_copy(update={"database_url": away}))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://toy") as client:
        reply = await client.get("/readyz")  # not started: it could not have migrated

    assert reply.status_code == 503
    missing = {failure["check"] for failure in reply.json()["failed"]}
    assert missing == {"database", "isolation", "migrations"}
