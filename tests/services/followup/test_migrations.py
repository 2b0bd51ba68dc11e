"""The tables of follow-up and its migrations agree, and what was kept before is numbered."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlmodel import select

from services.chassis import migrations
from services.chassis.database import Database
from services.chassis.tokens import TokenMint
from services.followup.app import create_app
from services.followup.contract import EventBody, PlanRequest
from services.followup.follow_up import conclude, follow_up
from services.followup.settings import FollowupSettings
from services.followup.tables import EntryRow
from tests.postgres import owner_of
from tests.services.conftest import AUDIENCE, ISSUER
from tests.services.first_shape import at_the_first_shape, put
from tests.services.followup.conftest import asking
from tests.services.followup.test_corrections import CURED, LOW, SURGERY, results

NORTH = "north"
AT = datetime(2024, 12, 21, 12, tzinfo=UTC)


async def test_migrating_makes_the_tables_that_the_code_expects(database_url: str) -> None:
    database = Database(database_url, owner_of(database_url))
    await migrations.migrate(database, "services.followup")

    assert await migrations.differences(database, "services.followup") == []
    await database.close()


async def test_old_events_become_versions_and_old_conclusions_fall_with_them(
    tmp_path: Path, jwks: Path, mint: TokenMint
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    database = Database(url)
    await at_the_first_shape(database, "followup")
    plan, operation, drawn = uuid4(), uuid4(), uuid4()
    await what_was_kept(database, plan, operation, drawn)

    app = create_app(
        FollowupSettings(database_url=url, jwks=str(jwks), issuer=ISSUER, audience=AUDIENCE)
    )
    async with app.router.lifespan_context(app), asking(app, mint) as (client, _):
        async with database.across.reading() as session:
            rows = (await session.exec(select(EntryRow).order_by(EntryRow.kind))).all()
        low = await client.record_result(
            NORTH, plan, uuid4(), EventBody.model_validate(results(LOW)).root
        )
        wrong = EventBody.model_validate(SURGERY | {"status": "entered-in-error"}).root
        withdrawn = await client.record_result(NORTH, plan, operation, wrong)

    assert [(row.kind, row.version) for row in rows] == [("observations", 1), ("surgery", 1)]
    assert [one.conclusion for one in low.affected] == [drawn]
    assert [one.because[0].what for one in withdrawn.affected] == ["surgery"]
    assert (low.state, withdrawn.state) == ("PROVISIONAL_PERSISTENT", "NO_SURGERY")
    await database.close()


async def what_was_kept(database: Database, plan: UUID, operation: UUID, drawn: UUID) -> None:
    """One plan with an operation, results and a conclusion, as the first edition wrote them."""
    at = AT.strftime("%Y-%m-%d %H:%M:%S.%f")
    whose = {"organisation": NORTH, "plan": plan.hex}
    request = PlanRequest.model_validate({"history": [SURGERY, CURED]})
    answer = follow_up(request, AT)
    await put(
        database,
        "plan",
        organisation=NORTH,
        id=plan.hex,
        body=json.dumps({}),
        version=1,
        as_of=at,
        answer=answer.model_dump_json(),
    )
    for id, said in ((operation, SURGERY), (uuid4(), CURED)):
        event = EventBody.model_validate(said).root
        body = event.model_dump(mode="json", exclude_defaults=True) | {"kind": event.kind}
        await put(
            database,
            "entry",
            **whose,
            kind="result",
            id=id.hex,
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
        conclusion=conclude(drawn, request, AT).model_dump_json(),
        answer=answer.model_dump_json(),
        knowledge_version=answer.knowledge_version,
    )
