"""Which request is being served, and where does it come from?"""

from contextvars import ContextVar
from typing import NamedTuple
from uuid import UUID, uuid4


class Asking(NamedTuple):
    """What is known of a request before anything of it was read."""

    request_id: UUID
    address: str


_asking: ContextVar[Asking | None] = ContextVar("asking", default=None)


def now_serving(request_id: UUID, address: str) -> None:
    """From here on everything in this context is done for that request."""
    _asking.set(Asking(request_id, address))


def asking() -> Asking | None:
    """The request being served; None in background work."""
    return _asking.get()


def current_request_id() -> UUID:
    """The id of the request being served; outside of one, a fresh id."""
    served = _asking.get()
    return served.request_id if served else uuid4()
