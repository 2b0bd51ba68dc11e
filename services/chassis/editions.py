"""A process answers by one edition of the knowledge; who wants another one is told to ask there."""

from starlette.types import ASGIApp, Receive, Scope, Send

from services.chassis.errors import Unavailable

HEADER = "Knowledge-Edition"
_NAME = HEADER.lower().encode()


class OneEdition:
    """503 to a request that names another edition: it is never answered by the wrong one."""

    def __init__(self, app: ASGIApp, edition: str) -> None:
        self._app, self._edition = app, edition

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, if it is for us."""
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == _NAME and value.decode("latin-1") != self._edition:
                    refusal = Unavailable(f"this process answers by edition {self._edition}")
                    return await refusal.response()(scope, receive, send)
        return await self._app(scope, receive, send)
