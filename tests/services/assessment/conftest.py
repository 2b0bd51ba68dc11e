"""Assessment, served without a port, and clients with tokens for it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest

from services.assessment.app import create_app
from services.assessment.client import AssessmentClient
from services.assessment.settings import AssessmentSettings
from services.chassis.client import ServiceClient
from services.chassis.tokens import TokenMint
from tests.postgres import owner_of
from tests.services.conftest import AUDIENCE, ISSUER

EVERYTHING = ("system/ClinicalImpression.crs", "system/Observation.c")


@pytest.fixture
def settings(database_of: Callable[[str], str], jwks: Path) -> AssessmentSettings:
    """The service's settings, on each database."""
    database_url = database_of("assessment")
    return AssessmentSettings(
        database_url=database_url,
        owner_database_url=owner_of(database_url),
        jwks=str(jwks),
        issuer=ISSUER,
        audience=AUDIENCE,
    )


@pytest.fixture
async def http(settings: AssessmentSettings) -> AsyncIterator[httpx2.AsyncClient]:
    """The started service, without a port and without a token."""
    app = create_app(settings)
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://assessment", timeout=30) as client,
    ):
        yield client


@pytest.fixture
def client(http: httpx2.AsyncClient, mint: TokenMint) -> AssessmentClient:
    """A client that may do everything."""
    return client_with(http, mint, EVERYTHING)


def client_with(
    http: httpx2.AsyncClient, mint: TokenMint, scopes: tuple[str, ...]
) -> AssessmentClient:
    """A client with these scopes."""
    return AssessmentClient(
        ServiceClient(
            "http://assessment", lambda organisation: mint.mint("lab", organisation, scopes), http
        )
    )
