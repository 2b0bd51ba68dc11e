"""Conclusions about a plan: why one is drawn, and how they are kept while a plan is corrected."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from services.chassis.conclusions.kept import KeptConclusion, KeptMark, KeptVersion, as_because
from services.chassis.conclusions.ledger import Ledger
from services.chassis.conclusions.shown import NewerVersion

E = TypeVar("E", bound=KeptVersion)
C = TypeVar("C", bound=KeptConclusion)
M = TypeVar("M", bound=KeptMark)


@dataclass(slots=True)
class Occasion(Generic[C]):
    """Why a conclusion is drawn: under which id, for which moment, in place of which other one.

    `heard`: a journey is told this one. `at` is now, by our own clock.
    """

    id: UUID
    as_of: datetime
    heard: bool
    at: datetime
    supersedes: C | None = None
    because: list[NewerVersion] = field(default_factory=list)

    @property
    def corrected(self) -> tuple[str, ...]:
        """What was told again, as a journey hears it: codes."""
        return tuple(dict.fromkeys(f"{one.what}:{one.status}" for one in self.because))


async def asked_by_the_journey(
    ledger: Ledger[E, C, M], id: UUID, as_of: datetime, before: C | None, at: datetime
) -> Occasion[C]:
    """The next conclusion a journey hears; it says what was corrected since the one before."""
    marks = [] if before is None else await ledger.marks_on(before)
    return Occasion(
        id=id,
        as_of=as_of,
        heard=True,
        at=at,
        supersedes=before if marks else None,
        because=[as_because(mark) for mark in marks],
    )


class PlanKeeper(Generic[E, C, M]):
    """The conclusions of one plan, while something it was told at this moment is corrected."""

    def __init__(self, ledger: Ledger[E, C, M], at: datetime) -> None:
        self.ledger, self.at = ledger, at
        self.these = ledger.these

    async def marks_of(self, ids: Collection[UUID]) -> dict[UUID, list[M]]:
        """The marks on each of these, oldest first."""
        return await self.ledger.marks_of(ids)

    def says(self, mark: M, why: NewerVersion) -> bool:
        """Does this mark tell of that correction already?"""
        return (mark.kind, mark.entry, mark.to_version) == (why.kind, why.id, why.to_version)

    def mark(self, id: UUID, why: NewerVersion, redrawn: UUID) -> None:
        """This one used what no longer stands."""
        self.ledger.mark(id, why, redrawn, self.at)

    def again(self, row: C, id: UUID, because: Collection[NewerVersion]) -> Occasion[C]:
        """The same conclusion, for its own moment, from what stands now."""
        return Occasion(
            id=id,
            as_of=row.as_of,
            heard=False,
            at=self.at,
            supersedes=row,
            because=list(because),
        )
