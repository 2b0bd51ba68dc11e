"""Weather: what passes by itself. A "no" does not, unless it is our own fault."""

from collections.abc import Awaitable
from typing import TypeVar

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from services.chassis.client import Refused, Unreachable

T = TypeVar("T")

OUR_OWN_FAULT = frozenset([401, 403])


async def heard(call: Awaitable[T]) -> T:
    """A token that is not accepted is our own fault, not the event's: weather, until mended."""
    try:
        return await call
    except Refused as refused:
        if refused.status in OUR_OWN_FAULT:
            raise weather(f"our token was not accepted: {refused.status}") from None
        raise
    except Unreachable as away:
        raise weather(str(away)) from None


def weather(says: str) -> ApplicationError:
    """Asked again until it passes; no line in the error log for every time it has not."""
    return ApplicationError(says, type="Unreachable", category=ApplicationErrorCategory.BENIGN)
