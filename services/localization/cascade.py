"""A report was corrected: mark every conclusion that used it, and draw each again."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.auth import Caller
from services.chassis.conclusions import cascade
from services.chassis.conclusions.kept import as_because
from services.chassis.conclusions.shown import NewerVersion
from services.localization import repository
from services.localization.drawing import (
    BECAUSE,
    CHANGES,
    Occasion,
    as_used,
    draw,
    what_it_is,
)
from services.localization.stored import Affected
from services.localization.tables import ConclusionRow, MarkRow, PlanRow
from services.localization.versions import Version


class Keeper:
    """The conclusions of one search, while one of its reports is corrected."""

    def __init__(
        self, session: AsyncSession, plan: PlanRow, known: list[Version], new: Version
    ) -> None:
        self._session, self._plan, self._known, self._new = session, plan, known, new
        self._ledger = repository.ledger(session, plan.organisation, plan.id)
        self.these = self._ledger.these

    async def touched(self) -> dict[UUID, list[NewerVersion]]:
        """Which conclusions were drawn from an earlier version than this one?"""
        new = self._new
        return {
            id: [_why(new, versions[new.key])]
            for id, versions in await self._ledger.used()
            if versions.get(new.key, new.number) < new.number
        }

    async def marks_of(self, ids: Collection[UUID]) -> dict[UUID, list[MarkRow]]:
        """The marks on each of these, oldest first."""
        return await self._ledger.marks_of(ids)

    def says(self, mark: MarkRow, why: NewerVersion) -> bool:
        """Does this mark tell of that correction already?"""
        return (mark.kind, mark.entry, mark.to_version) == (why.kind, why.id, why.to_version)

    def mark(self, id: UUID, why: NewerVersion, redrawn: UUID) -> None:
        """This one used what no longer stands."""
        self._ledger.mark(id, why, redrawn, self._new.received_at)

    async def draw_again(
        self, row: ConclusionRow, id: UUID, because: Sequence[NewerVersion]
    ) -> ConclusionRow:
        """The same conclusion from the reports that stand now."""
        plan, known = self._plan, self._known
        occasion = Occasion(
            id=id,
            as_of=row.as_of,
            opened_on=plan.opened_on or row.as_of.date(),
            heard=False,
            at=self._new.received_at,
            supersedes=row,
            because=list(because),
        )
        return draw(self._session, plan, known, as_used(row, known), row.said, occasion)


async def correct(
    session: AsyncSession, caller: Caller, plan: PlanRow, known: list[Version], new: Version
) -> None:
    """Mark what used an older version of this report; draw what stands again for its moment."""
    keeper = Keeper(session, plan, known, new)
    touched = await keeper.touched()
    await cascade.correct(session, caller, plan.id, keeper, touched, _source(new))


async def affected_by(session: AsyncSession, plan: PlanRow, one: Version) -> list[Affected]:
    """Which conclusions were drawn again because of this version, and what changed?

    The answer is read from what was kept, so a repeated call hears it as well.
    """
    ledger = repository.ledger(session, plan.organisation, plan.id)
    marks = await ledger.marks_by(one.kind, one.id, one.number)
    drawn = {
        mark.redrawn: mark
        for mark in marks
        if mark.redrawn == cascade.again(mark.conclusion, _source(one))
    }
    return [
        Affected(
            drawn[row.id].conclusion,
            [as_because(drawn[row.id])],
            row.id,
            CHANGES.validate_python(row.changes),
        )
        for row in await ledger.these(drawn)
    ]


def because_of(row: ConclusionRow) -> list[NewerVersion]:
    """Why was this one drawn?"""
    return BECAUSE.validate_python(row.because)


def _source(new: Version) -> str:
    return f"{new.key}/{new.number}"


def _why(new: Version, used: int) -> NewerVersion:
    return NewerVersion(new.kind, new.id, what_it_is(new), used, new.number, new.status)
