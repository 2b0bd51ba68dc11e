"""A moment as callers write it: RFC 3339 text with an offset. A bare number is no time."""

from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator


def _not_a_number(given: object) -> object:
    """Seconds, milliseconds or a year: nobody could tell which was meant."""
    if isinstance(given, int | float):
        raise ValueError("a time is written as RFC 3339, with its offset")
    return given


Instant = Annotated[AwareDatetime, BeforeValidator(_not_a_number)]
