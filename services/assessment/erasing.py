"""Forget the person of one record: results, conclusions, and the link from the log to them."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

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
from services.chassis import audit
from services.chassis.database import held
from services.chassis.erasing import delete_of


async def erase(session: AsyncSession, organisation: str, record_id: UUID) -> RecordRow:
    """Delete what is known of this record's person; what another record of theirs told stays.

    Safe to repeat, also for a record of which nothing was ever told.
    """
    key = {"organisation": organisation, "id": record_id}
    record = await held(session, RecordRow, key, facts=0)
    if record.erased_at is not None:
        return record
    names = {str(record_id)} | ({record.patient} if record.patient else set())
    if record.patient and await _is_told_of_elsewhere(session, record):
        await _erase_what_it_told(session, record)
        names.discard(record.patient)
    else:
        await _erase_the_person(session, organisation, names)
    await _erase_conclusions(session, organisation, record_id, names)
    await delete_of(session, (FactsRow, AskedStepRow), organisation=organisation, record=record_id)
    for name in names:
        await audit.forget(session, organisation, name)
    record.facts, record.patient, record.erased_at = 0, None, datetime.now(UTC)
    session.add(record)
    return record


async def _is_told_of_elsewhere(session: AsyncSession, record: RecordRow) -> bool:
    """Does another record that was not erased speak of the same person?"""
    others = select(col(RecordRow.id)).where(
        col(RecordRow.organisation) == record.organisation,
        col(RecordRow.patient) == record.patient,
        col(RecordRow.id) != record.id,
    )
    return (await (await session.connection()).execute(others.limit(1))).first() is not None


async def _erase_what_it_told(session: AsyncSession, record: RecordRow) -> None:
    told = select(col(FactsRow.id)).where(
        col(FactsRow.organisation) == record.organisation, col(FactsRow.record) == record.id
    )
    await (await session.connection()).execute(
        delete(ObservationRow).where(
            col(ObservationRow.organisation) == record.organisation,
            col(ObservationRow.patient).in_([record.patient, str(record.id)]),
            col(ObservationRow.source).in_(told),
        )
    )


async def _erase_the_person(session: AsyncSession, organisation: str, names: set[str]) -> None:
    connection = await session.connection()
    theirs = (
        col(ObservationRow.organisation) == organisation,
        col(ObservationRow.patient).in_(names),
    )
    sources = select(col(ObservationRow.source)).where(*theirs)
    named = col(MessageRow.body)["patient"]["id"].as_string().in_(names)
    await connection.execute(
        delete(MessageRow).where(
            col(MessageRow.organisation) == organisation,
            or_(col(MessageRow.id).in_(sources), named),
        )
    )
    await connection.execute(delete(ObservationRow).where(*theirs))
    await connection.execute(
        delete(PatientRow).where(
            col(PatientRow.organisation) == organisation, col(PatientRow.id).in_(names)
        )
    )


async def _erase_conclusions(
    session: AsyncSession, organisation: str, record_id: UUID, names: set[str]
) -> None:
    connection = await session.connection()
    drawn = (
        col(AssessmentRow.organisation) == organisation,
        or_(col(AssessmentRow.record) == record_id, col(AssessmentRow.patient).in_(names)),
    )
    ids = select(col(AssessmentRow.id)).where(*drawn)
    await connection.execute(
        delete(MarkRow).where(
            col(MarkRow.organisation) == organisation, col(MarkRow.assessment).in_(ids)
        )
    )
    await connection.execute(delete(AssessmentRow).where(*drawn))
