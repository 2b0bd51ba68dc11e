"""A refusal is final, an outage is not, and the two are never confused."""

from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI

from services.chassis.client import Refused, ServiceClient, Unreachable
from services.chassis.settings import ServiceSettings
from services.chassis.tokens import ServiceTokens, TokenMint
from tests.services.chassis.conftest import EVERYTHING, a_note, served
from tests.services.chassis.toy.app import NewNote, NoteSeen, create_app


@pytest.fixture
def app(sqlite_settings: ServiceSettings) -> FastAPI:
    """The database makes no difference here."""
    return create_app(sqlite_settings)


def _client(app: FastAPI, mint: TokenMint, *scopes: str) -> ServiceClient:
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))
    return ServiceClient("http://toy/", ServiceTokens(mint, "worker", scopes or EVERYTHING), http)


def _answering(status: int, content: bytes = b"{}") -> ServiceClient:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, content=content)

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return ServiceClient("http://toy", lambda organisation: "token", http)


async def test_an_answer_is_read_as_what_it_is(app: FastAPI, mint: TokenMint) -> None:
    note = NewNote.model_validate(a_note())
    async with served(app), _client(app, mint) as client:
        made = await client.exchange(
            "POST", "/toy/v1/notes", NoteSeen, organisation="north", body=note
        )
        path = f"/toy/v1/notes/{made.id}"
        assert await client.exchange("GET", path, NoteSeen, organisation="north") == made

        with pytest.raises(Refused) as another:
            await client.exchange("GET", path, NoteSeen, organisation="south")
        assert another.value.status == 404


async def test_a_no_is_refused_and_says_nothing_of_the_patient(
    app: FastAPI, mint: TokenMint
) -> None:
    async with served(app), _client(app, mint, "system/Other.r") as client:
        with pytest.raises(Refused) as refusal:
            await client.exchange("GET", f"/toy/v1/notes/{uuid4()}", NoteSeen, organisation="north")

    assert refusal.value.status == 403
    assert refusal.value.problem["title"] == "Forbidden"
    assert str(refusal.value) == "403 Forbidden"
    assert type(refusal.value).__name__ == "Refused"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 302])
async def test_weather_is_unreachable(status: int) -> None:
    with pytest.raises(Unreachable):
        await _answering(status).exchange("GET", "/x", NoteSeen, organisation="north")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 412, 413, 422, 428])
async def test_every_other_no_is_final(status: int) -> None:
    with pytest.raises(Refused):
        await _answering(status, b"<html>").exchange("GET", "/x", NoteSeen, organisation="north")


async def test_an_answer_that_cannot_be_read_may_be_right_later() -> None:
    with pytest.raises(Unreachable):
        await _answering(200).exchange("GET", "/x", NoteSeen, organisation="north")
    await _answering(204, b"").exchange("PUT", "/x", type(None), organisation="north")


async def test_a_service_that_is_not_there_is_unreachable() -> None:
    async with ServiceClient("http://127.0.0.1:1", lambda organisation: "token") as client:
        with pytest.raises(Unreachable) as weather:
            await client.exchange("GET", "/x", NoteSeen, organisation="north")
    assert "ConnectError" in str(weather.value)
