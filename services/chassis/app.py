"""create_service(): routes, errors, metrics, health and request ids around a service's own."""

import gc
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from sqlmodel import SQLModel

from services.chassis import health, logging, migrations
from services.chassis.auth import Verifier
from services.chassis.database import Database
from services.chassis.editions import OneEdition
from services.chassis.errors import ProblemDocument, answer_problems, documented
from services.chassis.frame import Frame
from services.chassis.keys import Keys
from services.chassis.limits import BodyLimit, RateLimit
from services.chassis.metrics import ServiceMetrics
from services.chassis.settings import ServiceSettings
from services.chassis.tables import has_chassis_tables
from services.chassis.tracing import Traced, tracer_for

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

OWN_TELEMETRY_ONLY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""Frame logs and counts. What FastAPI would send besides holds raw URLs and what errors say."""

CIRCLES_ARE_SOUGHT_AFTER = (10_000, 20, 20)
"""Objects. What a request makes dies with it; to look for circles among every 700 of them, as
Python does by itself, cost a twentieth of a request (measured)."""

ANY_ROUTE_MAY_SAY = (400, 401, 403, 404, 409, 413, 415, 422, 429, 500)


def create_service(
    *,
    name: str,
    title: str,
    settings: ServiceSettings,
    routers: Sequence[APIRouter],
    base: type[SQLModel],
    checks: Mapping[str, health.Check] | None = None,
    lifespan: Lifespan | None = None,
    migrate_on_start: bool = True,
    package: str | None = None,
    edition: str | None = None,
) -> FastAPI:
    """A whole service: its routes, and all that no service should have to think of.

    Routers carry their full paths. `base` is the service's own base of tables, the chassis' tables
    among them. Who combines several services on one address enters each one's
    `app.router.lifespan_context(app)`. `edition`: what a process answers by, and nothing else.
    """
    if not has_chassis_tables(base.metadata):
        raise ValueError(f"{base.__name__} lacks the chassis' tables: registry=service_registry()")
    logging.configure(settings.log_level)
    gc.set_threshold(*CIRCLES_ARE_SOUGHT_AFTER)
    package = package or f"services.{name}"

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        try:
            if migrate_on_start and app.state.database.may_migrate:
                await migrations.migrate(app.state.database, package)
            if lifespan is None:
                yield
            else:
                async with lifespan(app):
                    yield
        finally:
            await app.state.database.close()

    app = FastAPI(
        telemetry=OWN_TELEMETRY_ONLY,
        title=title,
        version="1",
        openapi_url=f"/{name}/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
    )
    app.state.name = name
    app.state.settings = settings
    app.state.database = Database(settings.database_url, settings.owner_database_url)
    app.state.metrics = ServiceMetrics(name)
    app.state.keys = Keys(settings.jwks)
    app.state.verifier = Verifier(app.state.keys, settings.issuer, settings.audience)
    app.state.checks = {**health.usual_checks(app, package), **(checks or {})}
    # As the app's own: a router that is included is asked twice for every request.
    # And before the route of its description: what is asked most is looked for first.
    own = [route for router in (*routers, health.router) for route in router.routes]
    app.router.routes[:0] = own
    answer_problems(app)
    _document_problems(app)
    # The last added is the outermost: what the limits refuse is counted and logged as well.
    app.add_middleware(BodyLimit, most=settings.max_body_bytes)
    if settings.requests_per_minute:
        app.add_middleware(RateLimit, per_minute=settings.requests_per_minute)
    if edition is not None:
        app.add_middleware(OneEdition, edition=edition)
    app.add_middleware(Frame, metrics=app.state.metrics)
    if settings.traces_url is not None:
        tracer = tracer_for(name, settings.traces_url, settings.traces_share)
        app.add_middleware(Traced, tracer=tracer)
    return app


def _document_problems(app: FastAPI) -> None:
    """Let the OpenAPI document know what a problem looks like: any route may answer one."""
    plain = app.openapi
    said = {str(status): problem for status, problem in documented(*ANY_ROUTE_MAY_SAY).items()}

    def with_problems() -> dict[str, object]:
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "ProblemDocument" not in schemas:
            schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= schema.pop("$defs", {})
            schemas["ProblemDocument"] = schema
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"] |= said
        # FastAPI's own words for what cannot be read; ours are a problem document.
        for unsaid in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unsaid, None)
        return document

    app.openapi = with_problems  # type: ignore[method-assign]
