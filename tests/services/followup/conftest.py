"""Follow-up, served for real on each database, and callers with tokens for it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from services.chassis.client import ServiceClient
from services.chassis.tokens import ServiceTokens, TokenMint
from services.followup.app import create_app
from services.followup.client import FollowupClient
from services.followup.settings import FollowupSettings
from tests.postgres import owner_of
from tests.services.conftest import AUDIENCE, ISSUER

EVERYTHING = ("system/*.cruds",)


@pytest.fixture
def app(database_of: Callable[[str], str], jwks: Path) -> FastAPI:
    """The service on each database, not yet started."""
    database_url = database_of("followup")
    return create_app(
        FollowupSettings(
            database_url=database_url,
            owner_database_url=owner_of(database_url),
            jwks=str(jwks),
            issuer=ISSUER,
            audience=AUDIENCE,
        )
    )


@asynccontextmanager
async def asking(
    app: FastAPI, mint: TokenMint, *scopes: str
) -> AsyncIterator[tuple[FollowupClient, httpx2.AsyncClient]]:
    """A client with these scopes, and the plain one beneath it."""
    tokens = ServiceTokens(mint, "worker", scopes or EVERYTHING)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://f", timeout=30) as http:
        http.headers["Authorization"] = f"Bearer {tokens('north')}"
        service = ServiceClient("http://f", tokens, httpx2.AsyncClient(transport=transport))
        async with service:
            yield FollowupClient(service), http


@pytest.fixture
async def served(app: FastAPI) -> AsyncIterator[FastAPI]:
    """The service, started."""
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def followup(served: FastAPI, mint: TokenMint) -> AsyncIterator[FollowupClient]:
    """A caller who may do everything."""
    async with asking(served, mint) as (client, _):
        yield client


@pytest.fixture
async def http(served: FastAPI, mint: TokenMint) -> AsyncIterator[httpx2.AsyncClient]:
    """The same without the typed client: what a stranger may send."""
    async with asking(served, mint) as (_, plain):
        yield plain
