"""Something was corrected: mark every conclusion that used it, and draw each again.

A conclusion that was marked before is not drawn a second time: what stands in its place is.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, TypeVar
from uuid import UUID, uuid5

from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import audit
from services.chassis.auth import Caller
from services.chassis.conclusions.marks import Mark

KIND = "ClinicalImpression"
"""A conclusion as FHIR calls it, for the audit log."""


class Row(Protocol):
    """A conclusion that was kept."""

    id: UUID


R = TypeVar("R", bound=Row)
M = TypeVar("M", bound=Mark)
Why = TypeVar("Why")
Why_contra = TypeVar("Why_contra", contravariant=True)
Again_co = TypeVar("Again_co", covariant=True)


class Keeper(Protocol[R, M, Why_contra, Again_co]):
    """A service that keeps conclusions, while something it was told is corrected."""

    async def marks_of(self, ids: Collection[UUID]) -> Mapping[UUID, Sequence[M]]:
        """The marks on each of these, oldest first."""
        ...

    def says(self, mark: M, why: Why_contra) -> bool:
        """Does this mark tell of that correction already?"""
        ...

    def mark(self, id: UUID, why: Why_contra, redrawn: UUID) -> None:
        """Write down that this one used what no longer stands, and what stands in its place."""
        ...

    async def these(self, ids: Collection[UUID]) -> Sequence[R]:
        """These conclusions, in the order of their moments."""
        ...

    async def draw_again(self, row: R, id: UUID, because: Sequence[Why_contra]) -> Again_co:
        """The same conclusion from what stands now, under this id."""
        ...


async def correct(
    session: AsyncSession,
    caller: Caller,
    patient: UUID | str,
    keeper: Keeper[R, M, Why, Again_co],
    touched: Mapping[UUID, Sequence[Why]],
    source: str,
) -> list[Again_co]:
    """Mark each of these, draw what stands again for its own moment.

    `source` names what was told; a redrawn conclusion is called after it, so a repeat finds it.
    """
    marks = await keeper.marks_of(list(touched))
    fresh = {
        id: new
        for id, whys in touched.items()
        if (new := [why for why in whys if not any(keeper.says(one, why) for one in marks[id])])
    }
    for id, whys in fresh.items():
        head = id
        while marks.get(head):
            head = marks[head][-1].redrawn
        for why in whys:
            keeper.mark(id, why, again(head, source))
        audit.record(session, caller, "update", KIND, id, patient=patient)
    await session.flush()
    heads = [id for id in fresh if not marks[id]]
    drawn = []
    for row in await keeper.these(heads):
        id = again(row.id, source)
        drawn.append(await keeper.draw_again(row, id, fresh[row.id]))
        audit.record(session, caller, "create", KIND, id, patient=patient)
    await session.flush()
    return drawn


def again(drawn: UUID, source: str) -> UUID:
    """Under which id is this one drawn again because of that?"""
    return uuid5(drawn, source)
