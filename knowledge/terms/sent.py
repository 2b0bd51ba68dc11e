"""What callers send, to whichever service: times, numbers, and nouns without unknown fields."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)
from pydantic_core import PydanticCustomError

NUMBER = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]*)?\s*")
"""What pydantic would take for seconds since 1970, also where it is written as a text."""


def _not_a_number(given: object) -> object:
    """Seconds, milliseconds or a year: nobody could tell which was meant."""
    if isinstance(given, int | float) or (isinstance(given, str) and NUMBER.fullmatch(given)):
        raise ValueError("a time is written as RFC 3339, with its offset")
    return given


def _only_a_day(given: object) -> object:
    """A time without offset is no day either: it is refused, not cut off."""
    if isinstance(given, str) and ("T" in given or " " in given or ":" in given):
        raise ValueError("a day, or a time with its offset")
    return _not_a_number(given)


def expect_zone(zone: str) -> str:
    """This IANA time zone; refused when no clock knows it."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise PydanticCustomError("zone_unknown", "not an IANA time zone") from None
    return zone


Zone = Annotated[str, Field(max_length=100), AfterValidator(expect_zone)]
"""An IANA time zone: in which days begin and end."""

Instant = Annotated[AwareDatetime, BeforeValidator(_not_a_number)]
"""A moment, as RFC 3339 text with an offset. A bare number is no time."""

When = Instant | Annotated[date, BeforeValidator(_only_a_day)]
"""An instant with its offset, or only a day."""

Number = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""Decimal inside, a JSON number outside."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
"""A short text that names something."""


class Native(BaseModel):
    """A noun of our own APIs: a field we do not know is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class AsOf(Native):
    """Conclude as of this moment of the journey's own clock.

    `last_heard` is the conclusion of this service that was heard last: an answer may be lost on its
    way, and then what was corrected is news still. Without it, what was answered counts as heard.
    """

    as_of: Instant
    last_heard: UUID | None = None
