"""HTTP around proposals: what is proposed, and what a person answers to it."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request
from pydantic import AwareDatetime

from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import Forbidden, NotFound
from services.chassis.etags import IfMatch
from services.followup import proposals, repository
from services.followup.contract import (
    DecidedProposal,
    DecisionSaid,
    ProposalList,
    TreatmentProposal,
)
from services.followup.follow_up import follow_up
from services.followup.journeys import Journeys, ending
from services.followup.tables import PlanRow, ProposalDecisionRow

router = APIRouter(prefix="/followup/v1/plans", tags=["followup"])
REQUEST = "MedicationRequest"


@router.get("/{plan_id}/proposals", response_model=ProposalList)
async def read_proposals(
    plan_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "r")],
    as_of: AwareDatetime | None = None,
) -> ProposalList:
    """What is proposed, and what was ever answered to? As of the last answer, or another moment."""
    plan = await _plan(session, caller, plan_id)
    moment = as_of or plan.as_of
    standing = await _standing(session, plan, moment)
    known = await proposals.decisions_of(session, plan)
    audit.record(session, caller, "read", REQUEST, plan_id, patient=plan_id)
    ids = dict.fromkeys((*standing, *(row.proposal for row in known)))
    return ProposalList(
        as_of=moment,
        proposals=[
            proposals.shown(standing.get(id), [row for row in known if row.proposal == id])
            for id in ids
        ],
    )


@router.get("/{plan_id}/proposals/{proposal_id}", response_model=DecidedProposal)
async def read_proposal(
    plan_id: UUID,
    proposal_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("CarePlan", "r")],
) -> DecidedProposal:
    """One proposal with every answer to it."""
    plan = await _plan(session, caller, plan_id)
    standing = await _standing(session, plan, plan.as_of)
    known = await proposals.decisions_of(session, plan, proposal_id)
    found = proposals.shown(standing.get(proposal_id), known)
    audit.record(session, caller, "read", REQUEST, proposal_id, patient=plan_id)
    return found


@router.put("/{plan_id}/proposals/{proposal_id}/decision", response_model=DecidedProposal)
async def decide_proposal(
    plan_id: UUID,
    proposal_id: UUID,
    said: DecisionSaid,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    expected: IfMatch,
    caller: Annotated[Caller, requires("CarePlan", "u")],
) -> DecidedProposal:
    """Accept or refuse, with a reason. Nothing is given by it. Safe to repeat.

    Another answer takes the place of the former if it is later and says why; a hard stop cannot be
    gone past, a soft one with a reason. The journey hears that what it was asked has ended.
    """
    if not caller.may(REQUEST, "c"):
        raise Forbidden(f"this needs the scope user/{REQUEST}.c")
    await _plan(session, caller, plan_id)
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    known = await proposals.decisions_of(session, plan, proposal_id)
    moment = max(said.decided_at, plan.as_of or said.decided_at)
    standing = (await _standing(session, plan, moment)).get(proposal_id)
    if (same := proposals.repeated(known, said, caller)) is not None:
        await _tell_the_journey(request, after, session, plan, known, same)
        return proposals.shown(standing, known)
    expected.check(plan.version or None)
    decision = proposals.decide(plan, proposal_id, standing, known, said, caller)
    session.add(decision)
    action: audit.Action = "update" if known else "create"
    audit.record(session, caller, action, REQUEST, proposal_id, patient=plan_id)
    known = [*known, decision]
    await _tell_the_journey(request, after, session, plan, known, decision)
    return proposals.shown(standing, known)


async def _tell_the_journey(
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    plan: PlanRow,
    known: list[ProposalDecisionRow],
    decision: ProposalDecisionRow,
) -> None:
    """Once this is kept, and if it was asked for. The same answer told again is told again."""
    heard = await repository.ledger(session, plan.organisation, plan.id).last_heard()
    if heard is None:
        return
    event = ending(known, decision, proposals.asked_in(heard))
    if event is not None:
        journeys: Journeys = request.app.state.journeys
        after.add_task(journeys.tell, plan.organisation, plan.id, event)


async def _plan(session: InTransaction, caller: Caller, plan_id: UUID) -> PlanRow:
    plan = await repository.find_plan(session, caller.organisation, plan_id)
    if plan is None:
        raise NotFound("there is no such plan")
    return plan


async def _standing(
    session: InTransaction, plan: PlanRow, moment: datetime | None
) -> dict[UUID, TreatmentProposal]:
    """What is proposed as of this moment, from all that is known."""
    request = await repository.request_of(session, plan)
    return proposals.proposed_in(follow_up(request, moment or datetime.now(UTC), plan.id))
