"""Which journeys are wanted, how many are there, and what is wrong on them? No rule is in here."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, func
from sqlmodel import col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from services.coordination.repository import CLOSED
from services.coordination.tables import DeliveryRow, EventRow, JourneyRow, ObligationRow


class Filters(BaseModel):
    """Which journeys are wanted on the worklist. Closed ones only when asked for."""

    phase: str | None = None
    due_before: date | None = None
    overdue: bool | None = None
    assignee: str | None = None

    def conditions(self, organisation: str, now: datetime) -> list[ColumnElement[bool]]:
        """The same, as the database reads it."""
        found: list[ColumnElement[bool]] = [col(JourneyRow.organisation) == organisation]
        if self.phase is None:
            found.append(col(JourneyRow.phase) != CLOSED)
        else:
            found.append(col(JourneyRow.phase) == self.phase)
        if self.due_before is not None:
            found.append(col(JourneyRow.next_due) < self.due_before)
        if self.overdue is not None:
            is_overdue = col(JourneyRow.rank_at) <= now
            found.append(is_overdue if self.overdue else ~is_overdue)
        if self.assignee is not None:
            found.append(col(JourneyRow.assignee) == self.assignee)
        return found


async def worklist(
    session: AsyncSession,
    organisation: str,
    filters: Filters,
    now: datetime,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[JourneyRow]:
    """The queue: what has been overdue longest first, then what is due next, then the rest."""
    wanted = select(JourneyRow).where(*filters.conditions(organisation, now))
    if after is not None:
        wanted = wanted.where(tuple_(col(JourneyRow.rank_at), col(JourneyRow.id)) > after)
    wanted = wanted.order_by(col(JourneyRow.rank_at), col(JourneyRow.id)).limit(limit)
    return list((await session.exec(wanted)).all())


async def count(session: AsyncSession, organisation: str, filters: Filters, now: datetime) -> int:
    """How many journeys would that list have?"""
    wanted = (
        select(func.count()).select_from(JourneyRow).where(*filters.conditions(organisation, now))
    )
    return (await session.exec(wanted)).one()


async def count_by_phase(session: AsyncSession, organisation: str) -> dict[str, int]:
    """How many journeys are in each phase?"""
    wanted = (
        select(col(JourneyRow.phase), func.count())
        .where(col(JourneyRow.organisation) == organisation)
        .group_by(col(JourneyRow.phase))
    )
    return dict((await session.exec(wanted)).all())


async def journeys_by_id(
    session: AsyncSession, organisation: str, journeys: Collection[UUID]
) -> dict[UUID, JourneyRow]:
    """These journeys."""
    wanted = select(JourneyRow).where(
        col(JourneyRow.organisation) == organisation, col(JourneyRow.id).in_(journeys)
    )
    return {row.id: row for row in (await session.exec(wanted)).all()}


async def overdue_counts(
    session: AsyncSession, organisation: str, journeys: Sequence[UUID], now: datetime
) -> dict[UUID, int]:
    """How many things are overdue on each of these journeys?"""
    wanted = (
        select(col(ObligationRow.journey), func.count())
        .where(
            col(ObligationRow.organisation) == organisation,
            col(ObligationRow.journey).in_(journeys),
            col(ObligationRow.status) == "open",
            col(ObligationRow.overdue_at) <= now,
        )
        .group_by(col(ObligationRow.journey))
    )
    return dict((await session.exec(wanted)).all())


async def failures(
    session: AsyncSession, organisation: str, journeys: Sequence[UUID]
) -> dict[UUID, tuple[int, int]]:
    """How many deliveries failed, and how many events were refused, on each of these journeys?"""
    undelivered = (
        select(col(DeliveryRow.journey), func.count())
        .where(
            col(DeliveryRow.organisation) == organisation,
            col(DeliveryRow.journey).in_(journeys),
            col(DeliveryRow.status) == "failed",
        )
        .group_by(col(DeliveryRow.journey))
    )
    refused = (
        select(col(EventRow.journey), func.count())
        .where(
            col(EventRow.organisation) == organisation,
            col(EventRow.journey).in_(journeys),
            col(EventRow.outcome) == "refused",
        )
        .group_by(col(EventRow.journey))
    )
    failed = dict((await session.exec(undelivered)).all())
    declined = dict((await session.exec(refused)).all())
    return {id: (failed.get(id, 0), declined.get(id, 0)) for id in failed | declined}
