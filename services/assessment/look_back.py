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

from knowledge.terms.site_settings import SiteSettings
from services.assessment import site_settings
from services.assessment.contract import EvaluateRequest, Findings, Observation
from services.assessment.repository import said
from services.assessment.tables import AssessmentRow, ObservationRow, RecordRow
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
    """One stored decision with all that went into it, and the later ones about the same person.

    `request` holds each result in the version that was used, and what an earlier decision had
    confirmed; `site` is what the organisation had laid over the tables, as it was then.
    """

    drawn: Drawn
    request: dict[str, Any]
    site: SiteSettings | None
    answer: dict[str, Any]
    later: tuple[Drawn, ...]


async def decisions(url: str) -> AsyncIterator[Decision]:
    """Every stored decision of every organisation, oldest first."""
    database = Database(url)
    try:
        if await migrations.pending(database, "assessment"):
            raise NotMigrated("the database waits for its migrations; run `tio migrate`")
        async with database.across.reading() as session:
            drawn, later = await _all_drawn(session)
            for start in range(0, len(drawn), AT_ONCE):
                part = drawn[start : start + AT_ONCE]
                wanted = select(AssessmentRow).where(
                    col(AssessmentRow.id).in_([one.id for one in part])
                )
                rows = {(row.organisation, row.id): row for row in await session.exec(wanted)}
                for one in part:
                    row = rows[one.organisation, one.id]
                    request = await _what_went_in(session, row)
                    site = await _laid_over(session, row)
                    after = later[one.organisation, one.id]
                    yield Decision(one, request, site, row.answer, after)
                session.expunge_all()
    finally:
        await database.close()


async def _what_went_in(session: AsyncSession, row: AssessmentRow) -> dict[str, Any]:
    """The request as it was read: each result in its version, and what was confirmed before."""
    request = EvaluateRequest.model_validate(row.request)
    changes: dict[str, Any] = {"as_of": row.as_of}
    if row.record is None and row.inputs:
        used = await _versions_used(session, row)
        changes["observations"] = tuple(
            {one.id: used.get(one.id, one) for one in request.observations}.values()
        )
    if row.rests_on is not None:
        earlier = await session.get(AssessmentRow, (row.organisation, row.rests_on))
        if earlier is not None:
            confirmed = {"tio_confirmed_on": earlier.as_of.date()}
            changes["findings"] = (request.findings or Findings()).model_copy(update=confirmed)
    return said(request.model_copy(update=changes))


async def _versions_used(session: AsyncSession, row: AssessmentRow) -> dict[str, Observation]:
    """What was sent in the caller's words may since have been known in a newer version."""
    wanted = select(ObservationRow).where(
        col(ObservationRow.organisation) == row.organisation,
        col(ObservationRow.patient) == (row.patient or str(row.id)),
        col(ObservationRow.observation).in_(row.inputs),
    )
    return {
        one.observation: Observation.model_validate(one.body | {"version": one.version})
        for one in await session.exec(wanted)
        if one.version == row.inputs[one.observation]
    }


async def _laid_over(session: AsyncSession, row: AssessmentRow) -> SiteSettings | None:
    """What the organisation had laid over the tables when this was concluded."""
    used = row.answer.get("site")
    if used is None:
        return None
    kept = await site_settings.find(session, row.organisation, used["version"])
    return None if kept is None else SiteSettings.model_validate(kept.body)


async def _all_drawn(
    session: AsyncSession,
) -> tuple[list[Drawn], dict[tuple[str, UUID], tuple[Drawn, ...]]]:
    """All decisions without their contents, and for each the later ones of the same person."""
    columns = [getattr(AssessmentRow, name) for name in (*Drawn.__dataclass_fields__, "patient")]
    wanted = select_columns(*columns).order_by(
        col(AssessmentRow.concluded_at), col(AssessmentRow.id)
    )
    drawn: list[Drawn] = []
    persons: list[tuple[str, str]] = []
    whose = {
        (record.organisation, record.id): record.patient
        for record in await session.exec(select(RecordRow))
    }
    of_person: defaultdict[tuple[str, str], list[Drawn]] = defaultdict(list)
    for *fields, patient in await (await session.connection()).execute(wanted):
        one = Drawn(*fields)
        known = patient or (one.record and whose.get((one.organisation, one.record)))
        persons.append((one.organisation, str(known or one.record or one.id)))
        of_person[persons[-1]].append(one)
        drawn.append(one)
    later = {
        (one.organisation, one.id): tuple(of_person[person][of_person[person].index(one) + 1 :])
        for one, person in zip(drawn, persons, strict=True)
    }
    return drawn, later
