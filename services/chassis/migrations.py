"""Bring one service's database to its newest shape.

A service's migrations lie beside its tables, as `services/X/migrations/versions/0001_….py`; its
`migrations/env.py` only calls `run_env`. All of an upgrade is one transaction on both databases,
and processes that start together take turns. On PostgreSQL the owner of the tables does it, and
what keeps organisations apart is put on every table that has not got it yet (isolation.py).

Versions run side by side while an installation is upgraded, so a migration only adds what the
version before does not mind; what it takes away says so (docs/upgrading.md). A database that a
later version has migrated is left as it is.
"""

import asyncio
import hashlib
import re
import shutil
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from alembic import context
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, NullPool, create_engine, text
from sqlmodel.sql.sqltypes import AutoString

from services.chassis.database import Database, UtcDateTime, durable_sqlite, sync_url
from services.chassis.isolation import keep_apart

_ONE_AT_A_TIME = threading.Lock()
"""Alembic's `context` is one per process."""


class NotMigrated(Exception):
    """The database has an older shape than this code."""


def run_env(metadata: MetaData) -> None:
    """All that a `migrations/env.py` has to do."""
    connection: Connection = context.config.attributes["connection"]
    context.config.attributes["metadata"] = metadata
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
        compare_type=True,
        render_item=_render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


def _render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """How our own types are written in a migration."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "UtcDateTime()"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def _package(service: str) -> str:
    """`assessment` lies in `services`; a name with dots is taken as it is."""
    return service if "." in service else f"services.{service}"


def _script(service: str) -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", f"{_package(service)}:migrations")
    return config, ScriptDirectory.from_config(config)


@cache
def newest(service: str) -> str | None:
    """Which migration is the last that this code knows?"""
    return _script(service)[1].get_current_head()


async def migrate(database: Database, service: str) -> None:
    """Bring the database to its newest shape. Safe to repeat, and for several at once."""
    await asyncio.to_thread(_upgrade, database, service)


async def pending(database: Database, service: str) -> list[str]:
    """Which migrations has this database not seen?"""
    async with database.reading() as session:
        connection = await session.connection()
        seen = await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )
    if seen == newest(service) or _is_ahead(seen, service):
        return []
    script = _script(service)[1]
    try:
        waiting = script.iterate_revisions("head", seen or "base")
        return [revision.revision for revision in waiting][::-1]
    except Exception as unknown:
        raise NotMigrated(f"the database is at {seen}, which this code does not know") from unknown


async def at(database: Database) -> str:
    """Which migration was the last that this database has seen? Empty: none."""
    async with database.reading() as session:
        connection = await session.connection()
        seen: str | None = await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )
    return seen or ""


async def differences(database: Database, service: str) -> list[Any]:
    """Where do the tables in the code and the migrated database disagree?"""
    return await asyncio.to_thread(_differences, database, service)


def _is_ahead(seen: str | None, service: str) -> bool:
    """Has a later version of this code migrated it? Then it still fits: a later version only adds,
    until no process of this one is left (docs/upgrading.md).
    """
    last = newest(service)
    return bool(seen and last and seen.isdecimal() and last.isdecimal() and int(seen) > int(last))


def _upgrade(database: Database, service: str) -> None:
    config, script = _script(service)
    with _ONE_AT_A_TIME, _alone(database, service) as connection:
        if _is_ahead(MigrationContext.configure(connection).get_current_revision(), service):
            return
        config.attributes["connection"] = connection

        def steps(revision: Any, _context: MigrationContext) -> Any:
            return script._upgrade_revs("head", revision)

        with EnvironmentContext(config, script, fn=steps):
            script.run_env()
        if not database.is_sqlite:
            keep_apart(connection)
        else:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise NotMigrated(f"a migration left {len(broken)} rows without their parents")


def _differences(database: Database, service: str) -> list[Any]:
    with _ONE_AT_A_TIME, _alone(database, service) as connection:
        metadata = _metadata(service, connection)
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def _metadata(service: str, connection: Connection) -> MetaData:
    """The tables that this service's env.py hands to `run_env`."""
    config, script = _script(service)
    config.attributes["connection"] = connection
    with EnvironmentContext(config, script, fn=lambda _revision, _context: []):
        script.run_env()
    metadata: MetaData = config.attributes["metadata"]
    return metadata


