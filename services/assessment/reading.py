"""A kept assessment as it is shown: as it was made, as it stands now, as it was known then."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import to_json
from sqlmodel.ext.asyncio.session import AsyncSession

from services.assessment import concluded, repository
from services.assessment.contract import (
    Affected,
    Mark,
    NewerVersion,
    StoredAssessment,
)
from services.assessment.tables import AssessmentRow, MarkRow
from services.chassis.conclusions.marks import as_known as as_known_then
from services.chassis.conclusions.marks import superseded_by
from services.chassis.errors import NotFound

AFFECTED: TypeAdapter[list[Affected]] = TypeAdapter(list[Affected])
STORED: TypeAdapter[StoredAssessment] = TypeAdapter(StoredAssessment)


def written(affected: list[Affected]) -> list[dict[str, Any]]:
    """What was corrected, as a row keeps it."""
    kept: list[dict[str, Any]] = AFFECTED.dump_python(affected, mode="json", by_alias=True)
    return kept


def shown(row: AssessmentRow, marks: Sequence[MarkRow] = ()) -> StoredAssessment:
    """An assessment with the marks that it bears; without them, as it was when it was made."""
    standing = {
        "marked": [_mark(mark) for mark in marks],
        "superseded_by": superseded_by(marks),
    }
    return STORED.validate_python(_kept(row) | standing)


def as_made(row: AssessmentRow) -> bytes:
    """The same without marks, in JSON: what was answered when it was made, and ever since.

    Written from what the row keeps: reading our own words again would cost more than storing them.
    """
    return to_json(_kept(row) | {"marked": [], "superseded_by": None})


def _kept(row: AssessmentRow) -> dict[str, Any]:
    """The answer as it was given, with what was known of it when it was made."""
    return row.answer | {
        "id": row.id,
        "patient": row.patient,
        "as_of": row.as_of,
        "concluded_at": row.concluded_at,
        "record": row.record,
        "supersedes": row.supersedes,
        "because": row.because,
        "changes": row.changes,
        "affected": row.affected,
    }


def patient_of(row: AssessmentRow) -> str:
    """Whose it is, for the audit log."""
    return row.patient or str(row.record or row.id)


async def found(session: AsyncSession, organisation: str, id: UUID) -> AssessmentRow:
    """The assessment under this id. 404 where there is none, or none of this organisation's."""
    row = await repository.find(session, organisation, id)
    if row is None:
        raise NotFound("there is no such assessment")
    return row


async def as_known(session: AsyncSession, row: AssessmentRow, then: datetime) -> AssessmentRow:
    """What stood in this one's place at that moment, by our clock? 404 if nothing did."""
    find = partial(found, session, row.organisation)
    return await as_known_then(row, then, partial(marks_on, session), find)


async def marks_on(session: AsyncSession, row: AssessmentRow) -> list[MarkRow]:
    """The marks on this assessment, oldest first."""
    return (await concluded.marks_of(session, row.organisation, [row.id]))[row.id]


def as_because(row: MarkRow) -> NewerVersion:
    """What a mark says, without when."""
    return NewerVersion(row.observation, row.analyte, row.from_version, row.to_version, row.status)


def _mark(row: MarkRow) -> Mark:
    return Mark(
        row.observation,
        row.analyte,
        row.from_version,
        row.to_version,
        row.status,
        row.marked_at,
    )
