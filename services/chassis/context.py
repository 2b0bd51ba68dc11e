"""Which request is being served, where does it come from, and for which organisation?"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import NamedTuple
from uuid import UUID, uuid4


class Asking(NamedTuple):
    """What is known of a request before anything of it was read."""

    request_id: UUID
    address: str


_asking: ContextVar[Asking | None] = ContextVar("asking", default=None)


_organisation: ContextVar[str | None] = ContextVar("organisation", default=None)


class Serving:
    """Everything in this block is done for that request; for whom is not known yet.

    A class and no generator, because it is around every request: a third of the cost (measured).
    """

    __slots__ = ("_asked", "_asking", "_whose")

    def __init__(self, request_id: UUID, address: str) -> None:
        self._asking = Asking(request_id, address)

    def __enter__(self) -> None:
        self._asked: Token[Asking | None] = _asking.set(self._asking)
        self._whose: Token[str | None] = _organisation.set(None)

    def __exit__(self, *_how: object) -> None:
        _asking.reset(self._asked)
        _organisation.reset(self._whose)


def now_for(organisation: str) -> None:
    """From here on everything in this request is done for that organisation."""
    _organisation.set(organisation)


@contextmanager
def done_for(organisation: str) -> Iterator[None]:
    """Everything in this block is done for that organisation; for what is no request."""
    whose = _organisation.set(organisation)
    try:
        yield
    finally:
        _organisation.reset(whose)


def organisation() -> str | None:
    """For whom is this done? None: for nobody that we know."""
    return _organisation.get()


def asking() -> Asking | None:
    """The request being served; None in background work."""
    return _asking.get()


def current_request_id() -> UUID:
    """The id of the request being served; outside of one, a fresh id."""
    served = _asking.get()
    return served.request_id if served else uuid4()
