"""The toy, served without a port, and callers with tokens for it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from services.chassis.settings import ServiceSettings
from services.chassis.tokens import TokenMint
from tests.postgres import owner_of
from tests.services.chassis.toy.app import create_app
from tests.services.conftest import AUDIENCE, ISSUER

EVERYTHING = ("system/*.cruds",)

Serve = Callable[..., Any]


@pytest.fixture
def settings(database_url: str, jwks: Path) -> ServiceSettings:
    """The toy's settings."""
    return ServiceSettings(
        database_url=database_url,
        owner_database_url=owner_of(database_url),
        jwks=str(jwks),
        issuer=ISSUER,
        audience=AUDIENCE,
    )


@asynccontextmanager
async def served(app: FastAPI, token: str | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    """The app, started, and a client of it."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=transport, base_url="http://toy", headers=headers, timeout=30
        ) as client,
    ):
        yield client


@pytest.fixture
async def app(settings: ServiceSettings) -> FastAPI:
    """The toy, not yet started."""
    return create_app(settings)


@pytest.fixture
async def toy(app: FastAPI, mint: TokenMint) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the started toy who may do everything, on each database."""
    async with served(app, mint.mint("lab", "north", EVERYTHING)) as client:
        yield client


@pytest.fixture
def sqlite_settings(sqlite_url: str, jwks: Path) -> ServiceSettings:
    """The toy's settings where the database makes no difference."""
    return ServiceSettings(
        database_url=sqlite_url, jwks=str(jwks), issuer=ISSUER, audience=AUDIENCE
    )


def a_note(**changes: Any) -> dict[str, Any]:
    """A note as a caller sends it."""
    return {
        "patient": "p-1",
        "written_at": "2026-03-01T08:00:00+01:00",
        "words": "tired",
    } | changes
