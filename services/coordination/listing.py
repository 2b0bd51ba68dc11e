"""Which journeys are wanted, how many are there, and what is wrong on them? No rule is in here."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, func
from sqlmodel import col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.terms.obligation import Ladder
from services.coordination.repository import CLOSED
from services.coordination.tables import EventRow, JourneyRow, ObligationRow
from services.coordination.undelivered import RULE as UNDELIVERED
from services.coordination.upkeep_tables import StuckRow


class Filters(BaseModel):
    """Which journeys are wanted on the worklist. Closed ones only when asked for."""

    phase: str | None = None
    due_before: date | None = None
    overdue: bool | None = None
    assignee: str | None = None
    unassigned: bool | None = None
    to_review: bool | None = None
    unmapped: bool | None = None
    stalled: bool | None = None
    lost: bool | None = None
    search: str | None = None

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
        if self.unassigned:
            found.append(col(JourneyRow.assignee).is_(None))
        if self.lost:
            found.append(col(JourneyRow.lost_since).is_not(None))
        if self.search:
            found.append(_named(self.search))
        found += self._marked(organisation)
        return found

    def _marked(self, organisation: str) -> list[ColumnElement[bool]]:
        """What other rows say of a journey: asked from their side, because they are few."""
        found: list[ColumnElement[bool]] = []
        if self.to_review:
            asked = select(col(ObligationRow.journey)).where(
                col(ObligationRow.organisation) == organisation,
                col(ObligationRow.status) == "open",
                col(ObligationRow.ladder) == Ladder.CRITICAL.value,
            )
            found.append(col(JourneyRow.id).in_(asked))
        if self.unmapped:
            refused = select(col(EventRow.journey)).where(
                col(EventRow.organisation) == organisation, col(EventRow.outcome) == "refused"
            )
            found.append(col(JourneyRow.id).in_(refused))
        if self.stalled:
            stuck = select(col(StuckRow.journey)).where(col(StuckRow.organisation) == organisation)
            found.append(col(JourneyRow.id).in_(stuck))
        return found


def _named(search: str) -> ColumnElement[bool]:
    """A patient whose id begins so, or the journey of this id."""
    try:
        journey = UUID(search)
    except ValueError:
        return col(JourneyRow.patient_id).startswith(search, autoescape=True)
    return col(JourneyRow.id) == journey


async def worklist(
    session: AsyncSession,
    organisation: str,
    filters: Filters,
    now: datetime,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[JourneyRow]:
    """The queue: what has been overdue longest first, then what is due next, then the rest.

    What is riskier stands earlier, as knowledge/rules/queue.toml weighs it.
    """
    wanted = select(JourneyRow).where(*filters.conditions(organisation, now))
    if after is not None:
        wanted = wanted.where(tuple_(col(JourneyRow.priority_at), col(JourneyRow.id)) > after)
    wanted = wanted.order_by(col(JourneyRow.priority_at), col(JourneyRow.id)).limit(limit)
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


def _is_open() -> ColumnElement[bool]:
    """Open, said so that no database begins with all that is open: these are a page's journeys."""
    return func.coalesce(col(ObligationRow.status), "") == "open"


async def overdue_counts(
    session: AsyncSession, organisation: str, journeys: Sequence[UUID], now: datetime
) -> dict[UUID, int]:
    """How many things are overdue on each of these journeys?"""
    wanted = (
        select(col(ObligationRow.journey), func.count())
        .where(
            col(ObligationRow.organisation) == organisation,
            col(ObligationRow.journey).in_(journeys),
            _is_open(),
            col(ObligationRow.overdue_at) <= now,
        )
        .group_by(col(ObligationRow.journey))
    )
    return dict((await session.exec(wanted)).all())


async def failures(
    session: AsyncSession, organisation: str, journeys: Sequence[UUID]
) -> dict[UUID, tuple[int, int]]:
    """Who cannot be told, and how many events were refused, on each of these journeys?"""
    undelivered = (
        select(col(ObligationRow.journey), func.count())
        .where(
            col(ObligationRow.organisation) == organisation,
            col(ObligationRow.journey).in_(journeys),
            col(ObligationRow.rule) == UNDELIVERED,
            _is_open(),
        )
        .group_by(col(ObligationRow.journey))
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
