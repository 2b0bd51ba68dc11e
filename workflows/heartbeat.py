"""Every call under way says that it still lives: a killed worker is missed within seconds."""

import asyncio
from contextlib import suppress
from typing import Any

from temporalio import activity
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from workflows import policies


class Heartbeats(Interceptor):
    """Given to a worker, it beats for all of its activities."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Called by the worker for each call."""
        return _Beating(super().intercept_activity(next))


class _Beating(ActivityInboundInterceptor):
    """A call within a workflow's task does not beat: the task itself is missed."""

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        if activity.info().is_local:
            return await super().execute_activity(input)
        beating = asyncio.create_task(_beat())
        try:
            return await super().execute_activity(input)
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating


async def _beat() -> None:
    while True:
        await asyncio.sleep(policies.BEAT.total_seconds())
        activity.heartbeat()
