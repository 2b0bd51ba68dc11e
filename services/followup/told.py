"""What is told of a stored plan one thing at a time: an event, or how an item ended."""

from typing import Literal

from pydantic import Field, RootModel

from knowledge.terms.sent import Instant, Native
from services.followup.events import DatedEvent, Ending


class EventBody(RootModel[DatedEvent]):
    """One event as the body of a request."""


class Disposition(Ending):
    """How somebody ends an item without a result."""


LONGEST_KEY = 120
"""A longer occurrence of an obligation is kept as an id made of it; coordination takes 200."""


class DecisionSaid(Native):
    """What a prescriber answers to a proposal. Who it is comes from the token."""

    answer: Literal["accepted", "refused"]
    reason: str = Field(default="", max_length=2000)
    decided_at: Instant
