"""SQLite without threads, so that a run repeats; and the ways in which a database fails.

The services' own engine, tables and transactions are used; only the driver answers in place.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.util import await_only

from services.chassis.database import Database

DiskFull = sqlite3.OperationalError
ROOM_FOR_PAGES = 2**30


class Disk:
    """Where one service's database lies, and what is wrong with it at the moment."""

    def __init__(self) -> None:
        self.before_commit: Callable[[], None] = lambda: None
        self.after_commit: Callable[[], None] = lambda: None
        self._open: list[_Inline] = []
        self._full = False
        self._reader: sqlite3.Connection | None = None

    def serve(self, database: Database) -> None:
        """Let this service's engines open their files here."""
        for engine in (database.engine, database._readers):
            event.listen(engine.sync_engine, "do_connect", self._connect)

    def fill(self, full: bool) -> None:
        """No page more can be written, or there is room again."""
        self._full = full
        for connection in self._open:
            connection.limit(full)

    def lose_power(self) -> None:
        """Every connection is gone; what was not committed never was."""
        for connection in self._open:
            connection.close()
        self._open = []

    def first_due(self, file: Path, table: str) -> datetime | None:
        """When is the first thing of this table to be tried? As a look of a relay would see it."""
        waiting = "WHERE status = 'waiting'" if table == "delivery" else ""
        reader = self.reader(file)
        (first,) = reader.execute(f"SELECT min(next_try_at) FROM {table} {waiting}").fetchone()  # noqa: S608
        return None if first is None else datetime.fromisoformat(first).replace(tzinfo=UTC)

    def reader(self, file: Path) -> sqlite3.Connection:
        """A connection of our own that only looks: it sees what is committed, and nothing else."""
        if self._reader is None:
            self._reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)
        return self._reader

    def _connect(self, _dialect: Any, _record: Any, cargs: Any, cparams: Any) -> "_Inline":
        connection = sqlite3.connect(
            *cargs, **{**cparams, "check_same_thread": False}, factory=_Inline
        )
        connection.disk = self
        self._open.append(connection)
        if self._full:
            connection.limit(True)
        return connection


async def _at_once() -> None:
    """Done before anybody could wait for it."""


class _Cursor(sqlite3.Cursor):
    server_side = False

    def execute(self, *statement: Any) -> "_Cursor":
        # SQLAlchemy insists that an asynchronous driver is waited for.
        await_only(_at_once())
        if str(statement[0]).startswith("PRAGMA synchronous"):
            # A process is killed here, never the machine: what is committed is in the file.
            statement = ("PRAGMA synchronous = OFF",)
        super().execute(*statement)
        return self

    def executemany(self, *statement: Any) -> "_Cursor":
        await_only(_at_once())
        super().executemany(*statement)
        return self

    async def _async_soft_close(self) -> None:
        """Nothing is held that would have to be waited for."""


class _Inline(sqlite3.Connection):
    """A connection that answers at once, in the shape SQLAlchemy's async dialect expects."""

    disk: Disk

    @property
    def _connection(self) -> "_Inline":
        return self

    def cursor(self, *_how: Any, **_server_side: Any) -> _Cursor:  # type: ignore[override]
        return super().cursor(_Cursor)

    def commit(self) -> None:
        writes = self.in_transaction and self.total_changes != getattr(self, "_kept", 0)
        if writes:
            self.disk.before_commit()
        super().commit()
        if writes:
            self._kept = self.total_changes
            self.disk.after_commit()

    def limit(self, full: bool) -> None:
        """Let the file not grow, or grow again."""
        (pages,) = self.execute("PRAGMA page_count").fetchone()
        self.execute(f"PRAGMA max_page_count = {pages if full else ROOM_FOR_PAGES}")

    def terminate(self) -> None:
        """As the dialect says close."""
        self.close()
