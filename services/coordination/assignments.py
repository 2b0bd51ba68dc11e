"""Who looks after a journey: changed with the version that was seen, and taken back as easily."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import audit
from services.chassis.auth import Caller
from services.chassis.errors import PreconditionFailed
from services.coordination.assignment_tables import AssignmentRow
from services.coordination.on_its_way import readdress
from services.coordination.tables import JourneyRow


async def latest(
    session: AsyncSession, organisation: str, journeys: Collection[UUID]
) -> dict[UUID, AssignmentRow]:
    """The last change of each of these journeys, where there was one."""
    newest = (
        select(col(AssignmentRow.journey), func.max(col(AssignmentRow.version)))
        .where(
            col(AssignmentRow.organisation) == organisation,
            col(AssignmentRow.journey).in_(journeys),
        )
        .group_by(col(AssignmentRow.journey))
    )
    wanted = select(AssignmentRow).where(
        col(AssignmentRow.organisation) == organisation,
        tuple_(col(AssignmentRow.journey), col(AssignmentRow.version)).in_(newest),
    )
    return {row.journey: row for row in (await session.exec(wanted)).all()}


async def assign(
    session: AsyncSession,
    caller: Caller,
    journey: JourneyRow,
    assignee: str | None,
    seen_version: int,
    seen_assignee: str | None,
) -> AssignmentRow:
    """Hand a journey to somebody, or to nobody; refused when it has changed since it was seen.

    The caller holds the journey (`to_change`).
    """
    last = (await latest(session, journey.organisation, [journey.id])).get(journey.id)
    version = 0 if last is None else last.version
    if version != seen_version or journey.assignee != seen_assignee:
        by = "" if last is None or version == seen_version else f" by {last.changed_by}"
        raise PreconditionFailed(f"it was changed in the meantime{by}; read it again")
    row = AssignmentRow(
        organisation=journey.organisation,
        journey=journey.id,
        version=version + 1,
        assignee=assignee,
        before=journey.assignee,
        changed_by=caller.subject,
        changed_at=datetime.now(UTC),
    )
    journey.assignee = assignee
    session.add(row)
    await readdress(session, journey)
    audit.record(session, caller, "update", "Task", journey.id, journey.patient_id)
    return row
