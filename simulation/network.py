"""The network between everybody: it delays, loses, repeats and parts, as its faults say.

Every HTTP client of this process sends through it, whoever made the client.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol
from unittest.mock import patch

import httpx2
from fastapi import FastAPI

from simulation.processes import HERE, Process

Answer = tuple[int, bytes]
ASKED: ContextVar["Asked | None"] = ContextVar("asked", default=None)
"""Which request is served here?"""

PATIENCE_SECONDS = 10.0
"""How long a caller waits for an answer; what the services' own clients wait."""


@dataclass(slots=True)
class Asked:
    """One request on its way."""

    source: str
    target: str
    method: str
    path: str
    body: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    query: bytes = b""


@dataclass(frozen=True, slots=True)
class Fate:
    """What the network makes of one request."""

    delay: float = 0.01
    way_back: float = 0.01
    lost: bool = False
    answer_lost: bool = False
    twice: bool = False


class Weather(Protocol):
    """Decides what becomes of a request."""

    def fate(self, source: str, target: str, method: str) -> Fate:
        """How does this one fare?"""

    def parted(self, source: str, target: str) -> bool:
        """Can these two not reach each other at the moment?"""


Serve = Callable[[Asked], Coroutine[Any, Any, Answer]]


@dataclass(slots=True)
class _Host:
    process: Process
    serve: Serve


class Network:
    """Who is where, and how a request gets there."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._hosts: dict[str, _Host] = {}
        self._places: dict[str, str] = {}
        self.answered: Callable[[Asked, Answer], None] = lambda asked, answer: None

    def host(self, name: str, process: Process, serve: Serve) -> None:
        """From now on this process answers under this name."""
        self._hosts[name] = _Host(process, serve)

    def address_of(self, name: str) -> str:
        """The address under which a name is called; the same name, the same address."""
        if name not in self._places:
            self._places[name] = f"10.0.0.{len(self._places) + 1}"
        return self._places[name]

    @contextmanager
    def carrying(self) -> Iterator[None]:
        """Every HTTP client sends through here for as long as this lasts."""
        network = self

        async def handle(_transport: Any, request: httpx2.Request) -> httpx2.Response:
            return await network.request(request)

        transport = httpx2.AsyncHTTPTransport
        with (
            patch.object(transport, "__init__", lambda *_a, **_k: None),
            patch.object(transport, "handle_async_request", handle),
            patch.object(transport, "aclose", _nothing),
            patch.object(transport, "__aenter__", _itself),
            patch.object(transport, "__aexit__", _nothing),
        ):
            yield

    async def request(self, request: httpx2.Request) -> httpx2.Response:
        """One HTTP request and its answer, or the error that a client would see."""
        here = HERE.get()
        host = request.headers.get("host", request.url.host).partition(":")[0]
        asked = Asked(
            source=here.name if here else "outside",
            target=host,
            method=request.method,
            path=request.url.path,
            body=await request.aread(),
            headers=[(key.lower(), value) for key, value in request.headers.raw],
            query=request.url.query,
        )
        status, content = await self.ask(asked)
        return httpx2.Response(status, content=content, request=request)

    async def ask(self, asked: Asked) -> Answer:
        """Bring it there and the answer back. Raises what httpx2 raises when that goes wrong."""
        here, fate = HERE.get(), self._weather.fate(asked.source, asked.target, asked.method)
        await asyncio.sleep(fate.delay)
        if here is not None and not here.alive:
            raise httpx2.WriteError("whoever asked is gone")
        there = self._hosts.get(asked.target)
        if self._weather.parted(asked.source, asked.target) or fate.lost:
            await asyncio.sleep(PATIENCE_SECONDS)
            raise httpx2.ConnectTimeout("nobody answers")
        if there is None or not there.process.alive:
            raise httpx2.ConnectError("nobody listens")
        if fate.twice:
            there.process.spawn(_quietly(there.serve(asked)))
        try:
            answer = await self._served(there, asked)
            if fate.answer_lost or self._weather.parted(asked.source, asked.target):
                await asyncio.sleep(PATIENCE_SECONDS)
                raise httpx2.ReadTimeout("the answer did not come")
            await asyncio.sleep(fate.way_back)
        except BaseException:
            self.answered(asked, (0, b""))
            raise
        self.answered(asked, answer)
        return answer

    async def carry(self, source: str, target: str, act: Callable[[], None]) -> None:
        """The same for what is not HTTP: a call that takes effect at once where it arrives."""
        here, fate = HERE.get(), self._weather.fate(source, target, "SAY")
        await asyncio.sleep(fate.delay)
        if here is not None and not here.alive:
            raise ConnectionError("whoever asked is gone")
        if self._weather.parted(source, target) or fate.lost:
            await asyncio.sleep(PATIENCE_SECONDS)
            raise TimeoutError("nobody answers")
        act()
        if fate.answer_lost:
            await asyncio.sleep(PATIENCE_SECONDS)
            raise TimeoutError("the answer did not come")
        await asyncio.sleep(fate.way_back)

    async def _served(self, there: _Host, asked: Asked) -> Answer:
        life = there.process.begun
        serving = there.process.spawn(there.serve(asked))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer: Answer = await asyncio.shield(serving)
        except TimeoutError:
            raise httpx2.ReadTimeout("the answer did not come") from None
        except asyncio.CancelledError:
            if not serving.cancelled():
                raise
            raise httpx2.ReadError("the line is cut") from None
        if not there.process.alive or there.process.begun != life:
            raise httpx2.ReadError("the line is cut")
        return answer


async def _quietly(act: Awaitable[Any]) -> None:
    try:
        await act
    except Exception:
        return


async def _nothing(*_a: Any) -> None:
    return None


async def _itself(transport: Any) -> Any:
    return transport


def serving(app: Callable[[], FastAPI]) -> Serve:
    """The web app that lives there now, asked in place."""

    async def serve(asked: Asked) -> Answer:
        sent, answer = False, [500, b""]

        async def receive() -> dict[str, Any]:
            nonlocal sent
            if sent:
                await asyncio.Event().wait()
            sent = True
            return {"type": "http.request", "body": asked.body, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer[0] = message["status"]
            else:
                answer[1] += message.get("body", b"")

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": asked.method,
            "headers": asked.headers,
            "scheme": "http",
            "path": asked.path,
            "raw_path": asked.path.encode(),
            "query_string": asked.query,
            "server": (asked.target, 80),
            "client": (asked.source, 1),
            "root_path": "",
        }
        ASKED.set(asked)
        await app()(scope, receive, send)
        return answer[0], answer[1]  # type: ignore[return-value]

    return serve
