"""Answers to proposals: by whom, when, with which reason. Kept for ever; nothing acts on them.

The same answer twice is one. Another answer is a later one: it needs a later time and a reason,
takes the place of the former, and both are kept.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge import shelf
from knowledge.edition import KNOWLEDGE_VERSION
from knowledge.terms.obligation import Conclusion
from services.chassis.auth import Caller
from services.chassis.conclusions.ledger import moment_of_receipt
from services.chassis.errors import Conflict, FieldProblem, NotFound, Unprocessable
from services.followup.asking import Answered, Before
from services.followup.contract import (
    DecidedProposal,
    DecisionSaid,
    FollowUp,
    Halt,
    ProposalDecision,
    TreatmentProposal,
)
from services.followup.tables import ConclusionRow, PlanRow, ProposalDecisionRow

WHAT_IS_PROPOSED = frozenset(
    (
        *("kind", "agent", "dose", "dose_low", "dose_high", "dose_unit", "every_days"),
        "doses_per_day",
    )
)
"""If one of these is another, it is not what was answered to."""


async def decisions_of(
    session: AsyncSession, plan: PlanRow, proposal_id: UUID | None = None
) -> list[ProposalDecisionRow]:
    """Every answer to a proposal, or to any of the plan, oldest first."""
    row = ProposalDecisionRow
    wanted = select(row).where(col(row.organisation) == plan.organisation, col(row.plan) == plan.id)
    if proposal_id is not None:
        wanted = wanted.where(col(row.proposal) == proposal_id)
    ordered = wanted.order_by(col(row.received_at), col(row.proposal), col(row.number))
    return list((await session.exec(ordered)).all())


async def asked_before(
    session: AsyncSession,
    plan: PlanRow,
    last: ConclusionRow | None,
    *,
    known_at: datetime | None = None,
    corrected: bool = True,
) -> Before:
    """What was asked when this was concluded, and answered since (or by `known_at`)?"""
    rows = await decisions_of(session, plan)
    known = [row for row in rows if known_at is None or row.received_at <= known_at]
    asked = () if last is None else asked_in(last).asked
    return Before(answered(known), asked, corrected)


def asked_in(conclusion: ConclusionRow) -> Before:
    """What a prescriber was asked in this conclusion."""
    return Before(asked=Conclusion.model_validate(conclusion.conclusion).obligations)


def answered(known: Iterable[ProposalDecisionRow]) -> list[Answered]:
    """The answers as the rules read them."""
    return [
        Answered(
            TreatmentProposal.model_validate(row.proposed),
            "accepted" if row.answer == "accepted" else "refused",
        )
        for row in known
    ]


def proposed_in(answer: FollowUp) -> dict[UUID, TreatmentProposal]:
    """Everything that an answer proposes, by its id."""
    return {one.id: one for one in (*answer.treatment_proposals, *answer.dose_proposals)}


def repeated(
    known: Iterable[ProposalDecisionRow], said: DecisionSaid, caller: Caller
) -> ProposalDecisionRow | None:
    """Has this person said just this before? Then this is that answer."""
    this = (said.answer, said.reason, said.decided_at, caller.subject)
    return next(
        (r for r in known if (r.answer, r.reason, r.decided_at, r.decided_by) == this), None
    )


def decide(
    plan: PlanRow,
    proposal_id: UUID,
    standing: TreatmentProposal | None,
    known: Sequence[ProposalDecisionRow],
    said: DecisionSaid,
    caller: Caller,
) -> ProposalDecisionRow:
    """This answer as it will be kept; or a refusal of it, with the reason."""
    if standing is None:
        if not known:
            raise NotFound("there is no such proposal")
        raise Conflict("this is not proposed any more; its answers stay as they are")
    if known and said.decided_at <= known[-1].decided_at:
        raise Conflict("this proposal has an answer of that time or later")
    _expect_acceptable(standing, said, is_another=bool(known))
    soft = standing.soft_stops if said.answer == "accepted" else []
    return ProposalDecisionRow(
        organisation=plan.organisation,
        plan=plan.id,
        proposal=proposal_id,
        number=len(known) + 1,
        answer=said.answer,
        reason=said.reason,
        decided_at=said.decided_at,
        decided_by=caller.subject,
        decided_by_name=caller.display,
        received_at=moment_of_receipt(plan),
        overridden=[stop.code for stop in soft],
        proposed=standing.model_dump(mode="json"),
        knowledge_version=KNOWLEDGE_VERSION,
    )


def _expect_acceptable(
    standing: TreatmentProposal, said: DecisionSaid, *, is_another: bool
) -> None:
    """A hard stop is never overridden; whatever departs from the proposal needs a reason."""
    accepted = said.answer == "accepted"
    if accepted and standing.hard_stops:
        raise Unprocessable(
            "a hard stop cannot be overridden",
            errors=[_problem("/answer", stop) for stop in standing.hard_stops],
        )
    if accepted and standing.missing:
        raise Unprocessable(
            "what is missing has to be known first",
            errors=[
                FieldProblem(pointer="/answer", code="missing", detail=name)
                for name in standing.missing
            ],
        )
    if said.reason.strip():
        return
    if accepted and standing.soft_stops:
        raise Unprocessable(
            "this goes past a warning and needs a reason",
            errors=[_problem("/reason", stop) for stop in standing.soft_stops],
        )
    if not accepted or is_another:
        detail = "say why" if not accepted else "another answer than before: say why"
        problem = FieldProblem(pointer="/reason", code="missing", detail=detail)
        raise Unprocessable("a reason is needed", errors=[problem])


def _problem(pointer: str, stop: Halt) -> FieldProblem:
    """The stop in the words of its rule; what was measured stays with the proposal."""
    said = f"{stop.rule}: {shelf.rules()[stop.rule].conclusion}"
    return FieldProblem(pointer=pointer, code=stop.code, detail=said)


def shown(
    standing: TreatmentProposal | None, known: Sequence[ProposalDecisionRow]
) -> DecidedProposal:
    """A proposal with every answer to it."""
    decisions = [_decision(row) for row in known]
    last = decisions[-1] if decisions else None
    proposal = standing or (last.proposal if last else None)
    if proposal is None:
        raise NotFound("there is no such proposal")
    same = last is None or standing is None or _essence(standing) == _essence(last.proposal)
    return DecidedProposal(
        id=proposal.id,
        proposal=proposal,
        standing=standing is not None,
        changed=not same,
        answer=last.answer if last else "open",
        decisions=decisions,
    )


def _decision(row: ProposalDecisionRow) -> ProposalDecision:
    return ProposalDecision.model_validate(
        {**row.model_dump(), "proposal": row.proposed},
    )


def _essence(proposal: TreatmentProposal) -> str:
    return proposal.model_dump_json(include=set(WHAT_IS_PROPOSED))
