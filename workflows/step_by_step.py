"""Step by step: each call of a journey an activity of its own, from inside its workflow.

So runs went that began before a turn was one activity; they end within a year. Some of them began
when quick calls were made within the workflow's own task (decision 28).
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
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
from workflows.calls import Away, Calls, Refused
from workflows.contract import JourneyOrder, Phase

T = TypeVar("T")


class StepByStep(Calls):
    """The calls of one journey, one by one."""

    def __init__(
        self,
        order: JourneyOrder,
        is_to_end: Callable[[], bool],
        show: Callable[[Phase], None],
    ) -> None:
        super().__init__(order.organisation, order.journey_id, order.state)
        self.log = workflow.logger
        self._is_to_end, self._show = is_to_end, show

    def now(self) -> datetime:
        """The workflow's time."""
        return workflow.now()

    def new_id(self) -> UUID:
        """From the run's own chances."""
        return workflow.uuid4()

    def knows(self, step: str) -> bool:
        """Is it in the history, or will it be?"""
        return workflow.patched(step)

    def is_to_end(self) -> bool:
        """As the workflow sees it, between any two events."""
        return self._is_to_end()

    def show(self, phase: Phase) -> None:
        """A search attribute, where it has changed."""
        self._show(phase)

    async def ask(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Ask a clinical service; it may be away for longer than we stand there."""
        return await self._at_once(act, request, policies.ASK)

    async def report(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Tell coordination where we stand or that it is time; told anew, the newer word counts."""
        return await self._at_once(act, request, policies.TELL)

    async def tell(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Tell coordination, however long it takes."""
        return await called(act, request, policies.TELL)

    async def _at_once(
        self, act: Callable[[Any, Any], Awaitable[T]], request: Any, patience: policies.Patience
    ) -> T:
        """As any other; in runs that began that way, within the workflow's own task."""
        briefly = workflow.patched(policies.AT_ONCE)
        if workflow.patched(policies.STEP_BY_STEP) or not briefly:
            return await called(act, request, patience)
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
            return await called(act, request, patience)
        return answer


async def called(
    act: Callable[[Any, Any], Awaitable[T]], request: Any, patience: policies.Patience
) -> T:
    """One activity, from inside a workflow, and what becomes of it."""
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
