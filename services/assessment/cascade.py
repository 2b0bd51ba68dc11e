"""A result was corrected: mark every conclusion that used it, and draw each again."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from sqlmodel.ext.asyncio.session import AsyncSession

from services.assessment import concluded
from services.assessment.concluded import Inputs
from services.assessment.contract import Affected, NewerVersion
from services.assessment.drawing import Occasion, as_it_stands, draw
from services.assessment.results import Results
from services.assessment.tables import AssessmentRow, MarkRow
from services.assessment.versions import Versions, newer
from services.chassis import audit
from services.chassis.auth import Caller

KIND = "ClinicalImpression"


async def correct(
    session: AsyncSession, caller: Caller, results: Results, source: UUID
) -> list[Affected]:
    """Mark what used an older version, draw it again for its own moment, say what changed."""
    drawn = await concluded.inputs_of(session, results.organisation, results.patient)
    known = await results.of({id for one in drawn for id in one.inputs})
    because = _touched(drawn, known)
    marks = await concluded.marks_of(session, results.organisation, because)
    fresh = {
        id: [one for one in whys if (one.observation, one.to_version) not in _said(marks[id])]
        for id, whys in because.items()
    }
    fresh = {id: whys for id, whys in fresh.items() if whys}
    heads = [one.id for one in drawn if one.id in fresh and not marks[one.id]]
    for id, whys in fresh.items():
        head = id if not marks[id] else marks[id][-1].redrawn
        for one in whys:
            session.add(_mark(results, id, one, source, uuid5(head, str(source))))
        audit.record(session, caller, "update", KIND, id, patient=results.patient)
    await session.flush()
    rows = await concluded.these(session, results.organisation, heads)
    return [
        await _again(session, caller, results, row, known, fresh[row.id], source) for row in rows
    ]


async def _again(
    session: AsyncSession,
    caller: Caller,
    results: Results,
    row: AssessmentRow,
    known: Versions,
    because: list[NewerVersion],
    source: UUID,
) -> Affected:
    occasion = Occasion(
        uuid5(row.id, str(source)), row.as_of, row.record, row.patient, row, because
    )
    again = await draw(session, results, occasion, as_it_stands(row, known))
    audit.record(session, caller, "create", KIND, occasion.id, patient=results.patient)
    return Affected(row.id, because, occasion.id, again.changes)


def _touched(drawn: Sequence[Inputs], known: Versions) -> dict[UUID, list[NewerVersion]]:
    """Which conclusions used what no longer stands, themselves or through one they rest on?"""
    touched = {one.id: whys for one in drawn if (whys := newer(one.inputs, known))}
    for one in drawn:  # in the order of their moments: who rests on another comes after it
        if one.rests_on in touched and one.id not in touched:
            touched[one.id] = touched[one.rests_on]
    return touched


def _said(marks: Sequence[MarkRow]) -> set[tuple[str, int]]:
    return {(one.observation, one.to_version) for one in marks}


def _mark(results: Results, id: UUID, one: NewerVersion, source: UUID, redrawn: UUID) -> MarkRow:
    return MarkRow(
        organisation=results.organisation,
        assessment=id,
        observation=one.observation,
        analyte=one.analyte,
        from_version=one.from_version,
        to_version=one.to_version,
        status=one.status,
        source=source,
        marked_at=results.now,
        redrawn=redrawn,
    )