class _alone:
    """A transaction in which no other process changes the shape of this database.

    SQLite rebuilds a table to alter it, so its foreign keys are checked afterwards instead.
    """

    def __init__(self, database: Database, service: str) -> None:
        self._is_sqlite = database.is_sqlite
        self._engine = create_engine(
            sync_url(database.owner_url), poolclass=NullPool, hide_parameters=True
        )
        digest = hashlib.sha256(f"migrate {service}".encode()).digest()
        self._number = int.from_bytes(digest[:8], signed=True)
        if self._is_sqlite:
            durable_sqlite(self._engine, foreign_keys=False)
        self._transaction = self._engine.begin()

    def __enter__(self) -> Connection:
        connection = self._transaction.__enter__()
        if not self._is_sqlite:
            lock = text("SELECT pg_advisory_xact_lock(:number)")
            connection.execute(lock, {"number": self._number})
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        return connection

    def __exit__(self, *raised: Any) -> None:
        self._transaction.__exit__(*raised)
        self._engine.dispose()


LOCK_SECONDS = 10
"""How long a migration waits for a table; behind it everybody else waits as well."""

DRAFT = '''"""{says}."""

{imports}

revision = "{number:04}"
down_revision = {previous}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """{says}."""
    {upgrade}


def downgrade() -> None:
    """Undo it."""
    {downgrade}
'''


def draft(service: str, says: str) -> Path | None:
    """Write the next migration from what the tables in the code have and the last one has not."""
    script = _script(service)[1]
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/draft.db")
        _upgrade(database, service)
        with _ONE_AT_A_TIME, _alone(database, service) as connection:
            metadata = _metadata(service, connection)
            changes = produce_migrations(MigrationContext.configure(connection), metadata)
    if changes.upgrade_ops is None or changes.upgrade_ops.is_empty():
        return None
    assert changes.downgrade_ops is not None
    up, down = (
        _without_remarks(
            render_python_code(operations, render_as_batch=True, render_item=_render_item)
        )
        for operations in (changes.upgrade_ops, changes.downgrade_ops)
    )
    imports = ["import sqlalchemy as sa", "from alembic import op"]
    if "UtcDateTime" in up + down:
        imports += ["", "from services.chassis.database import UtcDateTime"]
    last = script.get_current_head()
    number = int(last or 0) + 1
    slug = re.sub(r"[^a-z0-9]+", "_", says.lower()).strip("_")
    path = Path(script.dir) / "versions" / f"{number:04}_{slug}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        DRAFT.format(
            says=says.strip().rstrip(".").capitalize(),
            imports="\n".join(imports),
            number=number,
            previous=f'"{last}"' if last else "None",
            upgrade=up,
            downgrade=down,
        )
    )
    return path


def _without_remarks(code: str) -> str:
    """Alembic's operations without its own comments."""
    lines = [line for line in code.splitlines() if not line.strip().startswith("# ###")]
    return "\n".join(lines).strip()


def main(arguments: list[str]) -> int:
    """`python -m services.chassis.migrations assessment "what changes"`."""
    if len(arguments) != 2 or not all(arguments):
        sys.stderr.write('say which service, and what changes: assessment "add a column"\n')
        return 2
    path = draft(*arguments)
    if path and (ruff := shutil.which("ruff", path=Path(sys.executable).parent)):
        subprocess.run([ruff, "format", "--quiet", path], check=False)
    sys.stderr.write(f"wrote {path}; read it\n" if path else "the tables have not changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
