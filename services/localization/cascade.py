"""A report was corrected: mark every conclusion that used it, and draw each again."""

from uuid import UUID, uuid5

from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import audit
from services.chassis.auth import Caller
from services.localization import concluded
from services.localization.drawing import (
    BECAUSE,
    CHANGES,
    Occasion,
    as_because,
    as_used,
    draw,
    what_it_is,
)
from services.localization.stored import Affected, NewerReport
from services.localization.tables import ConclusionRow, MarkRow, PlanRow
from services.localization.versions import Version

KIND = "ClinicalImpression"


async def correct(
    session: AsyncSession, caller: Caller, plan: PlanRow, known: list[Version], new: Version
) -> None:
    """Mark what used an older version of this report; draw what stands again for its moment."""
    ids = await concluded.that_used(session, plan, new.key, new.number)
    rows = await concluded.these(session, plan, ids)
    marks = await concluded.marks_of(session, plan.organisation, plan.id, ids)
    for row in (rows[id] for id in ids):
        stands = not marks[row.id]
        redrawn = _name(row.id, new) if stands else marks[row.id][-1].redrawn
        if not stands and any(_is(mark, new) for mark in marks[row.id]):
            continue
        mark = _mark(row, new, redrawn)
        session.add(mark)
        audit.record(session, caller, "update", KIND, row.id, patient=plan.id)
        if stands:
            because = [as_because(mark)]
            occasion = Occasion(
                id=redrawn,
                as_of=row.as_of,
                opened_on=plan.opened_on or row.as_of.date(),
                heard=False,
                at=new.received_at,
                supersedes=row,
                because=because,
            )
            draw(session, plan, known, as_used(row, known), row.said, occasion)
            audit.record(session, caller, "create", KIND, redrawn, patient=plan.id)
    await session.flush()


async def affected_by(session: AsyncSession, plan: PlanRow, one: Version) -> list[Affected]:
    """Which conclusions were drawn again because of this version, and what changed?

    The answer is read from what was kept, so a repeated call hears it as well.
    """
    marks = await concluded.marks_by(session, plan, one.kind, one.id, one.number)
    rows = await concluded.these(session, plan, [mark.redrawn for mark in marks])
    drawn = [(mark, rows[mark.redrawn]) for mark in marks]
    return [
        Affected(mark.conclusion, [as_because(mark)], row.id, CHANGES.validate_python(row.changes))
        for mark, row in drawn
        if row.id == _name(mark.conclusion, one)
    ]


def because_of(row: ConclusionRow) -> list[NewerReport]:
    """Why was this one drawn?"""
    return BECAUSE.validate_python(row.because)


def _name(drawn: UUID, new: Version) -> UUID:
    return uuid5(drawn, f"{new.key}/{new.number}")


def _is(mark: MarkRow, new: Version) -> bool:
    return (mark.kind, mark.entry, mark.to_version) == (new.kind, new.id, new.number)


def _mark(row: ConclusionRow, new: Version, redrawn: UUID) -> MarkRow:
    return MarkRow(
        organisation=row.organisation,
        plan=row.plan,
        conclusion=row.id,
        kind=new.kind,
        entry=new.id,
        to_version=new.number,
        from_version=row.versions[new.key],
        what=what_it_is(new),
        status=new.status,
        marked_at=new.received_at,
        redrawn=redrawn,
    )
