"""How much, and how often, may somebody ask?"""

import hashlib
import math
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.errors import Problem

REMEMBERED_CALLERS = 10_000

HEARD_OUT = 32
"""How many times the limit a refused caller may go on sending before the line is cut.

Most clients send the whole body before they read: cut at once, they see a broken line, not a 413.
"""


class BodyLimit:
    """Refuses a body over the limit, announced or not, before it is read whole."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what comes."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            return await self._app(scope, receive, send)
        announced = _announced(scope)
        if not announced.isdigit() or int(announced) > self._most:
            if not _asks_first(scope):
                await self._hear_out(receive)
            return await _too_large(self._most).response()(scope, receive, send)
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._most:
                if message.get("more_body"):
                    await self._hear_out(receive)
                # The one exception that FastAPI passes on while it reads a body.
                raise HTTPException(413, _too_large(self._most).detail)
            return message

        return await self._app(scope, counted, send)

    async def _hear_out(self, receive: Receive) -> None:
        """Let the rest of the body come, within reason, and forget it."""
        left, more = self._most * HEARD_OUT, True
        while more and left > 0:
            message = await receive()
            left -= len(message.get("body", b""))
            more = message.get("more_body", False)


def _announced(scope: Scope) -> bytes:
    """How many bytes does the caller say will come?"""
    for name, value in scope["headers"]:
        if name == b"content-length":
            said: bytes = value
            return said
    return b"0"


def _asks_first(scope: Scope) -> bool:
    """Does the caller wait for our word before sending the body?"""
    return Headers(scope=scope).get("expect", "").lower() == "100-continue"


def _too_large(most: int) -> Problem:
    return Problem(f"a body may have {most} bytes", status=413)


class RateLimit:
    """A token bucket per caller: a minute's worth at once, then as fast as it refills."""

    def __init__(
        self, app: ASGIApp, per_minute: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app, self._size, self._clock = app, float(per_minute), clock
        self._per_second = per_minute / 60
        self._buckets: dict[bytes, tuple[float, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say when to come again."""
        if scope["type"] == "http" and not scope["path"].endswith(("/healthz", "/readyz")):
            wait = self._take(_caller(scope))
            if wait:
                refusal = Problem(
                    "too many requests; wait a little",
                    status=429,
                    headers={"Retry-After": str(math.ceil(wait))},
                )
                return await refusal.response()(scope, receive, send)
        return await self._app(scope, receive, send)

    def _take(self, caller: bytes) -> float:
        """Take one from the caller's bucket; the answer is how many seconds to wait, 0 for none."""
        now = self._clock()
        left, since = self._buckets.get(caller, (self._size, now))
        left = min(self._size, left + (now - since) * self._per_second)
        if left < 1:
            self._buckets[caller] = (left, now)
            return (1 - left) / self._per_second
        if caller not in self._buckets and len(self._buckets) >= REMEMBERED_CALLERS:
            self._buckets.clear()
        self._buckets[caller] = (left - 1, now)
        return 0


def _caller(scope: Scope) -> bytes:
    """Whose bucket is it? The token's, and without one the address's."""
    token = Headers(scope=scope).get("authorization")
    if token:
        return hashlib.sha256(token.encode()).digest()
    client = scope.get("client")
    return str(client[0] if client else "").encode()
