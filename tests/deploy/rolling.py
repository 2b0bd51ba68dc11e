"""Two versions side by side: today's tree, and the release after it, over one database.

The next release is today's with one more migration for each service: a column, a column that is
demanded and has a default, an index, a table. That is all a release may do to the one before
(test_expanding.py). Before each service stands an address that knows who is ready, as a cluster's
does: a process that is to end is taken out of it first.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2

from services.chassis import migrations
from tests import postgres
from tests.journeys.apart import SERVICES, Apart
from tests.journeys.system import a_free_port, eventually

ROOT = Path(__file__).parents[2]
TREE = ("knowledge", "services", "workflows", "simulation", "tio", "deploy")
GROWS = {
    "assessment": "assessment",
    "localization": "conclusion",
    "followup": "conclusion",
    "coordination": "journey",
}
"""Which table of each service gets more columns."""

MIGRATION = '''"""What the next release adds."""

import sqlalchemy as sa
from alembic import op

revision = "{number:04}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """More columns, and one more table."""
    with op.batch_alter_table("{table}", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_release", sa.String(), nullable=True))
        counted = sa.Column("counted_next", sa.Integer(), nullable=False, server_default="0")
        batch_op.add_column(counted)
        batch_op.create_index("ix_{table}_next_release", ["next_release"])
    op.create_table(
        "of_the_next_release",
        sa.Column("organisation", sa.String(), primary_key=True),
        sa.Column("words", sa.String(), nullable=False),
    )
'''


def the_next_release(place: Path) -> Path:
    """A tree of it."""
    for folder in TREE:
        unneeded = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, place / folder, ignore=unneeded)
    for service, table in GROWS.items():
        before = migrations.newest(service)
        assert before is not None
        number = int(before) + 1
        versions = place / "services" / service / "migrations" / "versions"
        text = MIGRATION.format(number=number, before=before, table=table)
        (versions / f"{number:04}_next_release.py").write_text(text)
    return place


class Address:
    """One address for every process of a service; new connections go to who is in it."""

    def __init__(self, port: int) -> None:
        self.ready: list[int] = []
        self._port = port
        self._loop = asyncio.new_event_loop()
        listening = threading.Event()
        threading.Thread(target=self._serve, args=(listening,), daemon=True).start()
        assert listening.wait(10)

    def _serve(self, listening: threading.Event) -> None:
        async def forever() -> None:
            await asyncio.start_server(self._carry, "127.0.0.1", self._port)
            listening.set()
            await asyncio.Event().wait()

        with suppress(RuntimeError):
            self._loop.run_until_complete(forever())

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.ready:
            writer.close()
            return
        self.ready.append(self.ready.pop(0))
        there, theirs = await asyncio.open_connection("127.0.0.1", self.ready[0])
        await asyncio.gather(_copied(reader, theirs), _copied(there, writer))

    def close(self) -> None:
        """Nobody listens any more."""
        self._loop.call_soon_threadsafe(self._loop.stop)


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
    writer.close()


class Rolled(Apart):
    """A deployment on PostgreSQL that is brought from one version to the next."""

    def __init__(self, data: Path, **environ: str) -> None:
        super().__init__(data, **environ)
        self._addresses = {}
        self._at = {"workflows": self._ports["workflows"]}
        self._owner = {}
        for service in SERVICES:
            kept = postgres.kept_in(data, service)
            self._owner[f"TIO_{service.upper()}_OWNER_DATABASE_URL"] = kept["owner_database_url"]
            self._settings[f"TIO_{service.upper()}_DATABASE_URL"] = kept["database_url"]
            self._addresses[service] = Address(self._ports[service])
            self._at[service] = a_free_port()
            self._settings[f"TIO_{service.upper()}_PORT"] = str(self._at[service])
            self._addresses[service].ready.append(self._at[service])
        for variable in self._owner:
            for told in (self._settings, self._environ):
                told.pop(variable, None)

    def migrate(self, tree: Path = ROOT) -> str:
        """As the role that owns the tables, before anything of that version starts."""
        done = subprocess.run(
            [sys.executable, "-m", "tio", "migrate"],
            env={**os.environ, **self._owner, "PYTHONPATH": str(tree)},
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def go_over(self, name: str, tree: Path) -> None:
        """One more process of that version; when it is ready, the one before ends in order."""
        before, was_at = self._running[name], self._at[name]
        self._at[name] = a_free_port()
        self._settings[f"TIO_{name.upper()}_PORT"] = str(self._at[name])
        with self.output.open("ab") as output:
            self._running[name] = subprocess.Popen(
                [sys.executable, *self._commands[name]],
                stdout=output,
                stderr=output,
                env={**self._environ, **self._settings, "PYTHONPATH": str(tree)},
                cwd=tree,
                start_new_session=True,
            )
        eventually(lambda: self._is_ready(name), f"the next {name} is ready")
        if name in self._addresses:
            self._addresses[name].ready.append(self._at[name])
            self._addresses[name].ready.remove(was_at)
        before.send_signal(signal.SIGTERM)
        assert before.wait(45) in (0, -signal.SIGTERM), f"{name} did not end in order"

    def readiness(self) -> dict[str, int]:
        """What every process says of itself, not its address."""
        return {
            name: httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=10).status_code
            for name, port in self._at.items()
        }

    def numbers(self) -> dict[str, str]:
        """What every process counts, as Prometheus asks for it in the older format."""
        plain = {"Accept": "text/plain"}
        return {
            name: httpx2.get(f"http://127.0.0.1:{port}/metrics", headers=plain, timeout=10).text
            for name, port in self._at.items()
        }

    def _is_ready(self, name: str) -> bool | None:
        assert self._running[name].poll() is None, f"{name} ended:\n{self._last_words()}"
        try:
            answer = httpx2.get(f"http://127.0.0.1:{self._at[name]}/readyz", timeout=10)
        except httpx2.TransportError:
            return None
        return answer.status_code == 200 or None

    def _all_ready(self) -> bool | None:
        return all(self._is_ready(name) for name in self._at) or None

    def start(self) -> None:
        """On databases of this version."""
        self.migrate()
        super().start()

    def stop(self) -> None:
        """All of it, the addresses last."""
        super().stop()
        for address in self._addresses.values():
            address.close()


@contextmanager
def rolled(data: Path, **environ: str) -> Iterator[Rolled]:
    """A running deployment that is gone afterwards."""
    system = Rolled(data, **environ)
    try:
        system.start()
        yield system
    finally:
        system.stop()
