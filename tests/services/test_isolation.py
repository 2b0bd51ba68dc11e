"""PostgreSQL itself shows nobody another organisation's rows, whatever our own code forgets."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import JSON, Table, delete, func, insert, select, update
from sqlalchemy.exc import ProgrammingError
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from services.assessment.tables import AssessmentTables
from services.chassis import migrations
from services.chassis.context import done_for
from services.chassis.database import Database, show
from services.chassis.isolation import ADDED_TO_ONLY, NotApart
from services.coordination import assignment_tables, merge_tables, upkeep_tables
from services.coordination.tables import CoordinationTables
from services.followup.tables import FollowupTables
from services.localization.tables import LocalizationTables
from tests.postgres import owner_of, signed_in_as

COORDINATION = (assignment_tables, merge_tables, upkeep_tables)
SERVICES: dict[str, type[SQLModel]] = {
    "assessment": AssessmentTables,
    "localization": LocalizationTables,
    "followup": FollowupTables,
    "coordination": CoordinationTables,
}
NOBODYS = {"alembic_version", "audit_head", "lease"}
"""What is no organisation's: the shape of the database, the end of its log, who runs a relay."""

FOR_ALL = {
    "services/chassis/database.py",
    "services/assessment/look_back.py",
    "services/coordination/app.py",
    "services/coordination/look_back.py",
    "services/coordination/upkeep.py",
}
"""Where something is done for all organisations; nothing that answers a request is among them."""

STAND_INS: dict[type, Any] = {
    str: "x",
    UUID: UUID(int=7),
    int: 1,
    bool: False,
    bytes: b"x",
    date: date(2026, 1, 1),
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
    dict: {},
    object: datetime(2026, 1, 1, tzinfo=UTC),
    list: [],
}


def a_row(table: Table, organisation: str) -> dict[str, Any]:
    """Some row of this organisation."""
    row = {
        column.name: "x"
        if isinstance(column.type, AutoString)
        else STAND_INS[column.type.python_type]
        for column in table.columns
        if not column.nullable and column.autoincrement is not True
    }
    told: dict[str, Any] = {
        column.name: {} for column in table.columns if isinstance(column.type, JSON)
    }
    return row | told | {"organisation": organisation}


def tables_of(service: str) -> list[Table]:
    """The tables that say whose each row is."""
    tables = SERVICES[service].metadata.sorted_tables
    return [table for table in tables if "organisation" in table.columns]


@pytest.fixture(params=SERVICES)
async def service(request: pytest.FixtureRequest, postgres_url: str) -> str:
    """Each service's own database, with a row of the north in every table."""
    name: str = request.param
    owner = Database(postgres_url, owner_of(postgres_url))
    await migrations.migrate(owner, name)
    async with owner.across.transaction() as session:
        connection = await session.connection()
        for table in tables_of(name):
            await connection.execute(insert(table).values(a_row(table, "north")))
    await owner.close()
    return name


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    """The same database for the role that services run under."""
    opened = Database(signed_in_as("tio_app", postgres_url))
    yield opened
    await opened.close()


async def test_no_table_shows_or_takes_another_organisations_rows(
    service: str, database: Database
) -> None:
    async def seen(table: Table) -> int:
        async with database.reading() as session:
            found = await session.scalar(select(func.count()).select_from(table))
            return int(found or 0)

    async def rows_of(act: Any) -> int:
        async with database.transaction() as session:
            return int((await (await session.connection()).execute(act)).rowcount)

    for table in tables_of(service):
        with done_for("north"):
            assert await seen(table) == 1, table.name
        assert await seen(table) == 0, f"{table.name} shows rows to who is nobody"
        with done_for("south"):
            assert await seen(table) == 0, table.name
            with pytest.raises(ProgrammingError, match="row-level security"):
                await rows_of(insert(table).values(a_row(table, "north")))
            if table.name in ADDED_TO_ONLY:
                continue
            assert await rows_of(update(table).values(organisation="south")) == 0, table.name
            assert await rows_of(delete(table)) == 0, table.name
        with done_for("north"), pytest.raises(ProgrammingError, match="row-level security"):
            await rows_of(update(table).values(organisation="south"))


async def test_every_table_with_an_organisation_is_kept_apart_and_the_log_is_only_added_to(
    service: str, database: Database
) -> None:
    async with database.reading() as session:
        connection = await session.connection()
        policies = await connection.exec_driver_sql(
            "SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,"
            " array_agg(p.polname::text ORDER BY p.polname) AS rules"
            " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.oid"
        )
        found: list[Any] = list(policies.mappings())
        apart = {row["name"]: (row["forced"], row["rules"]) for row in found}

    assert {name for name, (forced, _) in apart.items() if not forced} <= NOBODYS
    for table in tables_of(service):
        assert apart[table.name] == (True, ["across", "one_organisation"])
    for act in ("UPDATE audit_entry SET subject = 'nobody'", "DELETE FROM audit_entry"):
        with done_for("north"), pytest.raises(ProgrammingError, match="permission denied"):
            async with database.transaction() as session:
                await (await session.connection()).exec_driver_sql(act)


@pytest.mark.parametrize("service", ["coordination"], indirect=True)
async def test_only_who_may_looks_at_all_of_them_and_a_secret_shows_one_row(
    service: str, database: Database, postgres_url: str
) -> None:
    journeys = select(func.count()).select_from(CoordinationTables.metadata.tables["journey"])
    with pytest.raises(ProgrammingError, match="permission denied to set role"):
        async with database.across.reading() as session:
            await session.scalar(journeys)

    await database.expect_apart()
    relays = Database(postgres_url)
    await relays.expect_apart()
    async with relays.across.reading() as session:
        assert await session.scalar(journeys) == 1
    async with relays.reading() as session:
        assert await session.scalar(journeys) == 0, "it had to say so"
    owner = Database(owner_of(postgres_url) or "")
    with pytest.raises(NotApart):
        await owner.expect_apart()

    sessions = select(func.count()).select_from(CoordinationTables.metadata.tables["session"])
    for secret, found in ((str(uuid4()), 0), ("x", 1)):
        async with database.reading() as session:
            await show(session, secret)
            assert await session.scalar(sessions) == found
            assert await session.scalar(journeys) == 0
    for one in (relays, owner):
        await one.close()


def test_what_is_done_for_all_organisations_is_done_in_few_places() -> None:
    root = Path(__file__).parents[2]
    found = {
        path.relative_to(root).as_posix()
        for path in (root / "services").rglob("*.py")
        if re.search(r"\.across\b|def across", path.read_text())
    }
    assert found == FOR_ALL
