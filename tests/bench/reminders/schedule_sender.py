"""A bare Temporal Schedule for each reminder: it starts a workflow of one activity, retried."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleRange,
    ScheduleSpec,
)
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from deploy.temporal_server import embedded
from tests.bench.reminders import sending

QUEUE = "reminders"


@activity.defn
def send(number: int) -> None:
    """One reminder."""
    sending.send(number)


@workflow.defn
class SendReminder:
    """Sends one reminder."""

    @workflow.run
    async def run(self, number: int) -> None:
        """Until it was taken."""
        await workflow.execute_activity(send, number, start_to_close_timeout=timedelta(seconds=5))


def once(due: datetime) -> ScheduleSpec:
    """At this second, and never again."""
    at = due.astimezone(UTC)

    def only(value: int) -> list[ScheduleRange]:
        return [ScheduleRange(value)]

    return ScheduleSpec(
        calendars=[
            ScheduleCalendarSpec(
                second=only(at.second),
                minute=only(at.minute),
                hour=only(at.hour),
                day_of_month=only(at.day),
                month=only(at.month),
                year=only(at.year),
            )
        ]
    )


async def enrol(temporal: Client, task: sending.Task) -> None:
    """A schedule for each."""
    for number, due in enumerate(task.dues):
        action = ScheduleActionStartWorkflow(
            SendReminder.run, number, id=f"reminder-{number}", task_queue=QUEUE
        )
        await temporal.create_schedule(
            f"reminder-{number}", Schedule(action=action, spec=once(due))
        )


async def main(what: str) -> None:
    """Server and worker in one process family: killed together, as `tio up` is."""
    task = sending.Task.read()
    async with embedded(Path(task.database) / "temporal.db") as server:
        temporal = await Client.connect(server.address, namespace=server.namespace)
        if what == "enrol":
            await enrol(temporal, task)
            return
        with ThreadPoolExecutor(4) as threads:
            await Worker(
                temporal,
                task_queue=QUEUE,
                workflows=[SendReminder],
                activities=[send],
                activity_executor=threads,
                workflow_runner=UnsandboxedWorkflowRunner(),
            ).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
