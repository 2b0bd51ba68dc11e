"""HTTP around conclusions: drawn for a journey, kept with what they were drawn from, marked."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.terms.obligation import Conclusion
from knowledge.terms.sent import Instant
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import Conflict, NotFound
from services.chassis.queries import OnlyKnownQueries
from services.localization import concluded, repository
from services.localization.assembling import standing
from services.localization.cascade import KIND, because_of
from services.localization.drawing import (
    CHANGES,
    Occasion,
    as_because,
    as_drawn,
    draw,
    keep_answer,
)
from services.localization.stored import AsOf, MarkOfReport, StoredConclusion
from services.localization.tables import ConclusionRow, MarkRow

router = APIRouter(
    prefix="/localization/v1/plans", tags=["localization"], route_class=OnlyKnownQueries
)


@router.put("/{plan_id}/conclusions/{conclusion_id}", response_model=Conclusion)
async def record_conclusion(
    plan_id: UUID,
    conclusion_id: UUID,
    moment: AsOf,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "u")],
) -> Conclusion:
    """Conclude from all that is known, and remember it with what it was drawn from.

    Where a report was corrected since the journey heard of us last, this conclusion says so.
    """
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    row = await concluded.find(session, caller.organisation, plan_id, conclusion_id)
    if row is not None:
        if row.as_of != moment.as_of:
            raise Conflict("this conclusion was drawn as of another moment")
        audit.record(session, caller, "read", KIND, conclusion_id, patient=plan_id)
        return Conclusion.model_validate(row.conclusion)
    plan.opened_on = plan.opened_on or moment.as_of.date()
    known = await repository.entries_of(session, plan.organisation, plan.id)
    before = await concluded.last_heard(session, plan)
    marks = [] if before is None else await _marks_on(session, before)
    occasion = Occasion(
        id=conclusion_id,
        as_of=moment.as_of,
        opened_on=plan.opened_on,
        heard=True,
        at=repository.moment_of_receipt(plan),
        supersedes=before if marks else None,
        because=[as_because(mark) for mark in marks],
    )
    row = draw(session, plan, known, standing(known), plan.body, occasion)
    keep_answer(plan, row.answer, moment.as_of)
    session.add(plan)
    audit.record(session, caller, "create", KIND, conclusion_id, patient=plan_id)
    return Conclusion.model_validate(row.conclusion)


@router.get("/{plan_id}/conclusions/{conclusion_id}", response_model=StoredConclusion)
async def read_conclusion(
    plan_id: UUID,
    conclusion_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "r")],
    as_of: Annotated[Instant | None, Query()] = None,
) -> StoredConclusion:
    """What was concluded, and why? With `as_of`: what stood in its place at that moment."""
    row = await _found(session, caller.organisation, plan_id, conclusion_id)
    if as_of is not None:
        row, marks = await _as_known(session, row, as_of)
    else:
        marks = await _marks_on(session, row)
    audit.record(session, caller, "read", KIND, conclusion_id, patient=plan_id)
    answer, conclusion = as_drawn(row)
    return StoredConclusion(
        conclusion=conclusion,
        answer=answer,
        concluded_at=row.concluded_at,
        marked=[_shown(mark) for mark in marks],
        superseded_by=marks[-1].redrawn if marks else None,
        supersedes=row.supersedes,
        because=because_of(row),
        changes=CHANGES.validate_python(row.changes),
    )


async def _found(
    session: AsyncSession, organisation: str, plan_id: UUID, id: UUID
) -> ConclusionRow:
    row = await concluded.find(session, organisation, plan_id, id)
    if row is None:
        raise NotFound("there is no such conclusion")
    return row


async def _as_known(
    session: AsyncSession, row: ConclusionRow, then: datetime
) -> tuple[ConclusionRow, list[MarkRow]]:
    """What stood in this one's place at that moment, by our clock? 404 if nothing did."""
    if row.concluded_at > then:
        raise NotFound("nothing was concluded by then")
    while True:
        marks = [mark for mark in await _marks_on(session, row) if mark.marked_at <= then]
        if not marks:
            return row, []
        row = await _found(session, row.organisation, row.plan, marks[-1].redrawn)


async def _marks_on(session: AsyncSession, row: ConclusionRow) -> list[MarkRow]:
    return (await concluded.marks_of(session, row.organisation, row.plan, [row.id]))[row.id]


def _shown(mark: MarkRow) -> MarkOfReport:
    why = as_because(mark)
    return MarkOfReport(
        why.kind, why.id, why.what, why.from_version, why.to_version, why.status, mark.marked_at
    )
