"""A problem points at the place and repeats nothing that stood there."""

import httpx2
import pytest
from fastapi import FastAPI

from services.chassis.errors import Problem, Unprocessable
from services.chassis.settings import ServiceSettings
from services.chassis.tokens import TokenMint
from tests.services.chassis.conftest import EVERYTHING, a_note, served
from tests.services.chassis.toy.app import create_app


@pytest.fixture
def app(sqlite_settings: ServiceSettings) -> FastAPI:
    """The database makes no difference here."""
    return create_app(sqlite_settings)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (a_note(words=None), "/words", "string_type"),
        ({"patient": "p", "words": "w"}, "/written_at", "missing"),
        (a_note(lines=[{"words": "a"}, {"words": "b", "weight": "x"}]), "/lines/1/weight",
         "float_parsing"),
        (a_note(lines=[{"words": "a"}, {}]), "/lines/1/words", "missing"),
        (a_note(surprise=1), "/surprise", "extra_forbidden"),
        (a_note(**{"a/b~c": 1}), "/a~1b~0c", "extra_forbidden"),
        (a_note(written_at="2026-03-01T08:00:00"), "/written_at", "timezone_aware"),
        ([], "", "model_attributes_type"),
    ],
)  # fmt: skip
async def test_a_problem_points_at_the_place(
    toy: httpx2.AsyncClient, body: object, pointer: str, code: str
) -> None:
    reply = await toy.post("/toy/v1/evaluate", json=body)

    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]
    assert problem["status"] == 422
    assert problem["instance"] == f"urn:uuid:{reply.headers['x-request-id']}"
    assert {"type", "title", "detail"} <= problem.keys()


@pytest.mark.parametrize("content", [b"{", b"nope", b"\xff\xfe{}", b"[" * 100_000])
async def test_a_body_that_is_no_json_is_a_bad_request(
    toy: httpx2.AsyncClient, content: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    reply = await toy.post("/toy/v1/evaluate", content=content, headers=headers)

    assert reply.status_code == 400
    assert reply.headers["content-type"] == "application/problem+json"
    assert [(e["pointer"], e["code"]) for e in reply.json()["errors"]] == [("", "json_invalid")]


def test_a_problem_is_called_the_same_on_every_version_of_python() -> None:
    assert Unprocessable("no").type == "urn:tio:problem:unprocessable-content"
    assert Problem("no", status=413).title == "Content Too Large"


async def test_a_body_of_another_kind_is_refused_as_such(toy: httpx2.AsyncClient) -> None:
    reply = await toy.post(
        "/toy/v1/evaluate", content=b"{}", headers={"Content-Type": "text/plain"}
    )
    assert reply.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        a_note(written_at="Erika Mustermann"),
        a_note(lines="Erika Mustermann"),
        a_note(lines=[{"words": "x", "weight": "Erika Mustermann"}]),
        "Erika Mustermann",
    ],
)
async def test_a_refused_value_is_not_repeated(toy: httpx2.AsyncClient, body: object) -> None:
    assert "Erika" not in (await toy.post("/toy/v1/evaluate", json=body)).text


async def test_an_address_that_is_not_there_is_a_problem_too(toy: httpx2.AsyncClient) -> None:
    nowhere = await toy.get("/toy/v1/Erika-Mustermann")
    wrong_method = await toy.delete("/toy/v1/evaluate")

    assert (nowhere.status_code, wrong_method.status_code) == (404, 405)
    assert wrong_method.headers["allow"] == "POST"
    for reply in (nowhere, wrong_method):
        assert reply.headers["content-type"] == "application/problem+json"
        assert "Erika" not in reply.text


async def test_a_crash_shows_neither_its_words_nor_its_place(toy: httpx2.AsyncClient) -> None:
    reply = await toy.post("/toy/v1/failures", json=a_note(patient="Erika Mustermann"))

    assert reply.status_code == 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert "x-request-id" in reply.headers
    for secret in ("Erika", "Traceback", "RuntimeError", ".py"):
        assert secret not in reply.text


async def test_a_request_id_is_taken_over_only_if_it_is_a_uuid(toy: httpx2.AsyncClient) -> None:
    ours = "7d1f8a4e-3c1e-4c58-9a57-3a2f8f3f0f11"
    kept = await toy.get("/healthz", headers={"X-Request-Id": ours})
    made = await toy.get("/healthz", headers={"X-Request-Id": "Erika Mustermann"})

    assert kept.headers["x-request-id"] == ours
    assert len(made.headers["x-request-id"]) == 36
    assert "Erika" not in made.headers["x-request-id"]


async def test_the_openapi_document_tells_problems_and_the_scheme(
    app: FastAPI, mint: TokenMint
) -> None:
    async with served(app, mint.mint("lab", "north", EVERYTHING)) as toy:
        document = (await toy.get("/toy/v1/openapi.json")).json()

    operation = document["paths"]["/toy/v1/notes"]["post"]
    assert operation["security"] == [{"bearer": []}]
    assert "application/problem+json" in operation["responses"]["422"]["content"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert {"ProblemDocument", "FieldProblem"} <= document["components"]["schemas"].keys()
    assert "/healthz" not in document["paths"]


async def test_a_value_that_no_database_takes_is_the_callers_mistake(
    settings: ServiceSettings, mint: TokenMint
) -> None:
    """PostgreSQL takes no NUL in a text; what is stored on one machine must fit on many."""
    async with served(create_app(settings), mint.mint("lab", "north", EVERYTHING)) as toy:
        reply = await toy.post("/toy/v1/notes", json=a_note(words="a\x00b"))

    assert reply.status_code == (201 if "sqlite" in settings.database_url else 422)


async def test_a_database_that_is_away_is_an_outage(
    sqlite_settings: ServiceSettings, mint: TokenMint
) -> None:
    away = {"database_url": "postgresql://nobody@127.0.0.1:1/nothing"}
    app = create_app(sqlite_settings.model_copy(update=away))
    headers = {"Authorization": f"Bearer {mint.mint('lab', 'north', EVERYTHING)}"}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://toy") as client:
        reply = await client.post("/toy/v1/notes", json=a_note(), headers=headers)

    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "1"
    assert "127.0.0.1" not in reply.text
