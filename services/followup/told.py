"""What is told of a stored plan one thing at a time: an event, or how an item ended."""

from typing import Literal

from pydantic import Field, RootModel

from knowledge.terms.sent import Native, When
from services.followup.sent import DatedEvent


class EventBody(RootModel[DatedEvent]):
    """One event as the body of a request."""


class Disposition(Native):
    """How somebody ends an item without a result."""

    disposition: Literal["DONE", "NOT_INDICATED", "DECLINED", "TRANSFERRED", "DECEASED"]
    reason: str = Field(default="", max_length=2000)
    noted_on: When

LONGEST_KEY = 120
"""A longer occurrence of an obligation is kept as an id made of it; coordination takes 200."""
