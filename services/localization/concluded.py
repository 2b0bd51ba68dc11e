"""What was concluded of a search, from what, and what of it still stands."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.localization.tables import ConclusionRow, MarkRow, PlanRow


async def find(
    session: AsyncSession, organisation: str, plan_id: UUID, id: UUID
) -> ConclusionRow | None:
    """The conclusion under this id."""
    return await session.get(ConclusionRow, (organisation, plan_id, id))


async def that_used(session: AsyncSession, plan: PlanRow, key: str, version: int) -> list[UUID]:
    """Which conclusions were drawn from an earlier version than this one? In their order."""
    wanted = (
        select(col(ConclusionRow.id), col(ConclusionRow.versions))
        .where(
            col(ConclusionRow.organisation) == plan.organisation,
            col(ConclusionRow.plan) == plan.id,
        )
        .order_by(col(ConclusionRow.as_of), col(ConclusionRow.concluded_at), col(ConclusionRow.id))
    )
    rows = (await session.exec(wanted)).all()
    return [id for id, versions in rows if key in versions and versions[key] < version]


async def these(
    session: AsyncSession, plan: PlanRow, ids: Collection[UUID]
) -> dict[UUID, ConclusionRow]:
    """These conclusions, by id."""
    wanted = select(ConclusionRow).where(
        col(ConclusionRow.organisation) == plan.organisation,
        col(ConclusionRow.plan) == plan.id,
        col(ConclusionRow.id).in_(list(ids)),
    )
    return {row.id: row for row in (await session.exec(wanted)).all()} if ids else {}


async def marks_of(
    session: AsyncSession, organisation: str, plan_id: UUID, ids: Collection[UUID]
) -> dict[UUID, list[MarkRow]]:
    """The marks on each of these conclusions, oldest first."""
    wanted = (
        select(MarkRow)
        .where(
            col(MarkRow.organisation) == organisation,
            col(MarkRow.plan) == plan_id,
            col(MarkRow.conclusion).in_(list(ids)),
        )
        .order_by(col(MarkRow.marked_at), col(MarkRow.kind), col(MarkRow.entry))
    )
    marks: dict[UUID, list[MarkRow]] = {id: [] for id in ids}
    for mark in (await session.exec(wanted)).all() if ids else ():
        marks[mark.conclusion].append(mark)
    return marks


async def marks_by(
    session: AsyncSession, plan: PlanRow, kind: str, entry: UUID, version: int
) -> Sequence[MarkRow]:
    """What did this version correct?"""
    wanted = (
        select(MarkRow)
        .where(
            col(MarkRow.organisation) == plan.organisation,
            col(MarkRow.plan) == plan.id,
            col(MarkRow.kind) == kind,
            col(MarkRow.entry) == entry,
            col(MarkRow.to_version) == version,
        )
        .order_by(col(MarkRow.conclusion))
    )
    return (await session.exec(wanted)).all()


async def last_heard(session: AsyncSession, plan: PlanRow) -> ConclusionRow | None:
    """What the journey of this search was told last."""
    wanted = (
        select(ConclusionRow)
        .where(
            col(ConclusionRow.organisation) == plan.organisation,
            col(ConclusionRow.plan) == plan.id,
            col(ConclusionRow.heard),
        )
        .order_by(col(ConclusionRow.concluded_at).desc())
        .limit(1)
    )
    return (await session.exec(wanted)).one_or_none()
