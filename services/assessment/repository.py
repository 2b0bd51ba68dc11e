"""Find and add what assessment remembers. No clinical rule is in here."""

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import and_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.assessment.conclude import Asked
from services.assessment.contract import RecordFacts
from services.assessment.tables import AskedStepRow, AssessmentRow, FactsRow, RecordRow
from services.chassis.database import held


def said(body: BaseModel) -> dict[str, Any]:
    """What the caller said, without what we would add."""
    return body.model_dump(mode="json", exclude_unset=True)


async def open_record(session: AsyncSession, organisation: str, record_id: UUID) -> RecordRow:
    """The record, begun if it was not there; nobody else changes it until this one is done."""
    return await held(session, RecordRow, {"organisation": organisation, "id": record_id}, facts=0)


async def find_facts(session: AsyncSession, record: RecordRow, event_id: UUID) -> FactsRow | None:
    """What this event told, if it was told before."""
    return await session.get(FactsRow, (record.organisation, record.id, event_id))


def add_facts(
    session: AsyncSession, record: RecordRow, event_id: UUID, body: dict[str, Any]
) -> None:
    """Remember what this event told, after everything told before."""
    record.facts += 1
    session.add(record)
    session.add(
        FactsRow(
            organisation=record.organisation,
            record=record.id,
            id=event_id,
            number=record.facts,
            body=body,
            stored_at=datetime.now(UTC),
        )
    )


async def facts_of(session: AsyncSession, record: RecordRow) -> list[RecordFacts]:
    """Everything told of this record, oldest first."""
    wanted = (
        select(FactsRow)
        .where(col(FactsRow.organisation) == record.organisation, col(FactsRow.record) == record.id)
        .order_by(col(FactsRow.number))
    )
    return [RecordFacts.model_validate(row.body) for row in (await session.exec(wanted)).all()]


async def find(session: AsyncSession, organisation: str, id: UUID) -> AssessmentRow | None:
    """The assessment under this id."""
    return await session.get(AssessmentRow, (organisation, id))


async def asked_steps(session: AsyncSession, record: RecordRow) -> list[AskedStepRow]:
    """Every step that was ever asked for on this record."""
    wanted = (
        select(AskedStepRow)
        .where(
            col(AskedStepRow.organisation) == record.organisation,
            col(AskedStepRow.record) == record.id,
        )
        .order_by(col(AskedStepRow.opened_on), col(AskedStepRow.step))
    )
    return list((await session.exec(wanted)).all())


def as_asked(row: AskedStepRow) -> Asked:
    """A row as the verb knows it."""
    return Asked(
        row.step,
        row.occurrence,
        row.act,
        row.because,
        row.opened_on,
        row.due_on,
        row.ended_on,
    )


def keep_steps(
    session: AsyncSession,
    record: RecordRow,
    rows: Iterable[AskedStepRow],
    asked: Iterable[Asked],
    new: Iterable[Asked],
) -> None:
    """Write down which steps ended, and which are asked for the first time."""
    known = {(one.step, one.occurrence): one for one in asked}
    for row in rows:
        row.ended_on = known[row.step, row.occurrence].ended_on
        session.add(row)
    for one in new:
        session.add(
            AskedStepRow(
                organisation=record.organisation,
                record=record.id,
                step=one.step,
                occurrence=one.occurrence,
                act=one.act,
                because=one.because,
                opened_on=one.opened_on,
                due_on=one.due_on,
            )
        )


async def page_of(
    session: AsyncSession, organisation: str, patient: str, limit: int, cursor: str | None
) -> tuple[list[AssessmentRow], str | None]:
    """Assessments of this patient, newest first, and where the next page begins."""
    wanted = select(AssessmentRow).where(
        col(AssessmentRow.organisation) == organisation, col(AssessmentRow.patient) == patient
    )
    if cursor is not None:
        as_of, id = read_cursor(cursor)
        wanted = wanted.where(
            or_(
                col(AssessmentRow.as_of) < as_of,
                and_(col(AssessmentRow.as_of) == as_of, col(AssessmentRow.id) < id),
            )
        )
    wanted = wanted.order_by(col(AssessmentRow.as_of).desc(), col(AssessmentRow.id).desc())
    rows = list((await session.exec(wanted.limit(limit + 1))).all())
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], write_cursor(last.as_of, last.id)


def write_cursor(as_of: datetime, id: UUID) -> str:
    """Where a page ended, opaque to the caller."""
    return base64.urlsafe_b64encode(f"{as_of.isoformat()} {id}".encode()).decode()


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Where the page before ended. ValueError for what we never wrote."""
    try:
        as_of, id = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
    except (binascii.Error, UnicodeError) as unreadable:
        raise ValueError("this cursor is not one of ours") from unreadable
    return datetime.fromisoformat(as_of), UUID(id)
