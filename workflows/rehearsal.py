"""Rehearsal: move one journey's own clock, on a server that allows it. Never with patients."""

from datetime import datetime, timedelta

from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig


async def fast_forward(client: Client, workflow_id: str, days: float) -> datetime:
    """Let this journey live through so many days; answers what time it is there afterwards.

    Reminders on the way are sent, in order. All other journeys keep their time.
    """
    skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
    journey = client.get_workflow_handle(workflow_id)
    await skipper.fast_forward(journey, timedelta(days=days))
    return await skipper.get_current_time(journey)
