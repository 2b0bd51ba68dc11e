"""Where the time went, and never whose it was; where nobody asked for it nothing is around."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from services.chassis import tracing
from services.chassis.settings import ServiceSettings
from services.chassis.tokens import TokenMint
from tests.services.chassis.conftest import EVERYTHING, a_note, served
from tests.services.chassis.toy.app import create_app

NAME = "Mustermann"
TRACE = "0af7651916cd43dd8448eb211c80319c"
TOLD = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "baggage": f"patient={NAME}"}
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


@pytest.fixture
def kept() -> Iterator[InMemorySpanExporter]:
    """Where the steps are written; nobody writes any afterwards."""
    yield InMemorySpanExporter()
    tracing.carried.clear()


@pytest.fixture
async def traced(
    kept: InMemorySpanExporter, sqlite_settings: ServiceSettings, mint: TokenMint
) -> AsyncIterator[httpx2.AsyncClient]:
    """The toy, with its steps written down."""
    app = create_app(sqlite_settings)
    app.add_middleware(tracing.Traced, tracer=tracing.tracer_to(kept, "toy"))
    async with served(app, mint.mint("lab", "north", EVERYTHING)) as client:
        client.headers.update(TOLD)
        yield client


def written(kept: InMemorySpanExporter, client: httpx2.AsyncClient) -> tuple[ReadableSpan, ...]:
    """What has left the process by now."""
    app: Any = client._transport.app  # type: ignore[attr-defined]
    [middleware] = [one for one in app.user_middleware if one.cls is tracing.Traced]
    middleware.kwargs["tracer"].span_processor.force_flush()
    return kept.get_finished_spans()


async def test_a_step_says_what_it_was_and_not_about_whom(
    traced: httpx2.AsyncClient, kept: InMemorySpanExporter
) -> None:
    note = (await traced.post("/toy/v1/notes", json=a_note(patient=NAME))).json()
    await traced.get(f"/toy/v1/notes/{note['id']}?name={NAME}")
    await traced.get(f"/{NAME}/{uuid4()}")
    await traced.post("/toy/v1/failures", json=a_note(words=NAME))
    await traced.get("/metrics")

    steps = written(kept, traced)
    assert [(step.name, step.status.status_code) for step in steps] == [
        ("POST /toy/v1/notes", StatusCode.UNSET),
        ("GET /toy/v1/notes/{note_id}", StatusCode.UNSET),
        ("GET unknown", StatusCode.UNSET),
        ("POST /toy/v1/failures", StatusCode.ERROR),
    ]
    for step in steps:
        assert step.context is not None
        assert f"{step.context.trace_id:032x}" == TRACE
        assert set(step.attributes or {}) == tracing.MAY_STAY
        assert NAME not in step.to_json()
        assert note["id"] not in step.to_json()


async def test_the_log_and_the_numbers_lead_to_the_trace(
    traced: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await traced.post("/toy/v1/notes", json=a_note())

    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["trace_id"] == TRACE
    page = (await traced.get("/metrics", headers=OPENMETRICS)).text
    assert f'# {{trace_id="{TRACE}"}}' in page
    assert TRACE not in (await traced.get("/metrics", headers={"Accept": "text/plain"})).text


def test_what_others_put_into_a_step_does_not_leave(kept: InMemorySpanExporter) -> None:
    tracer = tracing.tracer_to(kept, "toy")
    with tracer.start_as_current_span("RunActivity:wake") as step:
        step.set_attributes({"temporalWorkflowID": f"journey/north/{NAME}", "http.url": NAME})
        step.add_event("exception", {"exception.message": NAME})
        step.set_status(StatusCode.ERROR, NAME)
    tracer.span_processor.force_flush()  # type: ignore[attr-defined]

    [left] = kept.get_finished_spans()
    assert NAME not in left.to_json()
    assert left.status.status_code is StatusCode.ERROR


async def test_nothing_is_around_a_request_where_nobody_asked_for_it(
    app: FastAPI, toy: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await toy.post("/toy/v1/notes", json=a_note(), headers=TOLD)

    assert not tracing.carried
    around: list[Any] = [one.cls for one in app.user_middleware]
    assert tracing.Traced not in around
    assert "trace_id" not in capsys.readouterr().err
    assert "trace_id" not in (await toy.get("/metrics", headers=OPENMETRICS)).text
    sent: dict[str, str] = {}
    tracing.carry(sent)
    assert sent == {}
