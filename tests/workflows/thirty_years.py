"""Half a life under surveillance: a result every month, a check every quarter, for thirty years."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from sysconfig import get_path

from temporalio.api.enums.v1 import EventType, IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from knowledge.terms.obligation import Conclusion, Obligation
from tests.workflows.conftest import Walk, a_walk, eventually
from tests.workflows.ward import Ward, a_conclusion, wasting_is_found
from workflows.codec import KeyRing, data_converter
from workflows.contract import PHASE_ATTRIBUTE, ConclusionRequest, EventKind, workflow_id
from workflows.journey import TioJourney
from workflows.worker import RUNNER

YEARS = 30
MONTHS = 12 * YEARS
MONTH = timedelta(days=365.25 / 12)
QUARTER = timedelta(days=91)
LAPSES = timedelta(days=60)
"""From then on an unmet check is missed, so follow-up asks to be asked again."""
ONLY_SKIPPED_TIME = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
)
"""Events that a clock moved by hand leaves behind; nobody else's journey has them."""

TRANSITIONS = (
    "workflow_execution_started",
    "workflow_execution_signaled",
    "timer_fired",
    *("workflow_task_started", "workflow_task_completed", "workflow_task_timed_out"),
    *("activity_task_started", "activity_task_completed"),
)
"""Events that may come with a state transition of their own; all others come along with one."""


Live = Callable[[datetime], Awaitable[object]]
"""Lets the journey's clock run until this moment."""


@dataclass(frozen=True)
class Run:
    """One run of a journey, as the server keeps it."""

    run_id: str
    history: WorkflowHistory
    kinds: Counter[str]
    size: int
    skips: int

    @property
    def events(self) -> int:
        """How many events has it?"""
        return self.kinds.total()

    @property
    def transitions(self) -> int:
        """How often did the server write its state, at most? It counts two thirds of these, which
        `make scale` asks it; this server does not count.
        """
        return sum(self.kinds[kind] for kind in TRANSITIONS)


def checked_for_life(ward: Ward, service: str, request: ConclusionRequest) -> Conclusion:
    """The usual story, and after the operation a check is due every quarter, for ever."""
    if service != "followup":
        return wasting_is_found(ward, service, request)
    operated = ward.first_asked.setdefault(request.journey_id, request.at.date())
    passed = (request.at.date() - operated) // QUARTER
    checks = tuple(
        Obligation(
            rule="FUP-1",
            occurrence=str(number),
            act="s_phos",
            opens=operated + QUARTER * (number - 1),
            due=operated + QUARTER * number,
        )
        for number in range(max(1, passed), passed + 3)
    )
    concluded = a_conclusion(service, request, "REMISSION", obligations=checks)
    return concluded.model_copy(update={"look_again": operated + QUARTER * (passed + 1) + LAPSES})


async def told_every_month(walk: Walk, began: datetime, months: int, live: Live) -> None:
    """Operated, then a result every month; the journey's own clock runs in between."""
    await walk.operated()
    progress = walk.ward.progress[walk.id]
    for month in range(1, months + 1):
        at, told = began + MONTH * month, len(progress)
        await live(at)
        await walk.say(EventKind.OBSERVATIONS, occurred_at=at)
        await eventually(partial(_more_than, told, progress), f"month {month} is taken in")


def _more_than(told: int, progress: Sequence[object]) -> bool:
    return len(progress) > told


@asynccontextmanager
async def one_clock_for_all(keys: KeyRing) -> AsyncIterator[WorkflowEnvironment]:
    """The test server that skips time for everybody at once: one journey, fast."""
    server = Path(get_path("scripts")) / "temporal-test-server"
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=data_converter(keys), test_server_existing_path=str(server)
    ) as environment:
        attribute = {PHASE_ATTRIBUTE: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD}
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=environment.client.namespace, search_attributes=attribute
            )
        )
        yield environment


async def lived(keys: KeyRing, months: int = MONTHS) -> list[Run]:
    """The runs of a journey that has lived so long."""
    async with (
        one_clock_for_all(keys) as environment,
        a_walk(environment.client, Ward(checked_for_life)) as walk,
    ):
        began = await environment.get_current_time()

        async def live(until: datetime) -> None:
            await environment.sleep(until - await environment.get_current_time())

        first = await started(walk)
        await told_every_month(walk, began, months, live)
        return await runs_of(environment.client, walk, first)


async def seconds_to_replay(runs: Sequence[Run], keys: KeyRing) -> list[float]:
    """Processor time until a worker that knows nothing stands where each run stood."""
    replayer = Replayer(
        workflows=[TioJourney], data_converter=data_converter(keys), workflow_runner=RUNNER
    )
    spent = []

    async def histories() -> AsyncIterator[WorkflowHistory]:
        for run in runs:
            yield run.history

    async with replayer.workflow_replay_iterator(histories()) as replayed:
        before = time.process_time()
        async for result in replayed:
            assert result.replay_failure is None, result.replay_failure
            spent.append(time.process_time() - before)
            before = time.process_time()
    return spent


async def started(walk: Walk) -> str:
    """The first run of a journey that starts now."""
    await walk.journeys.start(walk.organisation, walk.id)
    return (await walk.journeys.handle(walk.organisation, walk.id).describe()).run_id or ""


async def runs_of(temporal: Client, walk: Walk, first: str) -> list[Run]:
    """Every run of this journey from the first one on, followed from history to history."""
    journey, run, runs = workflow_id(walk.organisation, walk.id), first, []
    while run:
        history = await temporal.get_workflow_handle(journey, run_id=run).fetch_history()
        kept = [event for event in history.events if event.event_type not in ONLY_SKIPPED_TIME]
        kinds = Counter(
            EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower() for event in kept
        )
        size, skips = sum(event.ByteSize() for event in kept), len(history.events) - len(kept)
        runs.append(Run(run, history, kinds, size, skips))
        ending = history.events[-1].workflow_execution_continued_as_new_event_attributes
        run = ending.new_execution_run_id
    return runs
