"""How much, and how often, may somebody ask?"""

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.types import Message, Receive, Scope, Send

from services.chassis.limits import HEARD_OUT, BodyLimit, RateLimit
from services.chassis.settings import ServiceSettings
from services.chassis.tokens import TokenMint
from tests.services.chassis.conftest import EVERYTHING, a_note, served
from tests.services.chassis.toy.app import create_app

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def small(
    sqlite_settings: ServiceSettings, mint: TokenMint
) -> AsyncIterator[httpx2.AsyncClient]:
    """A toy that takes a thousand bytes."""
    app = create_app(sqlite_settings.model_copy(update={"max_body_bytes": 1000}))
    async with served(app, mint.mint("lab", "north", EVERYTHING)) as client:
        yield client


async def test_a_body_at_the_limit_is_read_and_one_over_it_is_not(
    small: httpx2.AsyncClient,
) -> None:
    for size, status in ((1000, 400), (1001, 413)):
        reply = await small.post("/toy/v1/evaluate", content=b"[" * size, headers=JSON)
        assert reply.status_code == status
        assert reply.headers["content-type"] == "application/problem+json"


async def test_a_body_that_does_not_tell_its_length_is_counted(small: httpx2.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 100
            yield b"[" * 100

    reply = await small.post("/toy/v1/evaluate", content=endless(), headers=JSON)

    assert reply.status_code == 413
    assert reply.headers["content-type"] == "application/problem+json"
    assert sent <= 1000 * (HEARD_OUT + 2)


async def _refused(*headers: tuple[bytes, bytes]) -> tuple[int, int]:
    """How a body of 5000 bytes is answered, and how much of it was read before."""
    read, statuses = 0, []

    async def receive() -> Message:
        nonlocal read
        read += 1000
        return {"type": "http.request", "body": b"x" * 1000, "more_body": read < 5000}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("too large a body went through")

    sent = [(b"content-length", b"5000"), *headers]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": sent}
    await BodyLimit(nobody, 1000)(scope, receive, send)
    return statuses[0], read


async def test_a_client_that_sends_everything_first_still_hears_why() -> None:
    assert await _refused() == (413, 5000)


async def test_a_client_that_asks_first_need_not_send_it() -> None:
    assert await _refused((b"expect", b"100-continue")) == (413, 0)


async def test_too_many_requests_are_told_when_to_come_again(
    sqlite_settings: ServiceSettings, mint: TokenMint
) -> None:
    app = create_app(sqlite_settings.model_copy(update={"requests_per_minute": 2}))
    async with served(app, mint.mint("lab", "north", EVERYTHING)) as client:
        replies = [await client.post("/toy/v1/evaluate", json=a_note()) for _ in range(3)]
        other = {"Authorization": f"Bearer {mint.mint('other', 'north', EVERYTHING)}"}
        another = await client.post("/toy/v1/evaluate", json=a_note(), headers=other)
        health = await client.get("/healthz")

    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert 1 <= int(replies[2].headers["retry-after"]) <= 30
    assert replies[2].headers["content-type"] == "application/problem+json"
    assert (another.status_code, health.status_code) == (200, 200)


async def test_a_bucket_refills() -> None:
    now = [0.0]

    async def nothing(*_: object) -> None:
        """No app."""

    limit = RateLimit(nothing, per_minute=60, clock=lambda: now[0])
    assert [limit._take(b"a") for _ in range(61)][-1] == pytest.approx(1)
    now[0] = 1.0
    assert limit._take(b"a") == 0
    assert limit._take(b"a") > 0
