"""Find and add what assessment remembers. No clinical rule is in here."""

import base64
import binascii
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, String, and_, cast, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.assessment.conclude import Asked
from services.assessment.contract import RecordFacts
from services.assessment.tables import (
    AskedStepRow,
    AssessmentRow,
    FactsRow,
    MarkRow,
    MessageRow,
    ObservationRow,
    PatientRow,
    RecordRow,
)
from services.chassis.database import held


@dataclass(frozen=True, slots=True)
class Inputs:
    """From which versions an assessment was drawn, and on which earlier one it rests."""

    id: UUID
    inputs: dict[str, int]
    rests_on: UUID | None
    as_of: datetime


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
    session: AsyncSession,
    record: RecordRow,
    event_id: UUID,
    body: dict[str, Any],
    answer: dict[str, Any],
    now: datetime,
) -> None:
    """Remember what this event told, after everything told before, and what was answered."""
    record.facts += 1
    session.add(record)
    session.add(
        FactsRow(
            organisation=record.organisation,
            record=record.id,
            id=event_id,
            number=record.facts,
            body=body,
            stored_at=now,
            answer=answer,
        )
    )


async def whose(session: AsyncSession, record: RecordRow, named: str | None) -> str:
    """The patient of this record: the id that its facts named first, until then its own."""
    if record.patient is None and named is not None:
        record.patient = named
        session.add(record)
        if record.facts:
            await _bring_along(session, record, named)
    return record.patient or str(record.id)


async def _bring_along(session: AsyncSession, record: RecordRow, named: str) -> None:
    """Results that came before the name go with it, unless the patient has others of their ids."""
    patient = {"organisation": record.organisation, "id": named}
    (await held(session, PatientRow, patient, confirmed=True)).confirmed = True
    theirs = select(col(ObservationRow.observation)).where(
        col(ObservationRow.organisation) == record.organisation,
        col(ObservationRow.patient) == named,
    )
    connection = await session.connection()
    await connection.execute(
        update(ObservationRow)
        .where(
            col(ObservationRow.organisation) == record.organisation,
            col(ObservationRow.patient) == str(record.id),
            col(ObservationRow.observation).not_in(theirs),
        )
        .values(patient=named)
    )


async def of_whom(session: AsyncSession, row: AssessmentRow) -> str:
    """Whose results does this assessment rest on?"""
    if row.record is None:
        return row.patient or str(row.id)
    record = await session.get(RecordRow, (row.organisation, row.record))
    return str(row.record) if record is None or record.patient is None else record.patient


async def find_message(session: AsyncSession, organisation: str, id: UUID) -> MessageRow | None:
    """The results that were sent under this id."""
    return await session.get(MessageRow, (organisation, id))


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


def _of_whom(organisation: str, patient: str) -> ColumnElement[bool]:
    """Of this patient, by name or through a journey's record."""
    records = select(col(RecordRow.id)).where(
        col(RecordRow.organisation) == organisation,
        or_(col(RecordRow.patient) == patient, col(RecordRow.id) == _as_uuid(patient)),
    )
    return and_(
        col(AssessmentRow.organisation) == organisation,
        or_(col(AssessmentRow.patient) == patient, col(AssessmentRow.record).in_(records)),
    )


def _as_uuid(patient: str) -> UUID | None:
    """A record that names no patient is known by its own id."""
    try:
        return UUID(patient)
    except ValueError:
        return None


async def inputs_of(session: AsyncSession, organisation: str, patient: str) -> list[Inputs]:
    """Which conclusions were drawn about this patient, from what? In the order of their moments."""
    wanted = (
        select(
            col(AssessmentRow.id),
            col(AssessmentRow.inputs),
            col(AssessmentRow.rests_on),
            col(AssessmentRow.as_of),
        )
        .where(_of_whom(organisation, patient))
        .order_by(col(AssessmentRow.as_of), col(AssessmentRow.concluded_at), col(AssessmentRow.id))
    )
    return [Inputs(*row) for row in (await session.exec(wanted)).all()]


async def these(
    session: AsyncSession, organisation: str, ids: Collection[UUID]
) -> list[AssessmentRow]:
    """These assessments, in the order of their moments."""
    wanted = (
        select(AssessmentRow)
        .where(col(AssessmentRow.organisation) == organisation, col(AssessmentRow.id).in_(ids))
        .order_by(col(AssessmentRow.as_of), col(AssessmentRow.concluded_at), col(AssessmentRow.id))
    )
    return list((await session.exec(wanted)).all())


async def marks_of(
    session: AsyncSession, organisation: str, ids: Collection[UUID]
) -> dict[UUID, list[MarkRow]]:
    """The marks on each of these assessments, oldest first."""
    wanted = (
        select(MarkRow)
        .where(col(MarkRow.organisation) == organisation, col(MarkRow.assessment).in_(ids))
        .order_by(col(MarkRow.marked_at), col(MarkRow.observation), col(MarkRow.to_version))
    )
    marks: dict[UUID, list[MarkRow]] = {id: [] for id in ids}
    for mark in (await session.exec(wanted)).all() if ids else ():
        marks[mark.assessment].append(mark)
    return marks


async def confirmed_before(
    session: AsyncSession, organisation: str, patient: str, moment: datetime
) -> Inputs | None:
    """The first conclusion before this moment that confirmed a tumor, if it still stands."""
    marked = select(col(MarkRow.assessment)).where(
        col(MarkRow.organisation) == organisation,
        col(MarkRow.assessment) == col(AssessmentRow.id),
    )
    wanted = (
        select(
            col(AssessmentRow.id),
            col(AssessmentRow.inputs),
            col(AssessmentRow.rests_on),
            col(AssessmentRow.as_of),
        )
        .where(
            _of_whom(organisation, patient),
            col(AssessmentRow.tio_class) == "TIO_CONFIRMED",
            col(AssessmentRow.as_of) < moment,
            ~marked.exists(),
        )
        .order_by(col(AssessmentRow.as_of), col(AssessmentRow.concluded_at))
        .limit(1)
    )
    found = (await session.exec(wanted)).one_or_none()
    return None if found is None else Inputs(*found)


async def last_heard(session: AsyncSession, record: RecordRow) -> AssessmentRow | None:
    """What the journey of this record was told last."""
    wanted = (
        select(AssessmentRow)
        .where(
            col(AssessmentRow.organisation) == record.organisation,
            col(AssessmentRow.record) == record.id,
            cast(col(AssessmentRow.conclusion), String) != "null",
        )
        .order_by(col(AssessmentRow.concluded_at).desc())
        .limit(1)
    )
    return (await session.exec(wanted)).one_or_none()


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
        row.cancelled,
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
        now = known[row.step, row.occurrence]
        row.ended_on, row.cancelled = now.ended_on, now.cancelled
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
