"""The straight way answers as the usual way does, whatever is sent."""

import json
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from services.chassis.settings import ServiceSettings
from services.chassis.tokens import TokenMint
from tests.services.chassis.conftest import EVERYTHING, a_note, served
from tests.services.chassis.toy.app import create_app

JSON = {"Content-Type": "application/json"}
GOOD = json.dumps(a_note()).encode()


@pytest.fixture
def app(sqlite_settings: ServiceSettings) -> FastAPI:
    """The database makes no difference here."""
    return create_app(sqlite_settings)


async def _both(toy: httpx2.AsyncClient, **sent: Any) -> tuple[httpx2.Response, httpx2.Response]:
    return (
        await toy.post("/toy/v1/evaluate", **sent),
        await toy.post("/toy/v1/direct/evaluate", **sent),
    )


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (GOOD, JSON),
        (GOOD, {"Content-Type": "application/json; charset=utf-8"}),
        (GOOD, {"Content-Type": "application/fhir+json"}),
        (GOOD, {"Content-Type": "text/plain"}),
        (GOOD, {}),
        (b"", JSON),
        (b"null", JSON),
        (b"[]", JSON),
        (b"{", JSON),
        (b"\xff\xfe{}", JSON),
        (b"[" * 100_000, JSON),
        (b"1" * 5_000, JSON),
        (b"{}", JSON),
        (b"\xef\xbb\xbf" + GOOD, JSON),
        (GOOD.decode().encode("utf-16"), JSON),
        (b"[" * 300 + b"]" * 300, JSON),
        (GOOD.replace(b"{", b'{"words": "said before", ', 1), JSON),
        (json.dumps(a_note(words="half \ud800 a pair")).encode(), JSON),
        *(
            (GOOD[:-1] + b', "lines": [{"words": "a", "weight": %b}]}' % number, JSON)
            for number in (
                *(b"5.0", b"1e22", b"1E400", b"-0.0", b"NaN", b"0.1234567890123456789"),
                *(b"5", b"1e-7", b"true", b'"0.50"', b"null", b"12345678901234567890123"),
            )
        ),
        (json.dumps(a_note(surprise=1)).encode(), JSON),
        (json.dumps(a_note(lines=[{"words": "a", "weight": "x"}])).encode(), JSON),
        (b" " * 2_000_000, JSON),
    ],
)
async def test_both_ways_answer_alike(
    toy: httpx2.AsyncClient, content: bytes, headers: dict[str, str]
) -> None:
    usual, straight = await _both(toy, content=content, headers=headers)

    assert straight.status_code == usual.status_code
    assert straight.headers["content-type"] == usual.headers["content-type"]
    assert _without_ids(straight) == _without_ids(usual)


@pytest.mark.parametrize("scopes", [(), ("system/Note.r",), ("patient/*.cruds",)])
@pytest.mark.parametrize("content", [GOOD, b"{}", b"{"])
async def test_neither_way_lets_anybody_in_who_may_not(
    app: FastAPI, mint: TokenMint, scopes: tuple[str, ...], content: bytes
) -> None:
    async with served(app, mint.mint("lab", "north", scopes)) as toy:
        usual, straight = await _both(toy, content=content, headers=JSON)
        anonymous = await _both(toy, content=content, headers=JSON | {"Authorization": "Bearer x"})

    assert usual.status_code == straight.status_code == (400 if content == b"{" else 403)
    assert [one.status_code for one in anonymous] == [400 if content == b"{" else 401] * 2
    assert straight.headers.get("www-authenticate") == usual.headers.get("www-authenticate")


async def test_an_expired_token_opens_neither(app: FastAPI, mint: TokenMint) -> None:
    async with served(app, mint.mint("lab", "north", EVERYTHING, -3600)) as toy:
        for answer in await _both(toy, content=GOOD, headers=JSON):
            assert answer.status_code == 401


async def test_the_straight_way_is_documented_like_any_other(toy: httpx2.AsyncClient) -> None:
    paths = (await toy.get("/toy/v1/openapi.json")).json()["paths"]
    usual, straight = (paths[f"/toy/v1/{way}evaluate"]["post"] for way in ("", "direct/"))

    for part in ("requestBody", "responses", "security"):
        assert straight[part] == usual[part]


def _without_ids(answer: httpx2.Response) -> Any:
    return {key: value for key, value in answer.json().items() if key != "instance"}
