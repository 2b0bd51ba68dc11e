"""Forget one person: what is deleted, what is left, and that nothing comes back afterwards.

Of an erased record only its own id and the moment are left. Whatever is still on its way to it, a
result that was sent a second before, is refused for good.
"""

import asyncio
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import delete
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.database import Database
from services.chassis.errors import Gone, Instant
from services.chassis.logging import get_logger


class Erased(BaseModel):
    """That this record was erased, and when."""

    record: UUID
    erased_at: Instant


class MayBeErased(Protocol):
    """The row of a record; `erased_at` is when its person was forgotten."""

    erased_at: datetime | None


R = TypeVar("R", bound=MayBeErased)

LOOKS, PAUSE_SECONDS = 40, 0.25
"""While somebody reads, an old copy cannot be wiped; so long we wait for them."""


def not_erased(row: R) -> R:
    """The same row; 410 when its person was forgotten."""
    if row.erased_at is not None:
        raise Gone("this record was erased")
    return row


async def wipe(database: Database) -> None:
    """After the commit: leave no copy in the database's own log, as soon as nobody reads it."""
    for _ in range(LOOKS):
        if await database.wipe():
            return
        await asyncio.sleep(PAUSE_SECONDS)
    get_logger("erasing").warning("not-wiped-yet")


async def delete_of(
    session: AsyncSession, tables: tuple[type[SQLModel], ...], **whose: object
) -> None:
    """Delete the rows of these tables that belong there."""
    connection = await session.connection()
    for table in tables:
        await connection.execute(delete(table).filter_by(**whose))
