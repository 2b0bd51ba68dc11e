"""Real parts for every test: databases and little else."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests import migrated, postgres


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL database as services see it, owning nothing; dropped afterwards."""
    name = f"test_{uuid4().hex}"
    postgres.make_database(name)
    yield postgres.signed_in_as(postgres.ACROSS, postgres.server().get_uri(database=name))
    postgres.drop_database(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An empty SQLite database."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=postgres.BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """Each of the two databases this system runs on, empty."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=postgres.BOTH)
def database_of(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """A service's own database on each of the two, as its newest migration leaves it."""
    if request.param == "sqlite":
        yield lambda service: migrated.sqlite_file(service, tmp_path)
        return
    name = f"test_{uuid4().hex}"
    yield lambda service: migrated.postgres_database(service, name)
    postgres.drop_database(name)
