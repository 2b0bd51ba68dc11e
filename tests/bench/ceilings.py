"""What our endpoints are held against: the same body, and as little as FastAPI can do with it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.assessment.app import create_app
from services.assessment.assess import assess
from services.assessment.contract import EvaluateRequest
from services.assessment.drawing import ANSWER
from services.assessment.settings import AssessmentSettings
from services.chassis.settings import read_settings
from services.followup.app import create_app as create_followup
from services.followup.contract import PlanRequest as FollowUpRequest
from services.followup.settings import FollowupSettings
from services.localization.app import create_app as create_localization
from services.localization.contract import PlanRequest
from services.localization.settings import LocalizationSettings
from tests.bench.panels import PANEL


def empty() -> FastAPI:
    """The same body parsed into the same nouns, and nothing else."""
    app = FastAPI()

    @app.post("/assessment/v1/evaluate", response_model=None)
    async def parse_only(request: EvaluateRequest) -> dict[str, str]:
        return {}

    return app


def empty_search() -> FastAPI:
    """The body of a search parsed into its nouns, and nothing else."""
    app = FastAPI()

    @app.post("/localization/v1/evaluate", response_model=None)
    async def parse_only(request: PlanRequest) -> dict[str, str]:
        return {}

    return app


def empty_follow_up() -> FastAPI:
    """The body of a follow-up parsed into its nouns, and nothing else."""
    app = FastAPI()

    @app.post("/followup/v1/evaluate", response_model=None)
    async def parse_only(request: FollowUpRequest) -> dict[str, str]:
        return {}

    return app


class BareRow(SQLModel, table=True):
    """As much JSON as one stored assessment holds."""

    __tablename__ = "bare"

    id: UUID = Field(primary_key=True)
    request: dict[str, Any] = Field(sa_type=JSON)
    answer: dict[str, Any] = Field(sa_type=JSON)


def _as_durable_as_ours(connection: Any, _record: Any) -> None:
    """A commit is on the disk when it returns."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def insert() -> FastAPI:
    """The same body parsed, and one row of the same size committed as durably, and shown."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['BENCH_DATABASE']}")
    event.listen(engine.sync_engine, "connect", _as_durable_as_ours)
    answer = ANSWER.dump_python(assess(EvaluateRequest.model_validate(PANEL)), mode="json")

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
        yield
        await engine.dispose()

    async def session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine, expire_on_commit=False) as opened:
            yield opened

    app = FastAPI(lifespan=life)

    @app.put("/assessment/v1/assessments/{id}", response_model=BareRow)
    async def store(
        id: UUID, request: EvaluateRequest, opened: Annotated[AsyncSession, Depends(session)]
    ) -> BareRow:
        row = BareRow(id=id, request=request.model_dump(mode="json"), answer=answer)
        opened.add(row)
        await opened.commit()
        return row

    return app


def assessment() -> FastAPI:
    """The real service, with the settings it was given."""
    return create_app(read_settings(AssessmentSettings, "TIO_ASSESSMENT", os.environ))


def localization() -> FastAPI:
    """The same of the search."""
    return create_localization(read_settings(LocalizationSettings, "TIO_LOCALIZATION", os.environ))


def followup() -> FastAPI:
    """The same of follow-up."""
    return create_followup(read_settings(FollowupSettings, "TIO_FOLLOWUP", os.environ))
