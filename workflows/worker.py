"""create_worker(): which workflows and activities are served, and how much at once."""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from services.chassis.client import ServiceClient
from workflows import policies
from workflows.activities import (
    AssessmentActivities,
    CoordinationActivities,
    FollowupActivities,
    LocalizationActivities,
)
from workflows.contract import TASK_QUEUE
from workflows.heartbeat import Heartbeats
from workflows.journey import TioJourney
from workflows.taking_turns import TakingTurns

DEPLOYMENT = "tio-journeys"
"""The name under which versions of this worker are known to the engine."""

CACHED_JOURNEYS = 500
"""90 KB each; a journey that sleeps for months gains nothing from being kept."""

CALLS_AT_ONCE = 40
"""To services: after an outage they are not to be flooded."""

TASKS_AT_ONCE = 20
"""A task makes its quick calls itself. More at once only wait for each other, and a task that has
not ended in ten seconds is given to another worker."""


RUNNER = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules(
        "pydantic", "pydantic_core", "annotated_types"
    )
)
"""Workflows run apart from clocks and files; the replay test uses the same runner."""


@dataclasses.dataclass(frozen=True)
class Services:
    """Whom the activities ask."""

    assessment: ServiceClient
    localization: ServiceClient
    followup: ServiceClient
    coordination: ServiceClient

    async def close(self) -> None:
        """Give the connections back."""
        for client in (self.assessment, self.localization, self.followup, self.coordination):
            await client.close()


def activities_of(services: Services) -> list[Callable[..., object]]:
    """Every call a journey may make."""
    coordination = CoordinationActivities(services.coordination)
    assessment = AssessmentActivities(services.assessment, coordination)
    localization = LocalizationActivities(services.localization, coordination)
    followup = FollowupActivities(services.followup, coordination)
    acts: list[Callable[..., Any]] = [
        coordination.read_decision,
        coordination.read_word,
        coordination.merge,
        coordination.record_outcome,
        coordination.record_progress,
        coordination.wake,
        assessment.record_facts,
        assessment.conclude_assessment,
        localization.record_examination,
        localization.record_study,
        localization.record_sampling,
        localization.record_biopsy,
        localization.record_order,
        localization.record_constraints,
        localization.conclude_localization,
        followup.record_result,
        followup.record_event,
        followup.record_found,
        followup.conclude_followup,
    ]
    return [*acts, TakingTurns(acts).take_turn]


def create_worker(
    client: Client,
    services: Services,
    *,
    task_queue: str = TASK_QUEUE,
    cached_journeys: int = CACHED_JOURNEYS,
    calls_at_once: int = CALLS_AT_ONCE,
    build_id: str | None = None,
) -> Worker:
    """A worker for journeys: `async with` it, or `run()` it. Leaving lets calls end."""
    return worker_with(
        client,
        activities_of(services),
        task_queue=task_queue,
        cached_journeys=cached_journeys,
        calls_at_once=calls_at_once,
        build_id=build_id,
    )


def worker_with(
    client: Client,
    activities: Sequence[Callable[..., object]],
    *,
    task_queue: str,
    cached_journeys: int = CACHED_JOURNEYS,
    calls_at_once: int = CALLS_AT_ONCE,
    build_id: str | None = None,
) -> Worker:
    """The same worker with other activities under the same names: stand-ins, in tests.

    With a `build_id` it takes part in versions: journeys go over to the version that is made the
    current one at their next turn, which is why every history is replayed before that.
    """
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[TioJourney],
        activities=activities,
        workflow_runner=RUNNER,
        interceptors=[Heartbeats()],
        max_cached_workflows=cached_journeys,
        max_concurrent_activities=calls_at_once,
        max_concurrent_local_activities=calls_at_once,
        max_concurrent_workflow_tasks=TASKS_AT_ONCE,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=3),
        graceful_shutdown_timeout=policies.SLOWEST_LEAVE,
        deployment_config=None if build_id is None else _version(build_id),
    )


def _version(build_id: str) -> WorkerDeploymentConfig:
    """What this worker is called among those that serve journeys."""
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )
