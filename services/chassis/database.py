"""One request, one transaction, committed before the reply leaves."""

import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from copy import copy
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic_core import to_json
from sqlalchemy import URL, Connection, DateTime, Dialect, Engine, Insert, event, make_url, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError, DontWrapMixin
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator
from sqlalchemy.util import await_only
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import context, isolation

BUSY_TIMEOUT_MS = 30_000
"""How long a SQLite writer waits for the one before it."""

BUSY_PAUSE_SECONDS = 0.01

ONLY_READS = "tio_only_reads"
FOR_ALL = "tio_for_all"
BEFORE_COMMIT = "tio_before_commit"

LastAct = Callable[[AsyncSession], Awaitable[None]]


class BeyondAllDays(DontWrapMixin, OverflowError):
    """In UTC it would lie before the first day there is, or after the last."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: stored in UTC, read back with its offset, on SQLite as on PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time that could be any of two dozen instants."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without offset cannot be stored")
        try:
            in_utc = value.astimezone(UTC)
        except OverflowError:
            raise BeyondAllDays from None
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back the instant that was stored."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def async_url(url: str | URL) -> URL:
    """Which address does the async driver take for this database?"""
    return make_url(url).set(drivername=_driver(url, "sqlite+aiosqlite"))


def sync_url(url: str | URL) -> URL:
    """Which address do migrations take for this database?"""
    return make_url(url).set(drivername=_driver(url, "sqlite+pysqlite"))


def _driver(url: str | URL, for_sqlite: str) -> str:
    backend = make_url(url).get_backend_name()
    match backend:
        case "sqlite":
            return for_sqlite
        case "postgresql" | "postgres":
            return "postgresql+psycopg"
    raise ValueError(f"{backend} is no database this system runs on; take sqlite or postgresql")


def durable_sqlite(engine: Engine, *, foreign_keys: bool = True) -> None:
    """Make SQLite keep its promises: a commit is on the disk, writers queue instead of failing, and
    what is deleted is overwritten.

    A transaction that begins as a reader and writes later can only fail when another writer came
    between; so every transaction begins as a writer, unless it said that it only reads.
    """

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        _write_ahead(cursor)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get(ONLY_READS, False)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _write_ahead(cursor: Any) -> None:
    """Keep a log of what is written, as every process does that opens this file.

    The first one changes the file; SQLite lets nobody wait for that, so who comes meanwhile tries
    again.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as busy:
            if busy.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(BUSY_PAUSE_SECONDS)
        else:
            return


def kept_apart(engine: Engine) -> None:
    """Let PostgreSQL know, as each transaction begins, for which organisation it is.

    Who does not know, or forgets it, sees nothing. It travels with BEGIN, so it costs no way of
    its own (docs/decisions/0031).
    """

    import psycopg  # files need none

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        organisation = context.organisation()
        if connection.get_execution_options().get(FOR_ALL, False):
            said = ("role", isolation.ACROSS)
        elif organisation is not None:
            said = (isolation.ORGANISATION, organisation)
        else:
            return
        driver: Any = connection.connection.driver_connection
        try:
            await_only(_begin_with(driver, said))
        except psycopg.Error as error:
            # We went by beneath SQLAlchemy, so what it does for every statement is done here.
            if driver.closed:
                connection.invalidate(error)
            raise DBAPIError.instance(
                SETTING, None, error, psycopg.Error, True, driver.closed
            ) from error


async def _begin_with(driver: Any, said: tuple[str, str]) -> None:
    """BEGIN and the setting in one go."""
    async with driver.pipeline():
        await driver.execute(SETTING, said)


SETTING = "SELECT set_config(%s, %s, true)"
"""Holds until the transaction ends, however it ends."""


