"""The real workflow code, stepped without a server: jobs in, commands out, by Temporal's runner.

What a worker keeps in memory of one run. Dropped, it is built again from what was recorded, and has
to give the same commands: every kill of a worker is a test of determinism.
"""

import asyncio
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from temporalio import workflow
from temporalio.bridge.proto.workflow_activation import (
    InitializeWorkflow,
    NotifyHasPatch,
    RemoveFromCache,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.common import Priority, TypedSearchAttributes
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner
from temporalio.worker._workflow_instance import WorkflowInstance, WorkflowInstanceDetails

CONVERTER = pydantic_data_converter
RUNNER = UnsandboxedWorkflowRunner()
NAMESPACE, TASK_QUEUE = "default", "journeys"
TASK_TIMEOUT = timedelta(seconds=10)


class StepFailed(Exception):
    """The workflow's code raised what fails a workflow task; a server would ask again and again."""


class WentAnotherWay(Exception):
    """Replayed, the workflow's code gave other commands than it gave before."""


@dataclass(frozen=True, slots=True)
class Step:
    """One workflow task as history keeps it: when, what came, what was commanded."""

    at: datetime
    history_length: int
    jobs: tuple[bytes, ...]
    commands: tuple[bytes, ...]
    flags: tuple[int, ...] = ()


@dataclass(slots=True)
class Identity:
    """Which run of which workflow."""

    workflow_id: str
    run_id: str
    first_run_id: str
    started_at: datetime
    continued_from: str | None = None
    seed: int = field(init=False)

    def __post_init__(self) -> None:
        self.seed = int.from_bytes(hashlib.sha256(self.run_id.encode()).digest()[:8], "big") >> 1


class Instance:
    """One run in a worker's memory."""

    def __init__(self, defn: type, identity: Identity) -> None:
        self.identity = identity
        self.steps = 0
        definition = workflow._Definition.must_from_class(defn)
        self._instance: WorkflowInstance = RUNNER.create_instance(
            WorkflowInstanceDetails(
                payload_converter_factory=CONVERTER._new_payload_converter,
                failure_converter_class=CONVERTER.failure_converter_class,
                interceptor_classes=[],
                defn=definition,
                info=_info(identity, definition.name or ""),
                randomness_seed=identity.seed,
                extern_functions={"__temporal_assert_local_activity_valid": lambda name: None},
                disable_eager_activity_execution=True,
                worker_level_failure_exception_types=[],
                patch_activation_callback=None,
                last_completion_result=InitializeWorkflow().last_completion_result,
                last_failure=None,
            )
        )

    def step(
        self, at: datetime, history_length: int, jobs: Sequence[WorkflowActivationJob]
    ) -> Step:
        """What does the workflow command, now that this has happened?"""
        commands, flags = self._activate(at, history_length, jobs, (), replaying=False)
        sent = tuple(job.SerializeToString(deterministic=True) for job in jobs)
        return Step(at, history_length, sent, commands, flags)

    def replay(self, steps: Sequence[Step]) -> None:
        """Live through what was recorded; raises when it goes another way."""
        for step in steps:
            jobs = [WorkflowActivationJob.FromString(job) for job in step.jobs]
            patches = [
                command.set_patch_marker
                for command in map(read, step.commands)
                if command.HasField("set_patch_marker")
            ]
            known = [
                WorkflowActivationJob(notify_has_patch=NotifyHasPatch(patch_id=patch.patch_id))
                for patch in patches
            ]
            commands, _ = self._activate(
                step.at, step.history_length, [*known, *jobs], step.flags, replaying=True
            )
            if commands != step.commands:
                told, now = _names(step.commands), _names(commands)
                raise WentAnotherWay(f"{self.identity.run_id}: was {told}, is {now}")

    def drop(self) -> None:
        """Out of memory, tidily; what a killed process loses is simply not used again."""
        gone = WorkflowActivationJob(remove_from_cache=RemoveFromCache())
        self._activate(self.identity.started_at, 0, [gone], (), replaying=True)

    def _activate(
        self,
        at: datetime,
        history_length: int,
        jobs: Sequence[WorkflowActivationJob],
        flags: Sequence[int],
        *,
        replaying: bool,
    ) -> tuple[tuple[bytes, ...], tuple[int, ...]]:
        activation = WorkflowActivation(
            run_id=self.identity.run_id,
            is_replaying=replaying,
            history_length=history_length,
            jobs=jobs,
            available_internal_flags=flags,
        )
        activation.timestamp.FromDatetime(at.astimezone(UTC).replace(tzinfo=None))
        outside = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        try:
            completion = self._instance.activate(activation)
        finally:
            asyncio._set_running_loop(outside)
        if completion.HasField("failed"):
            raise StepFailed(completion.failed.failure.message)
        self.steps += 1
        done = completion.successful
        return (
            tuple(command.SerializeToString(deterministic=True) for command in done.commands),
            tuple(done.used_internal_flags),
        )


def read(command: bytes) -> WorkflowCommand:
    """A command as it was recorded."""
    return WorkflowCommand.FromString(command)


def uuid_of(draw: random.Random) -> str:
    """A run id from the run's own chances."""
    return f"{draw.getrandbits(128):032x}"


def _names(commands: Sequence[bytes]) -> list[str]:
    return [str(read(command).WhichOneof("variant")) for command in commands]


def _info(identity: Identity, name: str) -> workflow.Info:
    return workflow.Info(
        attempt=1,
        continued_run_id=identity.continued_from,
        cron_schedule=None,
        execution_timeout=None,
        first_execution_run_id=identity.first_run_id,
        headers={},
        namespace=NAMESPACE,
        original_execution_run_id=identity.run_id,
        parent=None,
        root=None,
        raw_memo={},
        retry_policy=None,
        run_id=identity.run_id,
        run_timeout=None,
        search_attributes={},
        start_time=identity.started_at,
        workflow_start_time=identity.started_at,
        task_queue=TASK_QUEUE,
        task_timeout=TASK_TIMEOUT,
        typed_search_attributes=TypedSearchAttributes.empty,
        workflow_id=identity.workflow_id,
        workflow_type=name,
        priority=Priority.default,
    )
