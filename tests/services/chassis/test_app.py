"""What create_service makes can stand alone, and beside others on one address."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy.orm import registry
from sqlmodel import SQLModel
from starlette.types import Receive, Scope, Send

from services.chassis.app import create_service
from services.chassis.settings import ServiceSettings
from services.chassis.tokens import TokenMint
from tests.services.chassis.conftest import EVERYTHING, a_note, served
from tests.services.chassis.toy.app import PACKAGE, create_app
from tests.services.chassis.toy.tables import ToyTables


def _hello(settings: ServiceSettings, events: list[str]) -> FastAPI:
    router = APIRouter(prefix="/hello/v1")

    @router.get("/greeting", response_model=str)
    async def greet() -> str:
        return "hello"

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with app.state.database.across.reading() as session:
            await session.connection()
        events.append("started")
        yield
        events.append("stopped")

    return create_service(
        name="hello",
        title="Hello",
        settings=settings,
        routers=[router],
        base=ToyTables,
        lifespan=lifespan,
        package=PACKAGE,
    )


async def test_services_share_an_address_when_their_parent_starts_them(
    sqlite_settings: ServiceSettings, mint: TokenMint, tmp_path: Path
) -> None:
    events: list[str] = []
    elsewhere = {"database_url": f"sqlite:///{tmp_path / 'hello.db'}"}
    children = {
        "/toy/": create_app(sqlite_settings),
        "/hello/": _hello(sqlite_settings.model_copy(update=elsewhere), events),
    }

    async def parent(scope: Scope, receive: Receive, send: Send) -> None:
        child = next(app for prefix, app in children.items() if scope["path"].startswith(prefix))
        await child(scope, receive, send)

    headers = {"Authorization": f"Bearer {mint.mint('lab', 'north', EVERYTHING)}"}
    transport = httpx2.ASGITransport(app=parent)
    async with AsyncExitStack() as lives:
        for app in children.values():
            await lives.enter_async_context(app.router.lifespan_context(app))
        client = httpx2.AsyncClient(transport=transport, base_url="http://all", headers=headers)
        async with client:
            stored = await client.post("/toy/v1/notes", json=a_note())
            greeted = await client.get("/hello/v1/greeting")
            assert (stored.status_code, greeted.json()) == (201, "hello")
            for name in ("toy", "hello"):
                document = (await client.get(f"/{name}/v1/openapi.json")).json()
                assert all(path.startswith(f"/{name}/") for path in document["paths"])
        assert events == ["started"]
    assert events == ["started", "stopped"]


async def test_a_service_whose_start_fails_does_not_start(
    sqlite_settings: ServiceSettings,
) -> None:
    broken = sqlite_settings.model_copy(update={"database_url": "sqlite:////nowhere/at/all.db"})
    with pytest.raises(Exception, match="unable to open database file"):
        async with served(create_app(broken)):
            pass


def test_a_service_without_the_chassis_tables_is_refused(
    sqlite_settings: ServiceSettings,
) -> None:
    class Bare(SQLModel, registry=registry()):
        """A base made by hand."""

    with pytest.raises(ValueError, match="Bare lacks the chassis' tables"):
        create_service(name="bare", title="Bare", settings=sqlite_settings, routers=[], base=Bare)
