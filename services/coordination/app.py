"""Coordination, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from fastapi import FastAPI

from services.chassis.app import create_service
from services.chassis.logging import get_logger
from services.coordination import pages, reports, routes, sign_in, subscriptions
from services.coordination.journeys import Journeys
from services.coordination.metrics import CoordinationMetrics
from services.coordination.notify import Deliveries
from services.coordination.outbox import Outbox
from services.coordination.parts import Conclusions, Parts
from services.coordination.relay import Relay
from services.coordination.settings import CoordinationSettings
from services.coordination.tables import CoordinationTables

REFRESH_SECONDS = 5.0


def create_app(
    settings: CoordinationSettings,
    journeys: Journeys,
    conclusions: Conclusions | None = None,
    *,
    migrate_on_start: bool = True,
) -> FastAPI:
    """The service: its routes, its pages, and the relays that run while it lives.

    `journeys` reaches the workflow engine; `conclusions` fetches whole answers from the services
    that gave them, for the journey page.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts: Parts = app.state.parts
        async with AsyncExitStack() as stack:
            stack.push_async_callback(deliveries.close)
            await stack.enter_async_context(parts.outbox.running())
            await stack.enter_async_context(parts.deliveries.running())
            await stack.enter_async_context(_counting(parts))
            yield

    app = create_service(
        name="coordination",
        title="Coordination",
        settings=settings,
        routers=[
            routes.router,
            reports.router,
            subscriptions.router,
            sign_in.router,
            pages.router,
        ],
        base=CoordinationTables,
        lifespan=lifespan,
        migrate_on_start=migrate_on_start,
    )
    database = app.state.database
    metrics = CoordinationMetrics(app.state.metrics)
    outbox = Outbox(database, journeys, settings)
    deliveries = Deliveries(database, settings, metrics)
    every, lease = settings.relay_interval_seconds, settings.lease_seconds
    app.state.checks["temporal"] = outbox.check
    app.state.parts = Parts(
        settings=settings,
        database=database,
        journeys=journeys,
        metrics=metrics,
        conclusions=conclusions,
        outbox=Relay("outbox", database, outbox.work, every, lease),
        deliveries=Relay("deliveries", database, deliveries.work, every, lease),
        engine_is_there=outbox.check,
    )
    return app


@asynccontextmanager
async def _counting(parts: Parts) -> AsyncIterator[None]:
    """Keep the numbers that stand in the database fresh."""

    async def count() -> None:
        while True:
            try:
                await parts.metrics.refresh(parts.database)
            except Exception as error:
                name = type(error).__name__
                get_logger("coordination").error("not-counted", error=name)
            await asyncio.sleep(REFRESH_SECONDS)

    task = asyncio.create_task(count(), name="count")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
