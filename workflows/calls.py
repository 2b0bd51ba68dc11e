"""Calls: how a turn reaches others, and what becomes of a "no"."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol, TypedDict, TypeVar
from uuid import UUID

from workflows.activities import CoordinationActivities
from workflows.contract import EventArrived, EventOfJourney, EventOutcome, JourneyState, Phase

T = TypeVar("T")


class Refused(Exception):
    """Who was asked said no, and why."""


class Away(Exception):
    """Who was asked could not be reached for as long as we stood there."""


class Whose(TypedDict):
    """What every call says: whose journey, and what time it is there."""

    organisation: str
    journey_id: UUID
    at: datetime
    record: UUID | None


class Log(Protocol):
    """Where what is worth a line goes."""

    def info(self, msg: str, *args: object) -> None:
        """Worth knowing."""

    def error(self, msg: str, *args: object) -> None:
        """Somebody should look at it."""


class Calls(ABC):
    """The calls of one journey: each an activity of its own, or all of a turn within one."""

    log: Log

    def __init__(self, organisation: str, journey_id: UUID, state: JourneyState) -> None:
        self._organisation, self._journey_id, self._state = organisation, journey_id, state

    @abstractmethod
    def now(self) -> datetime:
        """The journey's own clock."""

    @abstractmethod
    def new_id(self) -> UUID:
        """The same one when all of this is done again."""

    @abstractmethod
    def knows(self, step: str) -> bool:
        """Does this run take this step? It began, perhaps, with code that had it not yet."""

    @abstractmethod
    def is_to_end(self) -> bool:
        """Is what still waits for the next run, because this one has grown long?"""

    @abstractmethod
    def show(self, phase: Phase) -> None:
        """Let operators see where it stands."""

    @abstractmethod
    async def ask(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Ask a clinical service; it may be away for longer than we stand there."""

    @abstractmethod
    async def report(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Tell coordination where we stand or that it is time; told anew, the newer word counts."""

    @abstractmethod
    async def tell(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Tell coordination, however long it takes."""

    def whose(self) -> Whose:
        """As of now."""
        return {
            "organisation": self._organisation,
            "journey_id": self._journey_id,
            "at": self.now(),
            "record": self._state.record,
        }

    def about(self, event: EventArrived) -> EventOfJourney:
        """A call about this event."""
        return EventOfJourney(event_id=event.event_id, **self.whose())

    async def tell_outcome(self, event: EventArrived, refusal: str | None = None) -> None:
        """What became of an event the journey itself acts on. Coordination, too, may refuse it."""
        outcome = EventOutcome(
            event_id=event.event_id,
            outcome="refused" if refusal else "applied",
            reason=refusal or "",
            **self.whose(),
        )
        try:
            await self.tell(CoordinationActivities.record_outcome, outcome)
        except Refused as refused:
            if refusal is None:
                await self.tell_outcome(event, str(refused) or "it was not taken")
