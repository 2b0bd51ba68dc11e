"""What was concluded about a patient, from what, and what of it still stands."""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.assessment.tables import AssessmentRow, MarkRow, RecordRow


@dataclass(frozen=True, slots=True)
class Inputs:
    """From which versions an assessment was drawn, and on which earlier one it rests."""

    id: UUID
    inputs: dict[str, int]
    rests_on: UUID | None
    as_of: datetime


def _of_whom(organisation: str, patient: str) -> ColumnElement[bool]:
    """Of this patient, by name or through a journey's record.

    Each way says whose it is, so that each has its index: said once for both, SQLite goes through
    all that the organisation has.
    """
    named = [col(RecordRow.patient) == patient]
    id = _as_uuid(patient)
    if id is not None:
        named.append(col(RecordRow.id) == id)
    theirs = col(RecordRow.organisation) == organisation
    records = select(col(RecordRow.id)).where(or_(*(and_(theirs, way) for way in named)))
    here = col(AssessmentRow.organisation) == organisation
    return or_(
        and_(here, col(AssessmentRow.patient) == patient),
        and_(here, col(AssessmentRow.record).in_(records)),
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


async def last_heard(
    session: AsyncSession, record: RecordRow, known: UUID | None
) -> AssessmentRow | None:
    """What the journey of this record heard last: the one it names, or what it was told last."""
    named = [] if known is None else await these(session, record.organisation, [known])
    if named and named[0].record == record.id:
        return named[0]
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
