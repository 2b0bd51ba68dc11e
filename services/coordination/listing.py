"""Which journeys are wanted, how many are there, and what is wrong on them? No rule is in here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, ScalarSelect, case, func, literal_column
from sqlalchemy.orm import Mapped, QueryableAttribute, aliased, load_only
from sqlmodel import col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from services.coordination.assignment_tables import AssignmentRow
from services.coordination.repository import CLOSED
from services.coordination.tables import CRITICAL, EventRow, JourneyRow, ObligationRow
from services.coordination.undelivered import RULE as UNDELIVERED
from services.coordination.upkeep_tables import StuckRow

SHOWN: tuple[QueryableAttribute[Any], ...] = tuple(
    getattr(JourneyRow, name)
    for name in (
        "id",
        "patient_id",
        "phase",
        "state",
        "assignee",
        "zone",
        "clock_ahead_seconds",
        "task",
        "next_due",
        "next_act",
        "lost_since",
        "rank_at",
        "priority_at",
        "priority_ladder",
    )
)
"""What a list shows of a journey; the rest of its row is not read for it."""


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
                col(ObligationRow.organisation) == organisation, literal_column(CRITICAL)
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


@dataclass(frozen=True, slots=True)
class Standing:
    """A journey on a list: how much is wrong on it, and who changed last who looks after it."""

    journey: JourneyRow
    overdue: int = 0
    undelivered: int = 0
    refused: int = 0
    version: int = 0
    changed_by: str | None = None
    pressing: str | None = None
    pressing_overdue_at: datetime | None = None


async def worklist(
    session: AsyncSession,
    organisation: str,
    filters: Filters,
    now: datetime,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Standing]:
    """The queue: what has been overdue longest first, then what is due next, then the rest.

    What is riskier stands earlier, as knowledge/rules/queue.toml weighs it. One question to the
    database: what is told of each journey beside its row is counted for those on the list only.
    """
    told = (
        _overdue(now),
        _undelivered(),
        _refused(),
        _assigned("version"),
        _assigned("changed_by"),
        _pressing(col(ObligationRow.act)),
        _pressing(col(ObligationRow.overdue_at)),
    )
    wanted: Select[*tuple[Any, ...]] = Select(JourneyRow, *told)
    wanted = wanted.options(load_only(*SHOWN, raiseload=True))
    wanted = wanted.where(*filters.conditions(organisation, now))
    if after is not None:
        wanted = wanted.where(tuple_(col(JourneyRow.priority_at), col(JourneyRow.id)) > after)
    wanted = wanted.order_by(col(JourneyRow.priority_at), col(JourneyRow.id)).limit(limit)
    rows = (await session.exec(wanted)).all()
    return [
        Standing(journey, overdue, undelivered, refused, version or 0, *others)
        for journey, overdue, undelivered, refused, version, *others in rows
    ]


def _of_journey(table: type[ObligationRow] | type[EventRow]) -> tuple[ColumnElement[bool], ...]:
    """Rows of the journey that the list is at."""
    return (
        col(table.organisation) == col(JourneyRow.organisation),
        col(table.journey) == col(JourneyRow.id),
    )


def _counted(
    table: type[ObligationRow] | type[EventRow], *conditions: ColumnElement[bool]
) -> ScalarSelect[int]:
    counted = select(func.count()).select_from(table).where(*_of_journey(table), *conditions)
    return counted.correlate(JourneyRow).scalar_subquery()


def _overdue(now: datetime) -> ScalarSelect[int]:
    """How many things are overdue on it?"""
    return _counted(ObligationRow, _is_open(), col(ObligationRow.overdue_at) <= now)


def _undelivered() -> ScalarSelect[int]:
    """Who cannot be told on it?"""
    return _counted(ObligationRow, col(ObligationRow.rule) == UNDELIVERED, _is_open())


def _refused() -> ScalarSelect[int]:
    """How many events were refused on it?"""
    return _counted(EventRow, col(EventRow.outcome) == "refused")


def _pressing(wanted: Mapped[Any]) -> ColumnElement[Any]:
    """Of what a risk puts earlier than its date: the first such thing, which the row is there for.

    Where the earliest by date is also what puts the journey there, nothing is looked up.
    """
    found = select(wanted).where(
        *_of_journey(ObligationRow),
        _is_open(),
        col(ObligationRow.ladder) == col(JourneyRow.priority_ladder),
    )
    first = found.order_by(col(ObligationRow.overdue_at)).limit(1)
    is_earlier = col(JourneyRow.priority_at) != col(JourneyRow.rank_at)
    return case((is_earlier, first.correlate(JourneyRow).scalar_subquery()))


def _assigned(name: str) -> ScalarSelect[object]:
    """What the last change of who looks after it says."""
    last = aliased(AssignmentRow)
    found = select(getattr(last, name)).where(
        last.organisation == col(JourneyRow.organisation), last.journey == col(JourneyRow.id)
    )
    newest = found.order_by(col(last.version).desc()).limit(1)
    return newest.correlate(JourneyRow).scalar_subquery()


async def count(session: AsyncSession, organisation: str, filters: Filters, now: datetime) -> int:
    """How many journeys would that list have?"""
    wanted = (
        select(func.count()).select_from(JourneyRow).where(*filters.conditions(organisation, now))
    )
    return (await session.exec(wanted)).one()


async def count_by_phase_and_assignee(
    session: AsyncSession, organisation: str
) -> dict[tuple[str, str | None], int]:
    """How many journeys are in each phase with each person? Answered from one index."""
    phase, assignee = col(JourneyRow.phase), col(JourneyRow.assignee)
    wanted = (
        select(phase, assignee, func.count())
        .where(col(JourneyRow.organisation) == organisation)
        .group_by(phase, assignee)
    )
    return {(row[0], row[1]): row[2] for row in (await session.exec(wanted)).all()}


async def count_by_phase(session: AsyncSession, organisation: str) -> dict[str, int]:
    """How many journeys are in each phase?"""
    found: dict[str, int] = {}
    for (phase, _), number in (await count_by_phase_and_assignee(session, organisation)).items():
        found[phase] = found.get(phase, 0) + number
    return found


async def underway(session: AsyncSession, organisation: str) -> tuple[int, datetime | None]:
    """How many events are stored and not worked off, and since when does the oldest wait?"""
    wanted = select(func.count(), func.min(col(EventRow.told_at))).where(
        col(EventRow.outcome) == "waiting", col(EventRow.organisation) == organisation
    )
    number, oldest = (await session.exec(wanted)).one()
    return number, oldest


async def journeys_by_id(
    session: AsyncSession, organisation: str, journeys: Collection[UUID]
) -> dict[UUID, JourneyRow]:
    """These journeys."""
    wanted = select(JourneyRow).where(
        col(JourneyRow.organisation) == organisation, col(JourneyRow.id).in_(journeys)
    )
    wanted = wanted.options(load_only(*SHOWN, raiseload=True))
    return {row.id: row for row in (await session.exec(wanted)).all()}


def _is_open() -> ColumnElement[bool]:
    """Open, said so that no database begins with all that is open: these are a page's journeys."""
    return func.coalesce(col(ObligationRow.status), "") == "open"
