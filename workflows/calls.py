"""Calls: what one journey asks of others, from inside its workflow, and what becomes of a "no"."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypedDict, TypeVar
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    FailureError,
    TimeoutError,
)

from workflows import policies
from workflows.activities import CoordinationActivities
from workflows.contract import EventArrived, EventOfJourney, EventOutcome, JourneyOrder

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


class Calls:
    """The calls of one journey."""

    def __init__(self, order: JourneyOrder) -> None:
        self._order = order

    def whose(self) -> Whose:
        """As of now."""
        return {
            "organisation": self._order.organisation,
            "journey_id": self._order.journey_id,
            "at": workflow.now(),
            "record": self._order.state.record,
        }

    def about(self, event: EventArrived) -> EventOfJourney:
        """A call about this event."""
        return EventOfJourney(event_id=event.event_id, **self.whose())

    async def ask(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Ask a clinical service; it may be away for longer than we stand there."""
        return await self._at_once(act, request, policies.ASK)

    async def report(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Tell coordination where we stand or that it is time; told anew, the newer word counts."""
        return await self._at_once(act, request, policies.TELL)

    async def tell(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Tell coordination, however long it takes."""
        return await self._call(act, request, policies.TELL)

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

    async def _at_once(
        self, act: Callable[[Any, Any], Awaitable[T]], request: Any, patience: policies.Patience
    ) -> T:
        """As any other; in runs that began that way, within the workflow's own task (decision 28).

        A worker that is killed meanwhile does it again at a later moment, so it has to be a call
        that may be repeated with another `at`. What is not quick is called as any other.
        """
        briefly = workflow.patched(policies.AT_ONCE)
        if workflow.patched(policies.STEP_BY_STEP) or not briefly:
            return await self._call(act, request, patience)
        try:
            answer: T = await workflow.execute_local_activity_method(
                act, request, **policies.BRIEFLY
            )
        except FailureError as error:
            cause = error.cause if isinstance(error, ActivityError) else error
            if isinstance(cause, ApplicationError) and cause.type == policies.REFUSED:
                raise Refused(cause.message) from error
            if isinstance(cause, CancelledError):
                raise
            return await self._call(act, request, patience)
        return answer

    async def _call(
        self, act: Callable[[Any, Any], Awaitable[T]], request: Any, patience: policies.Patience
    ) -> T:
        try:
            answer: T = await workflow.execute_activity_method(act, request, **patience)
        except ActivityError as error:
            cause = error.cause
            if isinstance(cause, ApplicationError) and cause.type == policies.REFUSED:
                raise Refused(cause.message) from error
            if isinstance(cause, ApplicationError | TimeoutError):
                raise Away from error
            raise
        return answer
