"""A worker: steps journeys it keeps in memory, makes their calls, and may die at any moment."""

import asyncio
import dataclasses
import random
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from temporalio import activity
from temporalio.api.failure.v1 import Failure
from temporalio.bridge.proto.activity_result import ActivityResolution
from temporalio.bridge.proto.activity_result import Failure as FailedActivity
from temporalio.bridge.proto.activity_result import Success as DoneActivity
from temporalio.bridge.proto.workflow_activation import ResolveActivity, WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import ScheduleActivity, ScheduleLocalActivity
from temporalio.testing import ActivityEnvironment

from simulation.instance import CONVERTER, Instance, Step, StepFailed, WentAnotherWay, read
from simulation.processes import Process
from simulation.runs import ActivityTask, EngineDown, Task, UnhandledCommand, WorkflowTask
from simulation.temporal import Engine
from workflows.worker import CACHED_JOURNEYS

ASK_AGAIN_SECONDS = 1.0
FORGETS = 0.02
"""So often a run has fallen out of memory; with real workers, whenever months have passed."""


class Worker(Process):
    """One worker process. Started anew, it remembers nothing."""

    def __init__(
        self,
        name: str,
        engine: Engine,
        defn: type,
        activities: Callable[[], Sequence[Callable[..., Any]]],
        draw: random.Random,
    ) -> None:
        super().__init__(name)
        self._engine, self._defn, self._make, self._draw = engine, defn, activities, draw
        self._acts: dict[str, Callable[..., Any]] = {}
        self._kept: OrderedDict[str, Instance] = OrderedDict()
        self._under_way: dict[int, ActivityTask] = {}
        self._looking: dict[str, int] = {}
        self.dies: Callable[[str], bool] = lambda where: False
        self.stepped: Callable[[str, Any], None] = lambda workflow_id, step: None
        self.deviated: Callable[[str, str], None] = lambda workflow_id, why: None
        self.call_failed: Callable[[str, str], None] = lambda call, why: None
        self.replays = 0
        self.calls = 0

    def start(self) -> None:
        """Run: ask for work until killed."""
        self.begin()
        self._kept.clear()
        self._under_way.clear()
        self._looking.clear()
        self._acts = {_name(act): act for act in self._make()}
        self.spawn(self._work())

    def kill(self) -> None:
        """kill -9. The engine misses its heartbeats, and asks another one."""
        lost = list(self._under_way.values())
        super().kill()
        for task in lost:
            self._engine.calls.missed(task)

    async def _work(self) -> None:
        while True:
            task = await self._engine.poll(self.name)
            await asyncio.sleep(self._draw.expovariate(200.0))
            if isinstance(task, WorkflowTask):
                self.spawn(self._look(task))
            else:
                self.spawn(self._call(task))

    # -- workflow tasks -----------------------------------------------------------------------

    async def _look(self, task: WorkflowTask) -> None:
        workflow_id, run_id = task.run.identity.workflow_id, task.run.identity.run_id
        self._looking[run_id] = task.number
        task.run.looked_at = self._looks_at(run_id)
        try:
            steps = await self._steps(task)
        except WentAnotherWay as deviation:
            self.deviated(workflow_id, str(deviation))
            return
        except StepFailed as failure:
            self._kept.pop(run_id, None)
            self._engine.failed_task(task, str(failure))
            return
        finally:
            self._looking.pop(run_id, None)
        await asyncio.sleep(self._draw.expovariate(200.0))
        if self.dies("look"):
            return
        try:
            self._engine.completed(task, steps)
        except (UnhandledCommand, EngineDown):
            self._kept.pop(run_id, None)
            return
        self.stepped(workflow_id, steps[-1])
        if task.run.closed:
            kept = self._kept.pop(run_id, None)
            if kept is not None:
                kept.drop()

    async def _steps(self, task: WorkflowTask) -> list[Step]:
        """The task's own step, and one for each call that is made within it."""
        instance = self._instance(task)
        steps = [instance.step(task.at, task.history_length, task.jobs)]
        while True:
            called = [
                command.schedule_local_activity
                for command in map(read, steps[-1].commands)
                if command.HasField("schedule_local_activity")
            ]
            if not called:
                return steps
            for order in called:
                job = await self._called_at_once(task, order)
                at = self._engine.clock.now()
                steps.append(instance.step(at, task.history_length, [job]))
                if self.dies("call"):
                    await asyncio.Event().wait()

    async def _called_at_once(
        self, task: WorkflowTask, order: ScheduleLocalActivity
    ) -> WorkflowActivationJob:
        """A quick call within the workflow's task; what is not quick has failed."""
        self.calls += 1
        longest = order.start_to_close_timeout.ToTimedelta().total_seconds()
        try:
            async with asyncio.timeout(longest):
                result, failure = await self._made(task, order)
        except TimeoutError:
            result, failure = None, Failure(message="activity timed out")
            failure.timeout_failure_info.SetInParent()
        if failure is not None:
            answer = ActivityResolution(failed=FailedActivity(failure=failure))
        else:
            answer = ActivityResolution(completed=DoneActivity(result=result))
        told = ResolveActivity(seq=order.seq, result=answer, is_local=True)
        return WorkflowActivationJob(resolve_activity=told)

    def _looks_at(self, run_id: str) -> Callable[[int], bool]:
        return lambda number: self.alive and self._looking.get(run_id) == number

    def _instance(self, task: WorkflowTask) -> Instance:
        """From memory if it is as far as the history; otherwise lived through again."""
        run_id = task.run.identity.run_id
        known = self._kept.pop(run_id, None)
        if known is not None and self._draw.random() < FORGETS:
            known.drop()
            known = None
        if known is None or known.steps != len(task.run.steps):
            known = Instance(self._defn, task.run.identity)
            if task.run.steps:
                self.replays += 1
                known.replay(task.run.steps)
        self._kept[run_id] = known
        while len(self._kept) > CACHED_JOURNEYS:
            _, oldest = self._kept.popitem(last=False)
            oldest.drop()
        return known

    # -- calls --------------------------------------------------------------------------------

    async def _call(self, task: ActivityTask) -> None:
        self._under_way[id(task)] = task
        self.calls += 1
        result, failure = await self._made(task, task.order)
        if self.dies("call"):
            return
        while True:
            try:
                if failure is None:
                    self._engine.calls.resolved(task, result)
                else:
                    self._engine.calls.refused(task, failure)
                break
            except EngineDown:
                await asyncio.sleep(ASK_AGAIN_SECONDS)
        self._under_way.pop(id(task), None)

    async def _made(
        self, task: Task, order: ScheduleActivity | ScheduleLocalActivity
    ) -> tuple[Any, Failure | None]:
        act = self._acts.get(order.activity_type)
        converter = CONVERTER.payload_converter
        try:
            if act is None:
                raise LookupError(f"no activity {order.activity_type}")
            definition = activity._Definition.must_from_callable(act)
            said = converter.from_payloads(list(order.arguments), definition.arg_types)
            answer = await _environment(task, order).run(act, *said)
            return (None if answer is None else converter.to_payload(answer)), None
        except Exception as error:
            failure = Failure()
            self.call_failed(order.activity_type, f"{type(error).__name__}: {error}")
            CONVERTER.failure_converter.to_failure(error, converter, failure)
            return None, failure


def _environment(
    task: Task, order: ScheduleActivity | ScheduleLocalActivity
) -> ActivityEnvironment:
    environment = ActivityEnvironment()
    identity = task.run.identity
    environment.info = dataclasses.replace(
        environment.info,
        activity_type=order.activity_type,
        activity_id=order.activity_id,
        attempt=task.attempt if isinstance(task, ActivityTask) else 1,
        workflow_id=identity.workflow_id,
        workflow_run_id=identity.run_id,
    )
    return environment


def _name(act: Callable[..., Any]) -> str:
    name = activity._Definition.must_from_callable(act).name
    assert name is not None
    return name
