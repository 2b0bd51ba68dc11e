"""A result, an operation or a drug was corrected: mark what used it, and draw it again."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.auth import Caller
from services.chassis.conclusions import cascade
from services.chassis.conclusions.plans import PlanKeeper
from services.chassis.conclusions.shown import NewerVersion
from services.followup import repository
from services.followup.drawing import BECAUSE, CHANGES, as_used, draw
from services.followup.proposals import asked_before
from services.followup.stored import Affected
from services.followup.tables import ConclusionRow, EntryRow, MarkRow, PlanRow
from services.followup.versions import Result, Results, Version, newest, standing


class Keeper(PlanKeeper[EntryRow, ConclusionRow, MarkRow]):
    """The conclusions of one plan, while something it was told is corrected."""

    def __init__(
        self,
        session: AsyncSession,
        plan: PlanRow,
        known: list[Version],
        results: Results,
        new: Version,
    ) -> None:
        super().__init__(repository.ledger(session, plan.organisation, plan.id), new.received_at)
        self._session, self._plan, self._new = session, plan, new
        self._known, self._results = known, results

    async def touched(self) -> dict[UUID, list[NewerVersion]]:
        """Which conclusions used what stands in another version now, and what of it?"""
        stands: dict[str, Version | Result] = {one.key: one for one in standing(self._known)}
        stands |= {(one := newest(told)).key: one for told in self._results.values()}
        found = {}
        for id, versions in await self.ledger.used():
            whys = [
                _why(now, number)
                for key, number in versions.items()
                if (now := stands.get(key)) is not None and now.number > number
            ]
            if whys:
                found[id] = whys
        return found

    async def draw_again(
        self, row: ConclusionRow, id: UUID, because: Sequence[NewerVersion]
    ) -> ConclusionRow:
        """The same conclusion from what stands now, for its own moment."""
        occasion = self.again(row, id, because)
        used = as_used(row, self._known)
        asked = await asked_before(self._session, self._plan, row, known_at=row.concluded_at)
        return draw(self._session, self._plan, used, self._results, row.said, occasion, asked)


async def correct(
    session: AsyncSession,
    caller: Caller,
    plan: PlanRow,
    known: list[Version],
    results: Results,
    new: Version,
) -> None:
    """Mark what used an older version of anything in this event; draw what stands again."""
    keeper = Keeper(session, plan, known, results, new)
    touched = await keeper.touched()
    await cascade.correct(session, caller, plan.id, keeper, touched, new.source)


async def affected_by(session: AsyncSession, plan: PlanRow, one: Version) -> list[Affected]:
    """Which conclusions were drawn again because of this version, and what changed?

    The answer is read from what was kept, so a repeated call hears it as well.
    """
    ledger = repository.ledger(session, plan.organisation, plan.id)
    names = [cascade.again(id, one.source) for id, _ in await ledger.used()]
    return [
        Affected(row.supersedes, because_of(row), row.id, CHANGES.validate_python(row.changes))
        for row in await ledger.these(names)
        if row.supersedes is not None
    ]


def because_of(row: ConclusionRow) -> list[NewerVersion]:
    """Why was this one drawn?"""
    return BECAUSE.validate_python(row.because)


def _why(now: Version | Result, used: int) -> NewerVersion:
    kind = now.kind if isinstance(now, Version) else "observation"
    what = kind if isinstance(now, Version) else now.what
    return NewerVersion(kind, now.id, what, used, now.number, now.status)
