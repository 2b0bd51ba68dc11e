"""Coordination, put together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from sqlalchemy import delete
from sqlmodel import col

from services.chassis import idempotency
from services.chassis.app import create_service
from services.chassis.logging import get_logger
from services.coordination import (
    communication_routes,
    contact_routes,
    pages,
    reports,
    routes,
    sign_in,
    subscriptions,
    upkeep_routes,
    working_time,
)
from services.coordination.background import background, passed
from services.coordination.data_keys import DataKeys
from services.coordination.erasing import Erase
from services.coordination.journeys import Journeys
from services.coordination.metrics import CoordinationMetrics
from services.coordination.notify import Deliveries
from services.coordination.outbox import Outbox
from services.coordination.parts import Conclusions, Neighbours, Parts
from services.coordination.relay import Relay
from services.coordination.settings import CoordinationSettings
from services.coordination.tables import CoordinationTables, SessionRow, SignInRow
from services.coordination.upkeep import Upkeep

REFRESH_SECONDS = 5.0
TIDY_SECONDS = 3600.0
KEPT = timedelta(days=1)


def create_app(
    settings: CoordinationSettings,
    journeys: Journeys,
    conclusions: Conclusions | None = None,
    neighbours: Neighbours | None = None,
    *,
    keys: DataKeys | None = None,
    ask_to_erase: Mapping[str, Erase] | None = None,
    migrate_on_start: bool = True,
) -> FastAPI:
    """The service: its routes, its pages, and the relays that run while it lives.

    `journeys` reaches the workflow engine; `conclusions` fetches whole answers from the services
    that gave them, for the journey page; `neighbours` asks them in the name of who looks at it.
    `keys`: a key for each journey, destroyed with it; `ask_to_erase`: how each service forgets.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts: Parts = app.state.parts
        async with AsyncExitStack() as stack:
            stack.push_async_callback(deliveries.close)
            await stack.enter_async_context(parts.outbox.running())
            await stack.enter_async_context(parts.deliveries.running())
            await stack.enter_async_context(_now_and_then(REFRESH_SECONDS, parts, _count))
            await stack.enter_async_context(_now_and_then(TIDY_SECONDS, parts, _tidy))
            await stack.enter_async_context(upkeep.running())
            yield

    app = create_service(
        name="coordination",
        title="Coordination",
        settings=settings,
        routers=[
            routes.router,
            reports.router,
            subscriptions.router,
            working_time.router,
            contact_routes.router,
            communication_routes.router,
            sign_in.router,
            pages.router,
            upkeep_routes.router,
        ],
        base=CoordinationTables,
        lifespan=lifespan,
        migrate_on_start=migrate_on_start,
    )
    database = app.state.database
    everyone = database.across
    metrics = CoordinationMetrics(
        app.state.metrics, settings.smallest_cell, settings.programme_interval_seconds
    )
    if keys is not None:
        keys.kept_in(everyone)
    upkeep = app.state.upkeep = Upkeep(
        settings, database, journeys, metrics, keys, {} if ask_to_erase is None else ask_to_erase
    )
    outbox = Outbox(everyone, journeys, settings, upkeep.repairs.repair)
    deliveries = Deliveries(everyone, settings, metrics)
    every, lease = settings.relay_interval_seconds, settings.lease_seconds
    app.state.checks["temporal"] = outbox.check
    app.state.parts = Parts(
        settings=settings,
        database=database,
        journeys=journeys,
        metrics=metrics,
        conclusions=conclusions,
        neighbours=neighbours,
        outbox=Relay("outbox", everyone, outbox.work, every, lease, metrics.beat),
        deliveries=Relay("deliveries", everyone, deliveries.work, every, lease, metrics.beat),
        engine_is_there=outbox.check,
    )
    return app


async def _count(parts: Parts) -> None:
    """Keep the numbers that stand in the database fresh."""
    await parts.metrics.refresh(parts.database.across)


async def _tidy(parts: Parts) -> None:
    """Forget what nobody will ask for again: old kept answers, ended sessions, spent links."""
    now = datetime.now(UTC)
    async with parts.database.across.transaction() as session:
        await idempotency.forget(session, now - KEPT)
        connection = await session.connection()
        await connection.execute(delete(SessionRow).where(col(SessionRow.expires_at) <= now))
        await connection.execute(delete(SignInRow).where(col(SignInRow.expires_at) <= now - KEPT))


@asynccontextmanager
async def _now_and_then(
    seconds: float, parts: Parts, act: Callable[[Parts], Awaitable[None]]
) -> AsyncIterator[None]:
    """Do this again and again while the service lives; a failure waits for the next time."""

    async def rounds(ending: asyncio.Event) -> None:
        while not ending.is_set():
            try:
                await act(parts)
            except Exception as error:
                name = type(error).__name__
                get_logger("coordination").error("background", kind=act.__name__, error=name)
            await passed(ending, seconds)

    async with background(act.__name__, rounds):
        yield
