"""How one part of this system asks another: a typed exchange, a token, and Refused."""

from collections.abc import Callable, Mapping
from functools import cache
from ssl import SSLContext
from typing import Any, Self, TypeVar, cast

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.chassis import tracing
from services.chassis.context import asking

T = TypeVar("T")

TIMEOUT_SECONDS = 10.0
ASK_AGAIN = frozenset([408, 425, 429])
"""The 4xx that mean "later", not "no"."""


class Refused(Exception):
    """The service said no; asking again would not change its mind.

    Temporal knows it by this very name: `non_retryable_error_types=["Refused"]`.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        super().__init__(f"{status} {problem.get('title', '')}".strip())


class Unreachable(Exception):
    """The service could not be asked, or could not answer; ask again."""


@cache
def trusted(trust_env: bool = True) -> SSLContext:
    """Whose certificates this process believes; to read them takes longer than many a request."""
    return httpx2.create_ssl_context(trust_env=trust_env)


class ServiceClient:
    """Asks one service, for one organisation at a time."""

    def __init__(
        self,
        base_url: str,
        token: Callable[[str], str],
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        self._base_url, self._token = base_url.rstrip("/"), token
        self._http = http or httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, verify=trusted())

    def speaking_as(self, token: Callable[[str], str]) -> "ServiceClient":
        """The same service over the same connections, asked with another token."""
        return ServiceClient(self._base_url, token, self._http)

    async def exchange(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        organisation: str,
        body: BaseModel | None = None,
        partial: bool = False,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> T:
        """Ask, and read the answer as `answer` (`type(None)` when none is expected).

        `partial`: only what was said is sent, for addresses where what is not named stays.

        `Refused` when the service said no, `Unreachable` for everything that may pass.
        """
        sent = {"Authorization": f"Bearer {self._token(organisation)}", **(headers or {})}
        if (served := asking()) is not None:
            sent["X-Request-Id"] = str(served.request_id)
        tracing.carry(sent)
        content = None
        if body is not None:
            sent["Content-Type"] = "application/json"
            content = body.model_dump_json(by_alias=True, exclude_unset=partial)
        try:
            reply = await self._http.request(
                method, self._base_url + path, content=content, headers=sent, params=query
            )
        except httpx2.TransportError as weather:
            raise Unreachable(f"{method} was not answered: {type(weather).__name__}") from None
        if reply.is_success:
            return _read(reply, answer)
        if 400 <= reply.status_code < 500 and reply.status_code not in ASK_AGAIN:
            raise Refused(reply.status_code, _problem(reply))
        raise Unreachable(f"{method} was answered with {reply.status_code}")

    async def fetch(self, path: str, organisation: str) -> bytes:
        """The bytes at this address, such as a picture; empty where there is nothing to be had."""
        sent = {"Authorization": f"Bearer {self._token(organisation)}"}
        try:
            reply = await self._http.request("GET", self._base_url + path, headers=sent)
        except httpx2.TransportError:
            return b""
        return reply.content if reply.is_success else b""

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self.close()


@cache
def _adapter(answer: Any) -> TypeAdapter[Any]:
    return TypeAdapter(answer)


def _read(reply: httpx2.Response, answer: type[T]) -> T:
    """The answer; one that cannot be read comes from another version and may be right later."""
    if answer is type(None):
        return None
    try:
        read: T = _adapter(cast(Any, answer)).validate_json(reply.content)
    except ValidationError:
        raise Unreachable(f"the answer is no {getattr(answer, '__name__', answer)}") from None
    return read


def _problem(reply: httpx2.Response) -> Mapping[str, Any]:
    try:
        problem = reply.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
