"""Tending: whoever looks after journeys sees how each runs, ends it, lets it hear all again."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.service import RPCError, RPCStatusCode

from workflows.contract import (
    PHASE_ATTRIBUTE,
    JourneyOrder,
    JourneyState,
    Phase,
    ToldAgain,
    journey_of,
    workflow_id,
)

WORKFLOW = "TioJourney"
"""By name: whoever only speaks to journeys does not load their code."""

PATIENCE_SECONDS = 5.0
"""How long a journey may take to say where it stands; then somebody works on it, or nobody does."""

OPEN = "WorkflowType = 'TioJourney' AND ExecutionStatus = 'Running'"
ENDED = "WorkflowType = 'TioJourney' AND ExecutionStatus != 'Running' AND CloseTime >= '{since}'"


def in_phase(phase: Phase) -> TypedSearchAttributes:
    """The phase by which operators find it."""
    key = SearchAttributeKey.for_keyword(PHASE_ATTRIBUTE)
    return TypedSearchAttributes([SearchAttributePair(key, phase.value)])


class Runs(StrEnum):
    """How the run of a journey is, seen from the engine."""

    RUNNING = "running"
    MISSING = "missing"
    ENDED = "ended"
    FAILING = "failing"


@dataclass(frozen=True)
class Seen:
    """How a journey runs, and how far it says it is: `revision` is None when it does not say."""

    runs: Runs
    since: datetime | None = None
    revision: int | None = None
    seen: tuple[UUID, ...] = field(default=())


@dataclass(frozen=True)
class Ended:
    """One run that has ended."""

    organisation: str
    journey: UUID
    run: UUID
    began_at: datetime
    ended_at: datetime
    ended: str


def is_at_work(described: WorkflowExecutionDescription) -> bool:
    """Is it taking a turn just now? Then it is not asked where it stands: what it says is not kept
    yet, and a question in the middle of a turn costs a task of its own (decision 29).
    """
    return described.raw_description.HasField("pending_workflow_task")


class Tending:
    """What is done for journeys as such; nothing here knows of a patient."""

    def __init__(self, temporal: Client, task_queue: str) -> None:
        self._temporal, self._task_queue = temporal, task_queue

    def handle(self, organisation: str, journey_id: UUID) -> WorkflowHandle[object, JourneyState]:
        """The workflow of this journey, whichever of its runs is the current one."""
        return self._temporal.get_workflow_handle(
            workflow_id(organisation, journey_id), result_type=JourneyState
        )

    async def end(self, organisation: str, journey_id: UUID, why: str) -> None:
        """The journey does nothing any more; one that has ended, or never ran, stays so."""
        try:
            await self.handle(organisation, journey_id).terminate(reason=why)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def look_at(self, organisation: str, journey_id: UUID) -> Seen:
        """Does this journey run, does its code fail, and how far is it?"""
        handle = self.handle(organisation, journey_id)
        try:
            described = await handle.describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return Seen(Runs.MISSING)
            raise
        if described.status is not WorkflowExecutionStatus.RUNNING:
            return Seen(Runs.ENDED, described.close_time)
        turn = described.raw_description.pending_workflow_task
        if turn.attempt > 1:
            since = turn.original_scheduled_time.ToDatetime(UTC)
            return Seen(Runs.FAILING, since)
        if is_at_work(described):
            return Seen(Runs.RUNNING)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                state = await handle.query("read_state", result_type=JourneyState)
        except (WorkflowQueryFailedError, WorkflowQueryRejectedError, RPCError, TimeoutError):
            return Seen(Runs.RUNNING)
        told = (*state.seen, *(event.event_id for event in state.waiting))
        return Seen(Runs.RUNNING, revision=state.revision, seen=told)

    async def tell_again(self, organisation: str, journey_id: UUID, told: ToldAgain) -> None:
        """Let a journey hear what it has lost; one that does not run any more begins with it.

        The one place that starts a journey anew which has ended: its record says that it is open.
        """
        await self._temporal.start_workflow(
            WORKFLOW,
            JourneyOrder(journey_id=journey_id, organisation=organisation),
            id=workflow_id(organisation, journey_id),
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=in_phase(Phase.ASSESSMENT),
            start_signal="told_again",
            start_signal_args=[told],
        )

    async def open_runs(self) -> AsyncIterator[tuple[str, UUID]]:
        """Every journey that runs, of every organisation."""
        async for one in self._temporal.list_workflows(OPEN):
            yield journey_of(one.id)

    async def ended_runs(self, since: datetime) -> AsyncIterator[Ended]:
        """The runs that have ended since then."""
        found = self._temporal.list_workflows(ENDED.format(since=since.isoformat()))
        async for one in found:
            assert one.close_time is not None
            assert one.status is not None
            organisation, journey = journey_of(one.id)
            yield Ended(
                organisation,
                journey,
                UUID(one.run_id),
                one.start_time,
                one.close_time,
                one.status.name.lower(),
            )

    async def history_of(self, organisation: str, journey_id: UUID, run: UUID) -> tuple[int, bytes]:
        """How many events a run had, and all of them as packed JSON, sealed as they are."""
        handle = self._temporal.get_workflow_handle(
            workflow_id(organisation, journey_id), run_id=str(run)
        )
        history = await handle.fetch_history()
        return len(history.events), gzip.compress(history.to_json().encode())
