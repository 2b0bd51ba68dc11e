"""Find and add what assessment remembers. No clinical rule is in here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.assessment.conclude import Asked
from services.assessment.contract import RecordFacts
from services.assessment.tables import (
    AskedStepRow,
    AssessmentRow,
    FactsRow,
    MessageRow,
    ObservationRow,
    PatientRow,
    RecordRow,
)
from services.chassis.database import held
from services.chassis.erasing import not_erased


def said(body: BaseModel) -> dict[str, Any]:
    """What the caller said, without what we would add."""
    return body.model_dump(mode="json", exclude_unset=True)


async def open_record(session: AsyncSession, organisation: str, record_id: UUID) -> RecordRow:
    """The record, begun if it was not there; nobody else changes it until this one is done."""
    key = {"organisation": organisation, "id": record_id}
    return not_erased(await held(session, RecordRow, key, facts=0))


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
