"""Who saw or changed whose record: an append-only log in which every entry seals the one before.

Entries are written last in the transaction that they describe, so neither exists without the
other, and the chain is locked for no longer than a commit takes.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.auth import Caller
from services.chassis.context import asking, current_request_id
from services.chassis.database import before_commit
from services.chassis.tables import AUDIT_ENTRY, AUDIT_HEAD

Action = Literal["read", "create", "update", "delete", "search"]

GENESIS = "0" * 64
PAGE = 1000
_PENDING = "tio_audit"


def record(
    session: AsyncSession,
    caller: Caller,
    action: Action,
    kind: str,
    id: UUID | str | None,
    patient: UUID | str | None = None,
) -> None:
    """Remember that `caller` did this; written when the transaction commits, or not at all."""
    served = asking()
    session.info.setdefault(_PENDING, []).append(
        {
            "at": datetime.now(UTC),
            "subject": caller.subject,
            "organisation": caller.organisation,
            "action": action,
            "kind": kind,
            "record_id": None if id is None else str(id),
            "patient": None if patient is None else str(patient),
            "request_id": str(current_request_id()),
            "address": served.address if served else "",
        }
    )
    before_commit(session, "audit", _append)


async def _append(session: AsyncSession) -> None:
    """Seal the entries of this transaction into the chain."""
    await session.flush()
    connection = await session.connection()
    locked = select(AUDIT_HEAD.c.entries, AUDIT_HEAD.c.hash).with_for_update()
    head = (await connection.execute(locked)).one_or_none()
    if head is None:
        is_sqlite = connection.dialect.name == "sqlite"
        first = (sqlite_insert if is_sqlite else postgresql_insert)(AUDIT_HEAD)
        first = first.values(id=1, entries=0, hash=GENESIS).on_conflict_do_nothing()
        await connection.execute(first)
        head = (await connection.execute(locked)).one()
    number, previous = head
    sealed = []
    for entry in session.info.pop(_PENDING):
        number += 1
        entry |= {"number": number, "previous": previous}
        previous = seal(entry)
        sealed.append(entry | {"hash": previous})
    await connection.execute(AUDIT_ENTRY.insert(), sealed)
    await connection.execute(update(AUDIT_HEAD).values(entries=number, hash=previous))


def seal(entry: Mapping[str, Any] | RowMapping) -> str:
    """The hash over everything an entry says, the hash of the entry before it included."""
    said = {key: value for key, value in entry.items() if key != "hash"}
    said["at"] = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


class ChainReport(BaseModel):
    """Is the log as it was written?"""

    intact: bool
    entries: int
    broken_at: int | None = None
    because: str | None = None


async def verify(session: AsyncSession) -> ChainReport:
    """Was an entry changed, removed, moved or cut off since it was written?

    An owner of the database who rewrites every later entry and the head is not found by this; note
    the head elsewhere from time to time.
    """
    connection = await session.connection()
    head = (await connection.execute(select(AUDIT_HEAD.c.entries, AUDIT_HEAD.c.hash))).one_or_none()
    number, previous = 0, GENESIS
    while True:
        page = (
            await connection.execute(
                select(AUDIT_ENTRY)
                .where(AUDIT_ENTRY.c.number > number)
                .order_by(AUDIT_ENTRY.c.number)
                .limit(PAGE)
            )
        ).mappings()
        before = number
        for entry in page:
            number += 1
            because = _flaw(entry, number, previous)
            if because:
                return ChainReport(
                    intact=False, entries=number - 1, broken_at=number, because=because
                )
            previous = entry["hash"]
        if number == before:
            break
    if (number, previous) != (tuple(head) if head else (0, GENESIS)):
        return ChainReport(
            intact=False,
            entries=number,
            broken_at=number + 1,
            because="the log does not end where its head says",
        )
    return ChainReport(intact=True, entries=number)


def _flaw(entry: RowMapping, number: int, previous: str) -> str | None:
    if entry["number"] != number:
        return f"entry {number} is not there"
    if entry["previous"] != previous:
        return f"entry {number} does not follow the one before it"
    if entry["hash"] != seal(entry):
        return f"entry {number} does not say what it said when it was written"
    return None
