"""Which version of a thing is this, and which one stands? Pure.

A sender may number versions; if not, other content under the same id is the next version. What was
sent before, to the letter, is a repeat and not news.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar


class OtherContent(Exception):
    """This version was sent before and said something else."""


class Numbered(Protocol):
    """One version of something."""

    @property
    def number(self) -> int:
        """Its place among the versions of the same thing."""
        ...


V = TypeVar("V", bound=Numbered)


def place(
    known: Sequence[V], number: int | None, says: Callable[[V], bool], *, only_last: bool = False
) -> tuple[V | None, int]:
    """Is this one of the versions we know (first), or else which number does it get (second)?

    `says` tells whether a version says the same. OtherContent when the sender numbered it, and that
    number said something else before. `only_last`: only the last word can be said again.
    """
    for one in sorted(known, key=lambda one: -one.number):
        if number is not None and one.number != number:
            continue
        if says(one):
            return one, one.number
        if number is not None:
            raise OtherContent
        if only_last:
            break
    return None, number or 1 + max((one.number for one in known), default=0)


def newest(known: Iterable[V]) -> V:
    """What stands?"""
    return max(known, key=lambda one: one.number)
