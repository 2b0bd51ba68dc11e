"""Which decisions are stored, which edition drew them, and what came after? Only reads."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.assessment.tables import AssessmentRow
from services.chassis import migrations
from services.chassis.database import Database

AT_ONCE = 500


class NotMigrated(Exception):
    """The database is not of the shape that this code reads."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """That something was concluded: by which edition, when, and what. Nothing of the person."""

    organisation: str
    id: UUID
    record: UUID | None
    as_of: datetime
    concluded_at: datetime
    knowledge_version: str
    tio_class: str
    supersedes: UUID | None


@dataclass(frozen=True, slots=True)
class Decision:
    """One stored decision with what it was drawn from, and the later ones about the same person."""

    drawn: Drawn
    request: dict[str, Any]
    answer: dict[str, Any]
    later: tuple[Drawn, ...]


async def decisions(url: str) -> AsyncIterator[Decision]:
    """Every stored decision of every organisation, oldest first."""
    database = Database(url)
    try:
        if await migrations.pending(database, "assessment"):
            raise NotMigrated("the database waits for its migrations; run `tio migrate`")
        async with database.reading() as session:
            drawn, later = await _all_drawn(session)
            for start in range(0, len(drawn), AT_ONCE):
                part = drawn[start : start + AT_ONCE]
                wanted = select(AssessmentRow).where(
                    col(AssessmentRow.id).in_([one.id for one in part])
                )
                rows = {(row.organisation, row.id): row for row in await session.exec(wanted)}
                for one in part:
                    row = rows[one.organisation, one.id]
                    yield Decision(one, row.request, row.answer, later[one.organisation, one.id])
                session.expunge_all()
    finally:
        await database.close()


async def _all_drawn(
    session: AsyncSession,
) -> tuple[list[Drawn], dict[tuple[str, UUID], tuple[Drawn, ...]]]:
    """All decisions without their contents, and for each the later ones of the same person."""
    columns = [getattr(AssessmentRow, name) for name in (*Drawn.__dataclass_fields__, "patient")]
    wanted = select_columns(*columns).order_by(
        col(AssessmentRow.concluded_at), col(AssessmentRow.id)
    )
    drawn: list[Drawn] = []
    of_person: defaultdict[tuple[str, str], list[Drawn]] = defaultdict(list)
    persons: list[tuple[str, str]] = []
    for *fields, patient in await (await session.connection()).execute(wanted):
        one = Drawn(*fields)
        person = (one.organisation, str(one.record or patient or one.id))
        drawn.append(one)
        of_person[person].append(one)
        persons.append(person)
    later = {
        (one.organisation, one.id): tuple(of_person[person][of_person[person].index(one) + 1 :])
        for one, person in zip(drawn, persons, strict=True)
    }
    return drawn, later
