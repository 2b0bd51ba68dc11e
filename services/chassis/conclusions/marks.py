"""What stood in a conclusion's place at some moment?"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from services.chassis.errors import NotFound


class Mark(Protocol):
    """A conclusion used what no longer stands: since when we know, what stands in its place."""

    marked_at: datetime
    redrawn: UUID


class Concluded(Protocol):
    """A conclusion that was kept, and when, by our own clock."""

    concluded_at: datetime


R = TypeVar("R", bound=Concluded)
M = TypeVar("M", bound=Mark)


async def as_known(
    row: R,
    then: datetime,
    marks_on: Callable[[R], Awaitable[Sequence[M]]],
    found: Callable[[UUID], Awaitable[R]],
) -> R:
    """Which one stood in this one's place at that moment, by our clock? 404 if none did."""
    if row.concluded_at > then:
        raise NotFound("nothing was concluded by then")
    while marks := [mark for mark in await marks_on(row) if mark.marked_at <= then]:
        row = await found(marks[-1].redrawn)
    return row


def superseded_by(marks: Sequence[Mark]) -> UUID | None:
    """Which one stands in the place of the one that bears these marks?"""
    return marks[-1].redrawn if marks else None
