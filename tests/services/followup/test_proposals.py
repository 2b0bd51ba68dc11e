"""Answers to proposals over HTTP: by whom, with which reason; hard stops hold, all is kept."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.chassis.client import Refused
from services.chassis.tables import AUDIT_ENTRY
from services.chassis.tokens import TokenMint
from services.followup.client import FollowupClient
from services.followup.contract import DecisionSaid, PlanRequest, TreatmentProposal
from tests.services.followup.conftest import asking
from tests.services.followup.test_treatment import RULES, the_results

BACKGROUND = RULES["backgrounds"]["not_localized"]
NOON = "2025-01-13T12:00:00Z"


def said(answer: str, reason: str = "", at: str = "2025-01-13T13:00:00Z") -> DecisionSaid:
    """An answer to a proposal."""
    return DecisionSaid.model_validate({"answer": answer, "reason": reason, "decided_at": at})


async def a_plan(
    followup: FollowupClient, *, plan: UUID | None = None, label: str | None = "US", **results: Any
) -> tuple[UUID, TreatmentProposal]:
    """Somebody who may begin burosumab, and that proposal."""
    plan = plan or uuid4()
    drawn = the_results("2025-01-13", BACKGROUND["results"] | results)
    body = {
        "patient": BACKGROUND["patient"],
        "label_profile": label,
        "as_of": NOON,
        "history": [*BACKGROUND["events"], drawn],
    }
    answer = await followup.record_plan("north", plan, PlanRequest.model_validate(body))
    return plan, answer.dose_proposals[0]


async def refusal_of(attempt: Any) -> Refused:
    """Why it was refused."""
    with pytest.raises(Refused) as refusal:
        await attempt
    return refusal.value


async def test_a_prescriber_accepts_and_nothing_is_given_by_it(followup: FollowupClient) -> None:
    plan, proposal = await a_plan(followup)
    decided = await followup.decide_proposal("north", plan, proposal.id, said("accepted"))

    assert (decided.answer, decided.standing, decided.changed) == ("accepted", True, False)
    [decision] = decided.decisions
    assert decision.decided_by == "worker"
    assert decision.proposal == proposal
    after = await followup.read_plan("north", plan)
    assert after.dose_proposals == [proposal]
    listed = await followup.read_proposals("north", plan)
    assert {one.id: one.answer for one in listed.proposals}[proposal.id] == "accepted"


async def test_the_same_answer_twice_is_one(followup: FollowupClient) -> None:
    plan, proposal = await a_plan(followup)
    first = await followup.decide_proposal("north", plan, proposal.id, said("accepted"))
    again = await followup.decide_proposal("north", plan, proposal.id, said("accepted"))

    assert first == again


async def test_a_later_answer_takes_its_place_and_both_are_kept(followup: FollowupClient) -> None:
    plan, proposal = await a_plan(followup)
    await followup.decide_proposal("north", plan, proposal.id, said("accepted"))
    later = said("refused", "the patient is away", "2025-01-14T09:00:00Z")
    decided = await followup.decide_proposal("north", plan, proposal.id, later)
    late_repeat = await followup.decide_proposal("north", plan, proposal.id, said("accepted"))

    assert decided.answer == late_repeat.answer == "refused"
    assert [(one.number, one.answer) for one in decided.decisions] == [
        (1, "accepted"),
        (2, "refused"),
    ]


async def test_another_answer_of_the_same_time_is_a_conflict(followup: FollowupClient) -> None:
    plan, proposal = await a_plan(followup)
    await followup.decide_proposal("north", plan, proposal.id, said("accepted"))
    for other in (said("refused", "no"), said("refused", "no", "2025-01-13T12:30:00Z")):
        refused = await refusal_of(followup.decide_proposal("north", plan, proposal.id, other))
        assert refused.status == 409


async def test_a_later_answer_without_a_reason_is_refused(followup: FollowupClient) -> None:
    plan, proposal = await a_plan(followup)
    why = said("refused", "not yet")
    await followup.decide_proposal("north", plan, proposal.id, why)
    bare = said("accepted", at="2025-01-14T09:00:00Z")

    assert (
        await refusal_of(followup.decide_proposal("north", plan, proposal.id, bare))
    ).status == 422


async def test_a_refusal_says_why(http: httpx2.AsyncClient, followup: FollowupClient) -> None:
    plan, proposal = await a_plan(followup)
    path = f"/followup/v1/plans/{plan}/proposals/{proposal.id}/decision"
    refused = await http.put(
        path, json={"answer": "refused", "decided_at": "2025-01-13T13:00:00Z", "reason": "  "}
    )

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/reason"]


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ({"s_phos": 0.80}, "phosphate_not_low"),
        ({"egfr": 29}, "egfr_low"),
        ({"s_ca_adj": 3.0}, "hypercalcemia"),
    ],
)
async def test_a_hard_stop_cannot_be_overridden_with_any_reason(
    http: httpx2.AsyncClient, followup: FollowupClient, results: dict[str, Any], code: str
) -> None:
    plan, proposal = await a_plan(followup, **results)
    path = f"/followup/v1/plans/{plan}/proposals/{proposal.id}/decision"
    body = {"answer": "accepted", "reason": "I insist", "decided_at": "2025-01-13T13:00:00Z"}
    refused = await http.put(path, json=body)

    assert refused.status_code == 422
    problem = refused.json()
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/answer", code)]
    assert not any(str(value) in refused.text for value in results.values())
    taken = await followup.decide_proposal("north", plan, proposal.id, said("refused", "stopped"))
    assert taken.answer == "refused"


async def test_a_soft_stop_is_gone_past_with_a_reason_and_that_is_kept(
    followup: FollowupClient,
) -> None:
    plan, proposal = await a_plan(followup, label=None)
    assert [stop.code for stop in proposal.soft_stops] == ["no_label_profile"]
    bare = await refusal_of(followup.decide_proposal("north", plan, proposal.id, said("accepted")))
    decided = await followup.decide_proposal(
        "north", plan, proposal.id, said("accepted", "named patient")
    )

    assert bare.status == 422
    assert decided.decisions[0].overridden == ["no_label_profile"]
    assert decided.decisions[0].reason == "named patient"


async def test_what_nobody_knows_cannot_be_accepted(followup: FollowupClient) -> None:
    plan, proposal = await a_plan(followup, label="CN")
    assert proposal.dose is None
    attempt = followup.decide_proposal("north", plan, proposal.id, said("accepted", "do it"))

    assert (await refusal_of(attempt)).status == 422


async def test_what_was_answered_to_stays_when_the_proposal_changes(
    followup: FollowupClient,
) -> None:
    plan, proposal = await a_plan(followup)
    await followup.decide_proposal("north", plan, proposal.id, said("accepted"))
    heavier = PlanRequest.model_validate({"patient": {"weight_kg": 80}})
    await followup.record_plan("north", plan, heavier)
    [decided] = [
        one
        for one in (await followup.read_proposals("north", plan)).proposals
        if one.id == proposal.id
    ]

    assert (proposal.dose, decided.proposal.dose) == (Decimal(30), Decimal(40))
    assert decided.changed
    assert decided.decisions[0].proposal.dose == 30


async def test_a_day_that_passes_changes_nothing_of_what_was_accepted(
    followup: FollowupClient,
) -> None:
    plan, proposal = await a_plan(followup)
    await followup.decide_proposal("north", plan, proposal.id, said("accepted"))
    next_week = datetime(2025, 1, 20, 12, tzinfo=UTC)
    listed = await followup.read_proposals("north", plan, next_week)

    assert {one.id: one.changed for one in listed.proposals}[proposal.id] is False


async def test_what_is_not_proposed_any_more_keeps_its_answers(followup: FollowupClient) -> None:
    plan, proposal = await a_plan(followup)
    await followup.decide_proposal("north", plan, proposal.id, said("accepted"))
    gone = PlanRequest.model_validate(
        {
            "history": [
                *BACKGROUND["events"],
                the_results("2025-01-13", BACKGROUND["results"]),
                {
                    "agent": "burosumab",
                    "given_on": "2025-01-13",
                    "dose": 30,
                    "dose_unit": "mg",
                },
            ]
        }
    )
    await followup.record_plan("north", plan, gone)
    listed = {one.id: one for one in (await followup.read_proposals("north", plan)).proposals}
    late = said("refused", "too late", "2025-01-15T09:00:00Z")

    assert (listed[proposal.id].standing, listed[proposal.id].answer) == (False, "accepted")
    attempt = followup.decide_proposal("north", plan, proposal.id, late)
    assert (await refusal_of(attempt)).status == 409


async def test_a_stop_that_time_lifts_is_judged_at_the_time_of_the_answer(
    followup: FollowupClient,
) -> None:
    plan = uuid4()
    body = {
        "patient": BACKGROUND["patient"],
        "label_profile": "US",
        "as_of": "2025-01-12T12:00:00Z",
        "history": [*BACKGROUND["events"], the_results("2025-01-12", BACKGROUND["results"])],
    }
    answer = await followup.record_plan("north", plan, PlanRequest.model_validate(body))
    proposal = answer.dose_proposals[0]
    early = said("accepted", at="2025-01-12T13:00:00Z")
    refused = await refusal_of(followup.decide_proposal("north", plan, proposal.id, early))
    decided = await followup.decide_proposal("north", plan, proposal.id, said("accepted"))

    assert refused.status == 422
    assert decided.answer == "accepted"


async def test_nobody_answers_to_what_is_not_there(followup: FollowupClient) -> None:
    plan, proposal = await a_plan(followup)
    for attempt in (
        followup.decide_proposal("north", plan, uuid4(), said("accepted")),
        followup.decide_proposal("north", uuid4(), proposal.id, said("accepted")),
        followup.decide_proposal("south", plan, proposal.id, said("accepted")),
        followup.read_proposals("south", plan),
    ):
        assert (await refusal_of(attempt)).status == 404


async def test_answering_needs_its_scope(
    served: FastAPI, mint: TokenMint, followup: FollowupClient
) -> None:
    plan, proposal = await a_plan(followup)
    async with asking(served, mint, "system/CarePlan.ru") as (client, _):
        attempt = client.decide_proposal("north", plan, proposal.id, said("accepted"))
        assert (await refusal_of(attempt)).status == 403


async def test_a_stale_answer_is_refused(
    http: httpx2.AsyncClient, followup: FollowupClient
) -> None:
    plan, proposal = await a_plan(followup)
    heavier = PlanRequest.model_validate({"patient": {"weight_kg": 80}})
    await followup.record_plan("north", plan, heavier)
    path = f"/followup/v1/plans/{plan}/proposals/{proposal.id}/decision"
    body = {"answer": "accepted", "reason": "", "decided_at": "2025-01-13T13:00:00Z"}
    stale = await http.put(path, json=body, headers={"If-Match": '"1"'})
    fresh = await http.put(path, json=body, headers={"If-Match": '"2"'})
    one = await http.get(f"/followup/v1/plans/{plan}/proposals/{proposal.id}")

    assert (stale.status_code, fresh.status_code) == (412, 200)
    assert one.json() == fresh.json()


async def test_who_answered_is_remembered(served: FastAPI, followup: FollowupClient) -> None:
    plan, proposal = await a_plan(followup)
    await followup.decide_proposal("north", plan, proposal.id, said("accepted"))
    later = said("refused", "away", "2025-01-14T09:00:00Z")
    await followup.decide_proposal("north", plan, proposal.id, later)

    async with served.state.database.reading() as session:
        connection = await session.connection()
        wanted = select(AUDIT_ENTRY.c.action, AUDIT_ENTRY.c.subject).where(
            AUDIT_ENTRY.c.record_id == str(proposal.id)
        )
        rows = [tuple(row) for row in await connection.execute(wanted)]
    assert rows == [("create", "worker"), ("update", "worker")]


async def test_a_time_without_an_offset_is_refused(
    http: httpx2.AsyncClient, followup: FollowupClient
) -> None:
    plan, proposal = await a_plan(followup)
    path = f"/followup/v1/plans/{plan}/proposals/{proposal.id}/decision"
    body = {"answer": "accepted", "decided_at": "2025-01-13T13:00:00"}

    assert (await http.put(path, json=body)).status_code == 422
