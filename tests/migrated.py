"""A database of each service as its newest migration leaves it: made once, copied for each test.

That migrations lead there from an empty one is what tests/services/*/test_migrations.py try.
"""

import asyncio
import shutil
from atexit import register
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from services.chassis import migrations
from services.chassis.database import Database
from tests import postgres


def sqlite_file(service: str, folder: Path) -> str:
    """One of its own in this folder."""
    return f"sqlite:///{shutil.copyfile(_file(service), folder / 'test.db')}"


def postgres_database(service: str, name: str) -> str:
    """One of its own under this name, as services see it."""
    postgres.make_database(name, like=_database(service))
    return postgres.signed_in_as(postgres.ACROSS, postgres.server().get_uri(database=name))


@cache
def _folder() -> Path:
    folder = Path(mkdtemp(prefix="tio-migrated-"))
    register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _file(service: str) -> Path:
    path = _folder() / f"{service}.db"
    _migrate(Database(f"sqlite:///{path}"), service)
    return path


@cache
def _database(service: str) -> str:
    name = f"migrated_{service}"
    postgres.make_database(name)
    owner = postgres.signed_in_as(postgres.OWNER, postgres.server().get_uri(database=name))
    _migrate(Database(owner), service)
    return name


def _migrate(database: Database, service: str) -> None:
    async def to_the_newest() -> None:
        await migrations.migrate(database, service)
        await database.close()

    with ThreadPoolExecutor(1) as aside:  # who asks may have a loop of its own
        aside.submit(asyncio.run, to_the_newest()).result()
