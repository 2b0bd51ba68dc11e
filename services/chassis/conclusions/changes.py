"""What does one answer say otherwise than another? The ways of saying it, for any answer. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from services.chassis.conclusions.shown import Difference

What = TypeVar("What")
C = TypeVar("C")

Make = Callable[[What, str | None, str | None, str | None], C]
"""What changed, which of several, before, and after."""


class Differences(Generic[What, C]):
    """Says differences in a service's own noun."""

    def __init__(self, make: Make[What, C]) -> None:
        self._make = make

    def one(self, what: What, before: str | None, after: str | None) -> Iterator[C]:
        """Something of which there is one."""
        if before != after:
            yield self._make(what, None, before, after)

    def values(
        self, what: What, before: Mapping[str, str], after: Mapping[str, str]
    ) -> Iterator[C]:
        """Something of which there are several, each with a name."""
        for name in dict.fromkeys((*before, *after)):
            if before.get(name) != after.get(name):
                yield self._make(what, name, before.get(name), after.get(name))

    def came_and_went(
        self,
        pairs: Sequence[tuple[What, What]],
        before: Sequence[Mapping[str, str]],
        after: Sequence[Mapping[str, str]],
    ) -> Iterator[C]:
        """Named things that are there or not: what is said of one that came, and that went."""
        for (came, went), old, new in zip(pairs, before, after, strict=True):
            yield from (self._make(came, name, None, new[name]) for name in new if name not in old)
            yield from (self._make(went, name, old[name], None) for name in old if name not in new)


def as_heard(changes: Iterable[Difference], headlines: Collection[str]) -> tuple[str, ...]:
    """The changes as a journey hears them: those in the headlines, as codes."""
    return tuple(
        f"{one.what}:{one.before or 'none'}>{one.after or 'none'}"
        for one in changes
        if one.what in headlines
    )


def numbered(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Several of one name are told apart by their place."""
    found: dict[str, str] = {}
    for name, said in pairs:
        count = sum(known.partition("#")[0] == name for known in found)
        found[f"{name}#{count + 1}" if count else name] = said
    return found
