"""What is done around every request: an id, a line in the log, a count, an answer in any event."""

import time
from traceback import extract_tb
from typing import Any
from uuid import UUID, uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.context import Serving
from services.chassis.errors import Problem
from services.chassis.logging import get_logger
from services.chassis.metrics import ServiceMetrics

UNKNOWN_ROUTE = "unknown"
METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
QUIET = frozenset(["/healthz", "/readyz", "/metrics"])
"""Asked every few seconds by machines; counted, not logged."""


class Frame:
    """Plain ASGI, because it is around every request: no tasks, no streams, no copies."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics) -> None:
        self._app, self._metrics = app, metrics
        self._log = get_logger(metrics.service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request_id, client = _request_id(scope), scope.get("client")
        with Serving(request_id, client[0] if client else ""):
            await self._serve(request_id, scope, receive, send)

    async def _serve(self, request_id: UUID, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        header = (b"x-request-id", str(request_id).encode())
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", [])
                message["headers"] = [*message["headers"], header]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            # Its words may be a patient's; its type and place are ours.
            self._log.error("failed", error=type(error).__name__, where=_where(error))
            if status:
                raise  # half an answer is out: the connection has to break
            refusal = Problem("something went wrong on our side; nothing was stored", status=500)
            await refusal.response()(scope, receive, noted)
        finally:
            self._note(scope, status or 499, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or UNKNOWN_ROUTE
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.answered(route, method, status, seconds)
        if route not in QUIET:
            self._log.info(
                "answered",
                route=route,
                method=method,
                status=status,
                duration_ms=round(seconds * 1000, 2),
            )


def _request_id(scope: Scope) -> UUID:
    """The caller's id for this request if it is a uuid, else one of ours."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            try:
                return UUID(value.decode("ascii"))
            except ValueError:
                break
    return uuid4()


def _where(error: BaseException) -> list[str]:
    """The last steps to the error: files, lines and functions, no values."""
    steps: list[Any] = list(extract_tb(error.__traceback__))
    return [f"{'/'.join(s.filename.split('/')[-2:])}:{s.lineno} {s.name}" for s in steps[-6:]]
