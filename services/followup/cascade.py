"""A result, an operation or a drug was corrected: mark what used it, and draw it again."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.auth import Caller
from services.chassis.conclusions import cascade
from services.chassis.conclusions.shown import NewerVersion
from services.followup import repository
from services.followup.drawing import BECAUSE, CHANGES, Occasion, as_used, draw
from services.followup.stored import Affected
from services.followup.tables import ConclusionRow, MarkRow, PlanRow
from services.followup.versions import Result, Results, Version, newest, standing


class Keeper:
    """The conclusions of one plan, while something it was told is corrected."""

    def __init__(
        self,
        session: AsyncSession,
        plan: PlanRow,
        known: list[Version],
        results: Results,
        new: Version,
    ) -> None:
        self._session, self._plan, self._new = session, plan, new
        self._known, self._results = known, results
        self._ledger = repository.ledger(session, plan.organisation, plan.id)
        self.these = self._ledger.these

    async def touched(self) -> dict[UUID, list[NewerVersion]]:
        """Which conclusions used what stands in another version now, and what of it?"""
        stands: dict[str, Version | Result] = {one.key: one for one in standing(self._known)}
        stands |= {(one := newest(told)).key: one for told in self._results.values()}
        found = {}
        for id, versions in await self._ledger.used():
            whys = [
                _why(now, number)
                for key, number in versions.items()
                if (now := stands.get(key)) is not None and now.number > number
            ]
            if whys:
                found[id] = whys
        return found

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
        """The same conclusion from what stands now, for its own moment."""
        occasion = Occasion(
            id=id,
            as_of=row.as_of,
            heard=False,
            at=self._new.received_at,
            supersedes=row,
            because=list(because),
        )
        used = as_used(row, self._known)
        return draw(self._session, self._plan, used, self._results, row.said, occasion)


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
    await cascade.correct(session, caller, plan.id, keeper, touched, _source(new))


async def affected_by(session: AsyncSession, plan: PlanRow, one: Version) -> list[Affected]:
    """Which conclusions were drawn again because of this version, and what changed?

    The answer is read from what was kept, so a repeated call hears it as well.
    """
    ledger = repository.ledger(session, plan.organisation, plan.id)
    names = [cascade.again(id, _source(one)) for id, _ in await ledger.used()]
    return [
        Affected(row.supersedes, because_of(row), row.id, CHANGES.validate_python(row.changes))
        for row in await ledger.these(names)
        if row.supersedes is not None
    ]


def because_of(row: ConclusionRow) -> list[NewerVersion]:
    """Why was this one drawn?"""
    return BECAUSE.validate_python(row.because)


def _source(new: Version) -> str:
    return f"{new.key}/{new.number}"


def _why(now: Version | Result, used: int) -> NewerVersion:
    kind = now.kind if isinstance(now, Version) else "observation"
    what = kind if isinstance(now, Version) else now.what
    return NewerVersion(kind, now.id, what, used, now.number, now.status)
