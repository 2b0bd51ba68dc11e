"""A database comes to its newest shape once, however many ask."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine, text

from services.chassis import migrations
from services.chassis.database import Database, durable_sqlite
from services.chassis.health import readiness
from services.chassis.settings import ServiceSettings
from services.chassis.tables import has_chassis_tables
from tests.postgres import owner_of
from tests.services.chassis.toy.app import PACKAGE, create_app
from tests.services.chassis.toy.tables import ToyTables

MIGRATE = f"""
import asyncio, sys
from services.chassis import migrations
from services.chassis.database import Database, durable_sqlite
asyncio.run(migrations.migrate(Database(sys.argv[1]), "{PACKAGE}"))
"""


async def test_a_new_database_is_brought_to_the_newest_shape(database_url: str) -> None:
    database = Database(database_url, owner_of(database_url))
    assert await migrations.pending(database, PACKAGE) == ["0001"]

    await migrations.migrate(database, PACKAGE)
    await migrations.migrate(database, PACKAGE)

    assert await migrations.pending(database, PACKAGE) == []
    assert await migrations.differences(database, PACKAGE) == []
    await database.close()


async def test_a_table_that_was_changed_by_hand_is_a_difference(database_url: str) -> None:
    database = Database(database_url, owner_of(database_url))
    await migrations.migrate(database, PACKAGE)
    by_hand = Database(owner_of(database_url) or database_url)
    async with by_hand.transaction() as session:
        connection = await session.connection()
        await connection.execute(text("ALTER TABLE note DROP COLUMN words"))

    assert await migrations.differences(database, PACKAGE) != []
    await by_hand.close()
    await database.close()


async def test_several_processes_may_migrate_at_once(database_url: str) -> None:
    whose = owner_of(database_url) or database_url
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, whose) for _ in range(3)
    ]

    assert [await process.wait() for process in processes] == [0, 0, 0]
    database = Database(database_url, owner_of(database_url))
    assert await migrations.differences(database, PACKAGE) == []
    await database.close()


def test_several_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    several, files = 3, 60
    together = Barrier(several, timeout=30)

    def open_each(_who: int) -> int:
        for number in range(files):
            engine = create_engine(f"sqlite:///{tmp_path}/{number}.db", poolclass=NullPool)
            durable_sqlite(engine)
            together.wait()
            with engine.begin() as connection:
                connection.execute(text("CREATE TABLE IF NOT EXISTS known (id INTEGER)"))
        return files

    with ThreadPoolExecutor(several) as threads:
        assert list(threads.map(open_each, range(several))) == [files] * several


async def test_a_service_with_an_old_database_is_not_ready(settings: ServiceSettings) -> None:
    app: FastAPI = create_app(settings)
    answer = await readiness(app)

    assert not answer.ready
    assert [failure.check for failure in answer.failed] == ["migrations"]
    await app.state.database.close()


def test_nothing_is_drafted_when_nothing_has_changed() -> None:
    before = set(Path(__file__).parent.glob("toy/migrations/versions/*.py"))
    assert migrations.draft(PACKAGE, "nothing") is None
    assert set(Path(__file__).parent.glob("toy/migrations/versions/*.py")) == before


def test_a_draft_makes_what_the_tables_have_and_the_database_has_not(tmp_path: Path) -> None:
    """The draft is made for a copy of the toy without migrations, in a package of its own."""
    package = tmp_path / "copied" / "toy"
    (package / "migrations").mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").write_text("")
    env = Path(__file__).parent / "toy" / "migrations" / "env.py"
    (package / "migrations" / "env.py").write_text(env.read_text())

    drafted = subprocess.run(
        [sys.executable, "-m", "services.chassis.migrations", "copied.toy", "The very first!"],
        env={"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"},
        capture_output=True,
        text=True,
    )

    assert drafted.returncode == 0, drafted.stderr
    path = package / "migrations" / "versions" / "0001_the_very_first.py"
    assert 'create_table(\n        "audit_entry"' in path.read_text()


def test_each_service_has_its_own_metadata() -> None:
    from sqlmodel import SQLModel

    assert has_chassis_tables(ToyTables.metadata)
    assert not SQLModel.metadata.tables
