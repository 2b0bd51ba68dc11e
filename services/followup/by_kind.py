"""The events of a history, by what they are: read once, asked for often."""

from collections.abc import Iterable
from typing import Any, TypeVar

Event = TypeVar("Event")


class ByKind:
    """The events of one history, each kind in the order of the history."""

    def __init__(self, history: Iterable[Any]) -> None:
        self._of: dict[type[Any], list[Any]] = {}
        for event in history:
            self._of.setdefault(type(event), []).append(event)

    def of(self, kind: type[Event]) -> list[Event]:
        """Those of this kind."""
        return self._of.get(kind, [])
