"""A result was corrected: mark every conclusion that used it, and draw each again."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.assessment import concluded
from services.assessment.concluded import Inputs
from services.assessment.contract import Affected, NewerVersion
from services.assessment.drawing import Occasion, as_it_stands, draw
from services.assessment.results import Results
from services.assessment.tables import AssessmentRow, MarkRow
from services.assessment.versions import Versions, newer
from services.chassis.auth import Caller
from services.chassis.conclusions import cascade
from services.chassis.conclusions.cascade import KIND

__all__ = ["KIND", "correct"]


class Keeper:
    """The conclusions about one patient, while results of theirs are corrected."""

    def __init__(
        self, session: AsyncSession, results: Results, known: Versions, source: UUID
    ) -> None:
        self._session, self._results = session, results
        self._known, self._source = known, source

    async def marks_of(self, ids: Collection[UUID]) -> dict[UUID, list[MarkRow]]:
        """The marks on each of these, oldest first."""
        return await concluded.marks_of(self._session, self._results.organisation, ids)

    def says(self, mark: MarkRow, why: NewerVersion) -> bool:
        """Does this mark tell of that correction already?"""
        return (mark.observation, mark.to_version) == (why.observation, why.to_version)

    def mark(self, id: UUID, why: NewerVersion, redrawn: UUID) -> None:
        """This one used what no longer stands."""
        self._session.add(
            MarkRow(
                organisation=self._results.organisation,
                assessment=id,
                observation=why.observation,
                analyte=why.analyte,
                from_version=why.from_version,
                to_version=why.to_version,
                status=why.status,
                source=self._source,
                marked_at=self._results.now,
                redrawn=redrawn,
            )
        )

    async def these(self, ids: Collection[UUID]) -> list[AssessmentRow]:
        """These conclusions, in the order of their moments."""
        return await concluded.these(self._session, self._results.organisation, ids)

    async def draw_again(
        self, row: AssessmentRow, id: UUID, because: Sequence[NewerVersion]
    ) -> Affected:
        """The same conclusion from the results that stand now."""
        occasion = Occasion(id, row.as_of, row.record, row.patient, row, list(because))
        request = as_it_stands(row, self._known)
        again = await draw(self._session, self._results, occasion, request)
        return Affected(row.id, list(because), id, again.changes)


async def correct(
    session: AsyncSession, caller: Caller, results: Results, source: UUID
) -> list[Affected]:
    """Mark what used an older version, draw it again for its own moment, say what changed."""
    drawn = await concluded.inputs_of(session, results.organisation, results.patient)
    known = await results.of({id for one in drawn for id in one.inputs})
    keeper = Keeper(session, results, known, source)
    because = _touched(drawn, known)
    return await cascade.correct(session, caller, results.patient, keeper, because, str(source))


def _touched(drawn: Sequence[Inputs], known: Versions) -> dict[UUID, list[NewerVersion]]:
    """Which conclusions used what no longer stands, themselves or through one they rest on?"""
    touched = {one.id: whys for one in drawn if (whys := newer(one.inputs, known))}
    for one in drawn:  # in the order of their moments: who rests on another comes after it
        if one.rests_on in touched and one.id not in touched:
            touched[one.id] = touched[one.rests_on]
    return touched
