"""Who saw or changed whose record: an append-only log in which every entry seals the one before.

Entries are written last in the transaction that they describe, so neither exists without the
other, and the chain is locked for no longer than a commit takes.

A caller's own id of a patient is not written into the chain, which nobody can change: in its place
stands an id that we drew. Whom that means is kept beside the chain, and can be forgotten.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel
from sqlalchemy import Connection, RowMapping, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.auth import Caller
from services.chassis.context import asking, current_request_id
from services.chassis.database import before_commit
from services.chassis.tables import AUDIT_ENTRY, AUDIT_HEAD, AUDIT_PERSON

Action = Literal["read", "create", "update", "delete", "search"]

GENESIS = "0" * 64
PAGE = 1000
_PENDING = "tio_audit"

# Nearly every request says these, so they are put together once.
_HEAD = select(AUDIT_HEAD.c.entries, AUDIT_HEAD.c.hash).with_for_update()
_NEW_HEAD = update(AUDIT_HEAD).values(entries=bindparam("number"), hash=bindparam("seal"))
_ENTRY, _PERSON = AUDIT_ENTRY.insert(), AUDIT_PERSON.insert()
_STAND_FOR = select(AUDIT_PERSON.c.patient, AUDIT_PERSON.c.stands_for).where(
    AUDIT_PERSON.c.organisation == bindparam("organisation"),
    AUDIT_PERSON.c.patient.in_(bindparam("patients", expanding=True)),
)


def record(
    session: AsyncSession,
    caller: Caller,
    action: Action,
    kind: str,
    id: UUID | str | None,
    patient: UUID | str | None = None,
) -> None:
    """Remember that `caller` did this; written when the transaction commits, or not at all.

    `patient`: one of our own uuids, or the caller's own id of that person.
    """
    served = asking()
    session.info.setdefault(_PENDING, []).append(
        {
            "at": datetime.now(UTC),
            "subject": caller.subject,
            "organisation": caller.organisation,
            "action": action,
            "kind": kind,
            "record_id": None if id is None else str(id),
            "patient": patient,
            "request_id": str(current_request_id()),
            "address": served.address if served else "",
        }
    )
    before_commit(session, "audit", _append)


async def _append(session: AsyncSession) -> None:
    """Seal the entries of this transaction into the chain."""
    await session.run_sync(_seal_in)


def _seal_in(session: Session) -> None:
    session.flush()
    connection = session.connection()
    head = connection.execute(_HEAD).one_or_none()
    if head is None:
        is_sqlite = connection.dialect.name == "sqlite"
        first = (sqlite_insert if is_sqlite else postgresql_insert)(AUDIT_HEAD)
        first = first.values(id=1, entries=0, hash=GENESIS).on_conflict_do_nothing()
        connection.execute(first)
        head = connection.execute(_HEAD).one()
    number, previous = head
    sealed = []
    pending = session.info.pop(_PENDING)
    stands_for = _drawn(connection, pending)
    for entry in pending:
        number += 1
        patient = entry["patient"]
        if isinstance(patient, str):
            patient = stands_for[entry["organisation"], patient]
        entry |= {"number": number, "previous": previous}
        entry["patient"] = None if patient is None else str(patient)
        previous = seal(entry)
        sealed.append(entry | {"hash": previous})
    connection.execute(_ENTRY, sealed)
    connection.execute(_NEW_HEAD, {"number": number, "seal": previous})


def _drawn(
    connection: Connection, pending: Iterable[Mapping[str, Any]]
) -> dict[tuple[str, str], str]:
    """Which id stands for whom? Drawn for who was never named before; writers come one by one."""
    named: dict[str, set[str]] = {}
    for one in pending:
        if isinstance(one["patient"], str):
            named.setdefault(one["organisation"], set()).add(one["patient"])
    found: dict[tuple[str, str], str] = {}
    for organisation, patients in sorted(named.items()):
        whom = {"organisation": organisation, "patients": sorted(patients)}
        drawn = dict(connection.execute(_STAND_FOR, whom).all())
        new = {patient: str(uuid4()) for patient in sorted(patients - drawn.keys())}
        if new:
            rows = [
                {"organisation": organisation, "patient": patient, "stands_for": id}
                for patient, id in new.items()
            ]
            connection.execute(_PERSON, rows)
        found |= {(organisation, patient): id for patient, id in (drawn | new).items()}
    return found


async def forget(session: AsyncSession, organisation: str, patient: str) -> None:
    """From now on nobody can tell whom the log means here; the log itself stays as it is."""
    await (await session.connection()).execute(
        delete(AUDIT_PERSON).filter_by(organisation=organisation, patient=patient)
    )


async def entries(session: AsyncSession) -> Sequence[RowMapping]:
    """The log in its order, each entry with the patient's own id where that is still known."""
    person = AUDIT_PERSON.c
    log = [column for column in AUDIT_ENTRY.c if column.name != "patient"]
    means = (person.stands_for == AUDIT_ENTRY.c.patient) & (
        person.organisation == AUDIT_ENTRY.c.organisation
    )
    patient = func.coalesce(person.patient, AUDIT_ENTRY.c.patient).label("patient")
    wanted = (
        select(*log, patient)
        .select_from(AUDIT_ENTRY.outerjoin(AUDIT_PERSON, means))
        .order_by(AUDIT_ENTRY.c.number)
    )
    return (await (await session.connection()).execute(wanted)).mappings().all()


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
