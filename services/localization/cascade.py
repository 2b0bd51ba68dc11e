"""A report was corrected: mark every conclusion that used it, and draw each again."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.auth import Caller
from services.chassis.conclusions import cascade
from services.chassis.conclusions.kept import as_because
from services.chassis.conclusions.plans import PlanKeeper
from services.chassis.conclusions.shown import NewerVersion
from services.localization import repository
from services.localization.drawing import BECAUSE, CHANGES, as_used, draw, what_it_is
from services.localization.stored import Affected
from services.localization.tables import ConclusionRow, EntryRow, MarkRow, PlanRow
from services.localization.versions import Version


class Keeper(PlanKeeper[EntryRow, ConclusionRow, MarkRow]):
    """The conclusions of one search, while one of its reports is corrected."""

    def __init__(
        self, session: AsyncSession, plan: PlanRow, known: list[Version], new: Version
    ) -> None:
        super().__init__(repository.ledger(session, plan.organisation, plan.id), new.received_at)
        self._session, self._plan, self._known, self._new = session, plan, known, new

    async def touched(self) -> dict[UUID, list[NewerVersion]]:
        """Which conclusions were drawn from an earlier version than this one?"""
        new = self._new
        return {
            id: [_why(new, versions[new.key])]
            for id, versions in await self.ledger.used()
            if versions.get(new.key, new.number) < new.number
        }

    async def draw_again(
        self, row: ConclusionRow, id: UUID, because: Sequence[NewerVersion]
    ) -> ConclusionRow:
        """The same conclusion from the reports that stand now."""
        plan, known = self._plan, self._known
        occasion = self.again(row, id, because)
        return draw(self._session, plan, known, as_used(row, known), row.said, occasion)


async def correct(
    session: AsyncSession, caller: Caller, plan: PlanRow, known: list[Version], new: Version
) -> None:
    """Mark what used an older version of this report; draw what stands again for its moment."""
    keeper = Keeper(session, plan, known, new)
    touched = await keeper.touched()
    await cascade.correct(session, caller, plan.id, keeper, touched, new.source)


async def affected_by(session: AsyncSession, plan: PlanRow, one: Version) -> list[Affected]:
    """Which conclusions were drawn again because of this version, and what changed?

    The answer is read from what was kept, so a repeated call hears it as well.
    """
    ledger = repository.ledger(session, plan.organisation, plan.id)
    marks = await ledger.marks_by(one.kind, one.id, one.number)
    drawn = {
        mark.redrawn: mark
        for mark in marks
        if mark.redrawn == cascade.again(mark.conclusion, one.source)
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


def _why(new: Version, used: int) -> NewerVersion:
    return NewerVersion(new.kind, new.id, what_it_is(new), used, new.number, new.status)
