"""A route for a verb that needs nothing but its caller and a body: no session, nothing to tidy up.

FastAPI solves a graph of dependencies, opens stacks for what they leave behind, and parses the
content type as an e-mail header for every request. Where the graph is one caller and one body, that
costs more than the rest of the chassis (measured: 0.05 of 0.1 ms). So a request as clients send it
takes the straight way. Every other goes the usual way, and so does a body that cannot be accepted:
a refusal has one author. That is why a stricter and faster reader of JSON may be used here: what it
reads means the same, and what it does not read (another encoding than UTF-8, half a surrogate) is
heard the usual way. Bytes become the body's model in one step: nothing is a dictionary in between.
"""

from collections.abc import Awaitable, Callable
from typing import Any, get_type_hints

from fastapi import Request, Response
from pydantic import TypeAdapter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.auth import Bearer
from services.chassis.queries import OnlyKnownQueries

PLAIN_JSON = "application/json"
"""How almost everybody announces it; whoever says more, or nothing, is heard the usual way."""

Verb = Callable[..., Awaitable[Response]]


class DirectRoute(OnlyKnownQueries):
    """`APIRouter(route_class=DirectRoute)`; routes that need more than that are as they ever were.

    What FastAPI puts in the place of dependencies in tests (`dependency_overrides`) is not seen.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.app = self._straight_or(self.app)

    def _straight_or(self, usual: ASGIApp) -> ASGIApp:
        body, needs = self.body_field, self.dependant
        other = (
            needs.path_params or needs.query_params or needs.header_params or needs.cookie_params
        )
        callers = [one.call for one in needs.dependencies if isinstance(one.call, Bearer)]
        hints = get_type_hints(self.endpoint, include_extras=True)
        if (
            body is None
            or other
            or self._embed_body_fields
            or len(callers) != len(needs.dependencies)
            or len(callers) != 1
            or hints.get("return") is not Response
        ):
            return usual
        verb: Verb = self.endpoint
        who, read = callers[0], TypeAdapter(hints[body.name]).validate_json
        caller_is, body_is = str(needs.dependencies[0].name), body.name

        async def straight(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive, send)
            if scope["query_string"] or request.headers.get("content-type") != PLAIN_JSON:
                return await usual(scope, receive, send)
            sent = await _whole(receive)
            if sent is None:
                return await usual(scope, receive, send)
            try:
                told = read(sent)
            except (ValueError, RecursionError):
                return await usual(scope, _once_more(sent, receive), send)
            answer = await verb(**{body_is: told, caller_is: await who(request)})
            await answer(scope, receive, send)

        return straight


async def _whole(receive: Receive) -> bytes | None:
    """The body, all of it; None when the caller went away before its end."""
    chunks, more = [], True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def _once_more(body: bytes, receive: Receive) -> Receive:
    """The whole body, as if it had not been read, and then whatever comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again
