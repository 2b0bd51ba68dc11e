"""HTTP around conclusions: drawn for a journey, kept with what they were drawn from, marked."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from knowledge.terms.obligation import Conclusion
from knowledge.terms.sent import AsOf, Instant
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.conclusions.cascade import KIND
from services.chassis.conclusions.kept import as_shown
from services.chassis.conclusions.ledger import moment_of_receipt
from services.chassis.conclusions.marks import superseded_by
from services.chassis.conclusions.plans import asked_by_the_journey
from services.chassis.database import InTransaction
from services.followup import repository
from services.followup.cascade import because_of
from services.followup.days import day_there
from services.followup.drawing import CHANGES, as_drawn, draw, keep_answer
from services.followup.proposals import asked_before
from services.followup.stored import StoredConclusion
from services.followup.versions import results_of, standing

router = APIRouter(prefix="/followup/v1/plans", tags=["followup"])


@router.put("/{plan_id}/conclusions/{conclusion_id}", response_model=Conclusion)
async def record_conclusion(
    plan_id: UUID,
    conclusion_id: UUID,
    moment: AsOf,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "u")],
) -> Conclusion:
    """Conclude from all that is known, and remember it with what it was drawn from.

    Where something was corrected since the journey heard of us last, this conclusion says so.
    """
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    ledger = repository.ledger(session, caller.organisation, plan_id)
    row = await ledger.drawn_before(conclusion_id, moment.as_of)
    if row is not None:
        audit.record(session, caller, "read", KIND, conclusion_id, patient=plan_id)
        return Conclusion.model_validate(row.conclusion)
    if "opened_on" not in plan.body:
        opened_on = day_there(moment.as_of, plan.body.get("zone"))
        plan.body = plan.body | {"opened_on": opened_on.isoformat()}
    known = await ledger.versions()
    now = moment_of_receipt(plan)
    before = await ledger.last_heard(moment.last_heard)
    occasion = await asked_by_the_journey(ledger, conclusion_id, moment.as_of, before, now)
    used, results = standing(known), results_of(plan_id, known)
    asked = await asked_before(session, plan, before, corrected=bool(occasion.because))
    row = draw(session, plan, used, results, plan.body, occasion, asked)
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
    ledger = repository.ledger(session, caller.organisation, plan_id)
    row, marks = await ledger.read(conclusion_id, as_of)
    audit.record(session, caller, "read", KIND, conclusion_id, patient=plan_id)
    answer, conclusion = as_drawn(row)
    return StoredConclusion(
        conclusion=conclusion,
        answer=answer,
        concluded_at=row.concluded_at,
        marked=[as_shown(mark) for mark in marks],
        superseded_by=superseded_by(marks),
        supersedes=row.supersedes,
        because=because_of(row),
        changes=CHANGES.validate_python(row.changes),
    )