class Database:
    """One service's database.

    `owner_url`: the same one for the role that owns the tables and may change their shape; on
    PostgreSQL nobody else can.
    """

    def __init__(self, url: str | URL, owner_url: str | None = None) -> None:
        self.url = async_url(url)
        self.owner_url = self.url if owner_url is None else async_url(owner_url)
        self.may_migrate = owner_url is not None
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            # SQLite lets waiting writers race, and some lose for seconds; a pool of one is a queue.
            self.engine = self._connect(pool_size=1, max_overflow=0)
            durable_sqlite(self.engine.sync_engine)
            looking = self._connect()
            durable_sqlite(looking.sync_engine)
            self._readers = looking.execution_options(**{ONLY_READS: True})
            self.may_migrate = True
        else:
            self.engine = self._readers = self._connect(pool_pre_ping=True)
            kept_apart(self.engine.sync_engine)
        self.in_flight: set[object] = set()

    @property
    def across(self) -> "Database":
        """The same, for what is done for all organisations: background work, and commands."""
        if self.is_sqlite:
            return self
        everyone = copy(self)
        everyone.engine = everyone._readers = self.engine.execution_options(**{FOR_ALL: True})
        return everyone

    def _connect(self, **pool: Any) -> AsyncEngine:
        return create_async_engine(
            self.url,
            hide_parameters=True,  # an error must not carry what was stored
            json_serializer=lambda value: to_json(value).decode(),
            **pool,
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """All of it is kept, or none: commits at the end, rolls back when anything is raised."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            try:
                yield session
                for act in session.info.get(BEFORE_COMMIT, {}).values():
                    await act(session)
            except BaseException:
                await session.rollback()
                raise
            await session.commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """For looking only: never makes a writer wait, and keeps nothing that is changed in it."""
        async with AsyncSession(self._readers, expire_on_commit=False) as session:
            yield session

    async def ping(self) -> None:
        """Is the database there? Raises when it is not."""
        async with self._readers.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def expect_apart(self) -> None:
        """Does it show us one organisation at a time? Raises when it would show all."""
        if not self.is_sqlite:
            async with self._readers.connect() as connection:
                await connection.run_sync(isolation.expect_apart)

    async def wipe(self) -> bool:
        """Let no copy of what was deleted stay in SQLite's log; False while somebody reads it.

        PostgreSQL cleans up by itself (autovacuum), and its log is the operator's.
        """
        if not self.is_sqlite:
            return True
        connection = await self.engine.raw_connection()
        try:
            driver: Any = connection.driver_connection
            cursor = await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, *_ = await cursor.fetchone()
            await cursor.close()
        finally:
            connection.close()
        return not busy

    async def close(self) -> None:
        """Give every connection back."""
        for engine in (self.engine, self._readers):
            await engine.dispose()


R = TypeVar("R", bound=SQLModel)


def unless_there(table: type[SQLModel]) -> Mapping[str, Insert]:
    """A row that is added once and left as it is when it comes again, by the dialect's name."""
    return {
        "sqlite": sqlite_insert(table).on_conflict_do_nothing().inline(),
        "postgresql": postgresql_insert(table).on_conflict_do_nothing().inline(),
    }


async def held(session: AsyncSession, table: type[R], key: Mapping[str, Any], **empty: Any) -> R:
    """The row under this key, begun if it was not there; nobody else changes it until the end."""
    connection = await session.connection()
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    await connection.execute(insert(table).values(**key, **empty).on_conflict_do_nothing())
    wanted = select(table).filter_by(**key).with_for_update()
    return (await session.exec(wanted)).one()


async def its_clock(session: AsyncSession) -> datetime:
    """What time is it for everybody who asks this database? A file is asked on one machine only."""
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now


async def show(session: AsyncSession, token_hash: str) -> None:
    """Let this transaction see the row whose secret the caller came with."""
    await _set(session, isolation.TOKEN, token_hash)


async def go_on_for(session: AsyncSession, organisation: str) -> None:
    """A transaction that began before anybody knew for whom it is."""
    context.now_for(organisation)
    await _set(session, isolation.ORGANISATION, organisation)


async def _set(session: AsyncSession, name: str, value: str) -> None:
    connection = await session.connection()
    if connection.dialect.name != "sqlite":
        await connection.exec_driver_sql(SETTING, (name, value))


def before_commit(session: AsyncSession, name: str, act: LastAct) -> None:
    """Let `act` be done once, last in this transaction; a second act of that name replaces it."""
    session.info.setdefault(BEFORE_COMMIT, {})[name] = act


async def _in_transaction(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    async with database.transaction() as session:
        yield session


InTransaction = Annotated[AsyncSession, Depends(_in_transaction, scope="function")]
"""The session of this request. `scope="function"` is what commits before the reply leaves."""
