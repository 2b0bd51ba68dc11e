"""Does the process live, and can it do its work?"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel

from services.chassis import metrics, migrations
from services.chassis.database import Database

Check = Callable[[], Awaitable[None]]
"""Passes, or raises."""

PATIENCE_SECONDS = 3.0


class Failure(BaseModel):
    """Something that is needed and not there."""

    service: str
    check: str
    error: str


class Readiness(BaseModel):
    """What is not there; ready when that is nothing."""

    ready: bool
    failed: list[Failure] = []


class Liveness(BaseModel):
    """The process answers."""

    alive: bool = True


def liveness() -> Liveness:
    """Does the process live? That it answers is the answer."""
    return Liveness()


async def readiness(app: FastAPI) -> Readiness:
    """Can this service do its work: database, migrations, keys and whatever else it named?"""
    checks: dict[str, Check] = app.state.checks
    outcomes = await asyncio.gather(*(_passes(check) for check in checks.values()))
    failed = [
        Failure(service=app.state.name, check=name, error=error)
        for name, error in zip(checks, outcomes, strict=True)
        if error
    ]
    return Readiness(ready=not failed, failed=failed)


async def readiness_of_all(apps: Iterable[FastAPI]) -> Readiness:
    """Can all of these services do their work?"""
    answers = await asyncio.gather(*(readiness(app) for app in apps))
    failed = [failure for answer in answers for failure in answer.failed]
    return Readiness(ready=not failed, failed=failed)


async def _passes(check: Check) -> str | None:
    """The name of what went wrong; its words stay here, they may tell addresses."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await check()
    except Exception as error:
        return type(error).__name__
    return None


def exposition(apps: Iterable[FastAPI], accept: str = "") -> Response:
    """The metrics of these services, and of the process they share, in one answer."""
    content, media_type = metrics.expose((app.state.metrics.registry for app in apps), accept)
    return Response(content, media_type=media_type, headers={"Cache-Control": "no-store"})


def usual_checks(app: FastAPI, package: str) -> dict[str, Check]:
    """What every service needs."""
    database: Database = app.state.database

    async def migrated() -> None:
        waiting = await migrations.pending(database, package)
        if waiting:
            raise migrations.NotMigrated(", ".join(waiting))

    return {
        "database": database.ping,
        "isolation": database.expect_apart,
        "migrations": migrated,
        "keys": app.state.keys.check,
    }


router = APIRouter(include_in_schema=False)


@router.get("/healthz", response_model=Liveness)
async def healthz() -> Liveness:
    """Does the process live?"""
    return liveness()


@router.get("/readyz", response_model=Readiness)
async def readyz(request: Request, response: Response) -> Readiness:
    """Can it do its work? 503 with the names of what is missing."""
    answer = await readiness(request.app)
    response.status_code = 200 if answer.ready else 503
    return answer


@router.get("/metrics")
async def read_metrics(request: Request) -> Response:
    """What was counted."""
    return exposition([request.app], request.headers.get("accept", ""))
