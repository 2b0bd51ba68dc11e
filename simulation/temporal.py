"""A workflow engine of one process: what it has acknowledged survives it, all else is told again.

Histories, timers, continue-as-new, and the races between them, as Temporal's server has them; the
calls with their retries stand in `calls.py`. Workers ask it for work; it calls nobody.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import (
    FireTimer,
    InitializeWorkflow,
    SignalWorkflow,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.exceptions import WorkflowAlreadyStartedError

from simulation.calls import Calls, later
from simulation.clock import Clock
from simulation.instance import TASK_TIMEOUT, Identity, Step, read, uuid_of
from simulation.runs import (
    EngineDown,
    Execution,
    Run,
    Task,
    UnhandledCommand,
    UnknownCommand,
    WorkflowTask,
)

MARKED = 2
"""Events that a patch marker takes: itself, and the search attribute that names it."""

STICKY = 3.0
"""Seconds for which a run is offered to the worker that keeps it, as the workers ask for."""


class Engine:
    """The server. `up` says whether it runs; what it knows is on its disk."""

    def __init__(self, clock: Clock, draw: random.Random) -> None:
        self.clock, self._draw = clock, draw
        self.up = True
        self.executions: dict[str, Execution] = {}
        self.rested: Callable[[Execution], None] = lambda execution: None
        self.failed: Callable[[str, str], None] = lambda workflow_id, why: None
        self._queue: deque[tuple[Run, int]] = deque()
        self._something = asyncio.Event()
        self.calls = Calls(clock, lambda: self.up, self._something.set, self._told)

    # -- clients ------------------------------------------------------------------------------

    def start(
        self,
        workflow_id: str,
        order: Payload,
        signal: tuple[str, Payload] | None = None,
        *,
        again: bool = False,
    ) -> None:
        """Start it, or tell the one that runs; one that has closed only if it may run `again`."""
        self._expect_up()
        execution = self.executions.get(workflow_id)
        if execution is not None and execution.closed and again:
            run_id = uuid_of(self._draw)
            execution.closed, execution.runs = False, execution.runs + 1
            execution.run = Run(Identity(workflow_id, run_id, run_id, self.clock.now()))
            self._begin(execution.run, [order])
        elif execution is not None and execution.closed:
            raise WorkflowAlreadyStartedError(workflow_id, "TioJourney")
        if execution is None:
            run_id = uuid_of(self._draw)
            identity = Identity(workflow_id, run_id, run_id, self.clock.now())
            execution = self.executions[workflow_id] = Execution(workflow_id, Run(identity))
            self._begin(execution.run, [order])
        if signal is not None:
            self.signal(workflow_id, *signal)

    def signal(self, workflow_id: str, name: str, *said: Payload) -> None:
        """Tell it something."""
        self._expect_up()
        execution = self.executions.get(workflow_id)
        if execution is None or execution.closed:
            raise LookupError(workflow_id)
        run = execution.run
        run.events += 1
        told = SignalWorkflow(signal_name=name, input=said)
        self._happened(run, WorkflowActivationJob(signal_workflow=told))

    def terminate(self, workflow_id: str) -> None:
        """It ends now, whatever it was doing. Safe to repeat."""
        self._expect_up()
        execution = self.executions.get(workflow_id)
        if execution is not None and not execution.closed:
            execution.closed = True
            self._close(execution, execution.run)

    # -- life ---------------------------------------------------------------------------------

    def go_down(self) -> None:
        """Killed: what workers were given is not known to be done."""
        self.up = False

    def come_up(self) -> None:
        """Back, with everything it had acknowledged; what was given out is missed in time."""
        self.up = True
        self._something.set()

    def _expect_up(self) -> None:
        if not self.up:
            raise EngineDown("the engine does not run")

    # -- workers ------------------------------------------------------------------------------

    async def poll(self, worker: str) -> Task:
        """The next thing to do, as soon as there is one.

        Who keeps a run in memory is asked first, for some seconds; then anybody.
        """
        while True:
            if self.up:
                task = self._next(worker)
                if task is not None:
                    return task
            self._something.clear()
            await self._something.wait()

    def _next(self, worker: str) -> Task | None:
        for _ in range(len(self._queue)):
            run, number = self._queue.popleft()
            if run.closed or number != run.task or not run.queued:
                continue
            if run.kept_by not in (None, worker) and self.clock.seconds < run.offered_at + STICKY:
                self._queue.append((run, number))
                continue
            run.queued, run.under_way, run.kept_by = False, True, worker
            run.told = len(run.waiting)
            run.events += 2
            task = WorkflowTask(run, number, self.clock.now(), run.events, tuple(run.waiting))
            later(TASK_TIMEOUT, self._task_is_late, run, number)
            return task
        return self.calls.next()

    def completed(self, task: WorkflowTask, steps: Sequence[Step]) -> None:
        """The worker has looked. Its commands take effect together, or not at all.

        More than one step: it made calls of its own meanwhile, and went on with what they said.
        """
        self._expect_up()
        run = task.run
        if run.closed or task.number != run.task or not run.under_way:
            return
        commands = [read(command) for step in steps for command in step.commands]
        ends = any(_ends(command) for command in commands)
        unseen = run.waiting[run.told :]
        if ends and unseen:
            run.events += 1
            self._again(run)
            raise UnhandledCommand
        run.steps.extend(steps)
        run.waiting, run.under_way, run.events = list(unseen), False, run.events + 1
        run.task += 1
        execution = self.executions[run.identity.workflow_id]
        execution.transitions += 1
        for command in commands:
            self._obey(execution, run, command)
        if run.waiting and not run.closed:
            self._offer(run)
        elif not run.pending:
            self.rested(execution)

    def failed_task(self, task: WorkflowTask, why: str) -> None:
        """The code raised: a server counts that and asks again later."""
        if task.number == task.run.task and not task.run.closed:
            self.failed(task.run.identity.workflow_id, why)
            later(TASK_TIMEOUT, self._task_is_late, task.run, task.number)

    # -- what happens by itself ---------------------------------------------------------------

    def _task_is_late(self, run: Run, number: int) -> None:
        if run.closed or number != run.task or not run.under_way:
            return
        if not self.up or run.looked_at(number):
            later(timedelta(seconds=1), self._task_is_late, run, number)
            return
        run.events += 1
        self._again(run)

    def _again(self, run: Run) -> None:
        run.under_way = False
        run.task += 1
        self._offer(run)

    def _fire(self, run: Run, seq: int) -> None:
        if run.closed or seq not in run.timers:
            return
        if not self.up:
            run.timers[seq] = later(timedelta(seconds=1), self._fire, run, seq)
            return
        del run.timers[seq], run.fires_at[seq]
        run.events += 1
        self._happened(run, WorkflowActivationJob(fire_timer=FireTimer(seq=seq)))

    def _told(self, run: Run, events: int, job: WorkflowActivationJob) -> None:
        run.events += events
        self._happened(run, job)

    def _happened(self, run: Run, job: WorkflowActivationJob) -> None:
        run.waiting.append(job)
        self.executions[run.identity.workflow_id].transitions += 1
        if not run.under_way:
            self._offer(run)

    def _offer(self, run: Run) -> None:
        if not run.queued:
            run.queued, run.offered_at = True, self.clock.seconds
            self._queue.append((run, run.task))
            self._something.set()
            if run.kept_by is not None:
                later(timedelta(seconds=STICKY), self._somebody_else, run)

    def _somebody_else(self, run: Run) -> None:
        if run.queued:
            self._something.set()

    # -- commands -----------------------------------------------------------------------------

    def _begin(self, run: Run, arguments: list[Payload]) -> None:
        start = InitializeWorkflow(
            workflow_type="TioJourney",
            workflow_id=run.identity.workflow_id,
            arguments=arguments,
            randomness_seed=run.identity.seed,
            first_execution_run_id=run.identity.first_run_id,
            attempt=1,
        )
        self._happened(run, WorkflowActivationJob(initialize_workflow=start))

    def _obey(self, execution: Execution, run: Run, command: WorkflowCommand) -> None:
        match command.WhichOneof("variant"):
            case "start_timer":
                seq, wait = command.start_timer.seq, command.start_timer.start_to_fire_timeout
                run.timers[seq] = later(wait.ToTimedelta(), self._fire, run, seq)
                run.fires_at[seq] = self.clock.now() + wait.ToTimedelta()
            case "cancel_timer":
                run.fires_at.pop(command.cancel_timer.seq, None)
                timer = run.timers.pop(command.cancel_timer.seq, None)
                if timer is not None:
                    timer.cancel()
            case "schedule_activity":
                self.calls.schedule(run, command.schedule_activity)
            case "complete_workflow_execution":
                execution.closed = True
                self._close(execution, run)
            case "continue_as_new_workflow_execution":
                self._close(execution, run)
                again = command.continue_as_new_workflow_execution
                identity = Identity(
                    execution.workflow_id,
                    uuid_of(self._draw),
                    run.identity.first_run_id,
                    self.clock.now(),
                    run.identity.run_id,
                )
                execution.run = Run(identity)
                execution.runs += 1
                self._begin(execution.run, list(again.arguments))
            case "schedule_local_activity":
                pass  # made by the worker within its task: a marker says what came of it
            case "set_patch_marker":
                run.events += MARKED - 1
            case "upsert_workflow_search_attributes":
                pass
            case other:
                raise UnknownCommand(str(other))
        run.events += 1

    def _close(self, execution: Execution, run: Run) -> None:
        run.closed = True
        execution.events += run.events + 1
        for timer in run.timers.values():
            timer.cancel()
        run.timers.clear()
        run.fires_at.clear()
        run.pending.clear()
        run.steps.clear()

    def open(self) -> Iterator[Execution]:
        """Every workflow that runs."""
        return (one for one in self.executions.values() if not one.closed)


def _ends(command: WorkflowCommand) -> bool:
    return str(command.WhichOneof("variant")) in (
        "complete_workflow_execution",
        "continue_as_new_workflow_execution",
        "fail_workflow_execution",
    )
