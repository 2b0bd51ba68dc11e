"""What was told and concluded before versions were kept is numbered when the database moves on."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import select

from services.assessment.tables import ObservationRow
from services.chassis import migrations
from services.chassis.database import Database
from tests.services.first_shape import at_the_first_shape, put

NORTH = "north"
AT = datetime(2026, 2, 1, 8, tzinfo=UTC)


def a_result(value: float, **more: Any) -> dict[str, Any]:
    return {
        "id": "o1",
        "value": value,
        "taken_at": "2026-01-31T08:00:00Z",
        "status": "final",
    } | more


@pytest.fixture
async def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    await at_the_first_shape(database, "assessment")
    return database


async def test_old_results_become_versions_and_old_conclusions_name_them(
    database: Database,
) -> None:
    record, drawn = uuid4().hex, uuid4().hex
    at = AT.strftime("%Y-%m-%d %H:%M:%S.%f")
    await put(database, "record", organisation=NORTH, id=record, facts=2)
    for number, result in enumerate((a_result(0.4), a_result(0.6, status="corrected")), 1):
        body = {"patient": {"id": "p-17"}, "observations": [result]}
        await put(
            database,
            "facts",
            organisation=NORTH,
            record=record,
            id=uuid4().hex,
            number=number,
            body=json.dumps(body),
            stored_at=at,
        )
    await put(
        database,
        "assessment",
        organisation=NORTH,
        id=drawn,
        record=record,
        patient="p-17",
        as_of=at,
        request=json.dumps({"observations": [a_result(0.4)]}),
        answer=json.dumps({"class": "INDETERMINATE"}),
        conclusion="null",
        knowledge_version="2026.11",
    )

    await migrations.migrate(database, "assessment")

    assert await migrations.differences(database, "assessment") == []
    async with database.across.reading() as session:
        connection = await session.connection()
        kept = (await session.exec(select(ObservationRow))).all()
        row = (
            await connection.execute(
                sa.text("SELECT tio_class, inputs, concluded_at FROM assessment")
            )
        ).one()
        whose = (await connection.execute(sa.text("SELECT patient FROM record"))).scalar_one()
    await database.close()
    assert [(one.patient, one.version, one.specimen, one.status) for one in kept] == [
        ("p-17", 1, 1, "final"),
        ("p-17", 2, 1, "corrected"),
    ]
    assert (row.tio_class, json.loads(row.inputs), row.concluded_at) == (
        "INDETERMINATE",
        {"o1": 1},
        at,
    )
    assert whose == "p-17"
