"""The tables of localization and its migrations agree, and what was kept before is numbered."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from fastapi import FastAPI
from sqlmodel import select

from services.chassis import migrations
from services.chassis.database import Database
from services.chassis.tokens import TokenMint
from services.localization.answer import ANSWER
from services.localization.app import create_app
from services.localization.contract import ReportedStudy
from services.localization.localize import conclude, localize
from services.localization.settings import LocalizationSettings
from services.localization.tables import EntryRow
from tests.postgres import owner_of
from tests.services.conftest import AUDIENCE, ISSUER
from tests.services.first_shape import at_the_first_shape, put
from tests.services.localization.conftest import asking
from tests.services.localization.test_localize import FEMUR, a_request, a_study

NORTH = "north"
AT = datetime(2026, 2, 1, 8, tzinfo=UTC)


async def test_migrating_makes_the_tables_that_the_code_expects(database_url: str) -> None:
    database = Database(database_url, owner_of(database_url))
    await migrations.migrate(database, "services.localization")

    assert await migrations.differences(database, "services.localization") == []
    await database.close()


async def test_old_studies_become_versions_and_old_conclusions_fall_with_them(
    tmp_path: Path, jwks: Path, mint: TokenMint
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    database = Database(url)
    await at_the_first_shape(database, "localization")
    plan, pet, drawn = uuid4(), uuid4(), uuid4()
    await what_was_kept(database, plan, pet, drawn)

    app = an_app(url, jwks)
    async with app.router.lifespan_context(app), asking(app, mint) as (client, _):
        async with database.across.reading() as session:
            (row,) = (await session.exec(select(EntryRow))).all()
        said = {**a_study(), "lesions": [FEMUR], "status": "entered-in-error", "id": None}
        told = await client.record_study(NORTH, plan, pet, ReportedStudy.model_validate(said))

    assert (row.kind, row.id, row.version, row.status) == ("study", pet, 1, "final")
    assert [one.conclusion for one in told.affected] == [drawn]
    await database.close()


async def what_was_kept(database: Database, plan: UUID, pet: UUID, drawn: UUID) -> None:
    """One plan with one study and one conclusion, as the first edition wrote them."""
    at = AT.strftime("%Y-%m-%d %H:%M:%S.%f")
    body = {name: said for name, said in a_study(lesions=[FEMUR]).items() if name != "id"}
    request = a_request(studies=[body | {"id": str(pet)}])
    whose = {"organisation": NORTH, "plan": plan.hex}
    answer = localize(request, AT)
    await put(
        database,
        "plan",
        organisation=NORTH,
        id=plan.hex,
        body=json.dumps({"biochemistry_confirmed": True}),
        version=1,
        as_of=at,
        answer=ANSWER.dump_json(answer).decode(),
    )
    await put(
        database,
        "entry",
        **whose,
        kind="study",
        id=pet.hex,
        body=json.dumps(body),
        stored_at=at,
    )
    await put(
        database,
        "conclusion",
        **whose,
        id=drawn.hex,
        as_of=at,
        inputs=request.model_dump_json(),
        conclusion=conclude(drawn, request, AT, AT.date()).model_dump_json(),
        answer=ANSWER.dump_json(answer).decode(),
        knowledge_version=answer.knowledge_version,
    )


def an_app(url: str, jwks: Path) -> FastAPI:
    """The service of today on that database."""
    return create_app(
        LocalizationSettings(database_url=url, jwks=str(jwks), issuer=ISSUER, audience=AUDIENCE)
    )
