"""What the engine knows: workflows with their runs, what waits to be told, what is to be done."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from temporalio.api.failure.v1 import Failure
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import ScheduleActivity

from simulation.instance import Identity, Step


class EngineDown(ConnectionError):
    """The engine does not run at the moment."""


class UnhandledCommand(Exception):
    """Something happened while the run was ending: it has to look at that first."""


class UnknownCommand(Exception):
    """The workflow commands what this engine has not learned."""


@dataclass(slots=True)
class Pending:
    """An activity that was scheduled and has not been resolved."""

    seq: int
    order: ScheduleActivity
    scheduled_at: datetime
    attempt: int = 1
    started: bool = False
    last_failure: Failure | None = None


@dataclass(slots=True)
class Run:
    """One run: what is in its history, and what waits to be told to it."""

    identity: Identity
    steps: list[Step] = field(default_factory=list)
    events: int = 1
    timers: dict[int, asyncio.TimerHandle] = field(default_factory=dict)
    fires_at: dict[int, datetime] = field(default_factory=dict)
    pending: dict[int, Pending] = field(default_factory=dict)
    waiting: list[WorkflowActivationJob] = field(default_factory=list)
    task: int = 0
    queued: bool = False
    under_way: bool = False
    told: int = 0
    closed: bool = False
    kept_by: str | None = None
    looked_at: Callable[[int], bool] = lambda number: False
    """Is somebody still looking, in this task? A worker in the middle of a call says so."""

    offered_at: float = 0.0


@dataclass(slots=True)
class Execution:
    """A workflow by its id, through all its runs."""

    workflow_id: str
    run: Run
    runs: int = 1
    events: int = 0
    closed: bool = False
    transitions: int = 0


@dataclass(frozen=True, slots=True)
class WorkflowTask:
    """Look what has happened, and say what to do."""

    run: Run
    number: int
    at: datetime
    history_length: int
    jobs: tuple[WorkflowActivationJob, ...]


@dataclass(frozen=True, slots=True)
class ActivityTask:
    """Make one call."""

    run: Run
    seq: int
    attempt: int
    order: ScheduleActivity


Task = WorkflowTask | ActivityTask
