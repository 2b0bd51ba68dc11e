"""Answers to proposals over HTTP: by whom, with which reason; hard stops hold, all is kept."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from knowledge.terms.obligation import Obligation
from services.chassis.client import Refused, ServiceClient
from services.chassis.tables import AUDIT_ENTRY
from services.chassis.tokens import TokenMint
from services.coordination.contract import Event
from services.followup.asking import ACT
from services.followup.client import FollowupClient
from services.followup.contract import (
    AsOf,
    DecisionSaid,
    EventBody,
    PlanRequest,
    TreatmentProposal,
)
from services.followup.journeys import Journeys
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
    details = " ".join([problem["detail"], *(error["detail"] for error in problem["errors"])])
    assert not any(str(value) in details for value in results.values())
    taken = await followup.decide_proposal("north", plan, proposal.id, said("refused", "stopped"))
    assert taken.answer == "refused"


@pytest.mark.parametrize(
    ("background", "results", "kind", "code"),
    [
        ("untreated", {"s_ca_adj": 3.6, "s_pth": 32, "egfr": 15}, "start", "hypercalcemia"),
        ("untreated", {"s_ca_adj": 2.8, "s_pth": 32}, "start", "tertiary_hyperparathyroidism"),
        ("untreated", {"s_phos": 1.8}, "start", "phosphate_high"),
        ("eu_course", {"order": 140}, "order", "above_per_kg_max"),
    ],
)
async def test_what_a_review_from_outside_could_accept_is_refused(
    http: httpx2.AsyncClient,
    followup: FollowupClient,
    background: str,
    results: dict[str, Any],
    kind: str,
    code: str,
) -> None:
    said_of = RULES["backgrounds"][background]
    on, plan, mg = said_of["on"], uuid4(), results.get("order")
    drawn = {name: value for name, value in results.items() if name != "order"}
    order = {"agent": "burosumab", "ordered_on": on, "dose": mg, "dose_unit": "mg"}
    body = {
        "patient": said_of["patient"],
        "label_profile": said_of["label_profile"],
        "as_of": f"{on}T12:00:00Z",
        "history": [
            *said_of["events"],
            the_results(on, said_of["results"] | drawn),
            *([order] if mg else []),
        ],
    }
    answer = await followup.record_plan("north", plan, PlanRequest.model_validate(body))
    found = [one for one in answer.dose_proposals if one.kind == kind]
    assert found
    for proposal in found:
        path = f"/followup/v1/plans/{plan}/proposals/{proposal.id}/decision"
        told = {"answer": "accepted", "reason": "I insist", "decided_at": f"{on}T13:00:00Z"}
        refused = await http.put(path, json=told)
        assert refused.status_code == 422
        assert code in [error["code"] for error in refused.json()["errors"]]


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

    async with served.state.database.across.reading() as session:
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


async def concluded(followup: FollowupClient, plan: UUID, at: str) -> list[Obligation]:
    """What the journey hears of decisions, as of this moment."""
    moment = AsOf.model_validate({"as_of": at})
    heard = await followup.record_conclusion("north", plan, uuid4(), moment)
    return [one for one in heard.obligations if one.act == ACT]


async def test_the_next_conclusion_says_that_it_was_answered(followup: FollowupClient) -> None:
    plan, proposal = await a_plan(followup)
    before = await concluded(followup, plan, "2025-01-13T12:30:00Z")
    await followup.decide_proposal("north", plan, proposal.id, said("refused", "not yet"))
    after = await concluded(followup, plan, "2025-01-14T12:00:00Z")

    [asked] = [one for one in before if one.rule == proposal.rule]
    [ended] = [one for one in after if one.rule == proposal.rule]
    assert asked.status == "open"
    assert ended == asked.model_copy(update={"status": "done", "because": ""})


async def test_another_dose_is_another_question_and_ends_the_former(
    followup: FollowupClient,
) -> None:
    plan, proposal = await a_plan(followup)
    [asked] = [o for o in await concluded(followup, plan, NOON) if o.rule == proposal.rule]
    heavier = PlanRequest.model_validate({"patient": {"weight_kg": 80}})
    await followup.record_plan("north", plan, heavier)
    later = await concluded(followup, plan, "2025-01-14T12:00:00Z")

    heard = {one.occurrence: one.status for one in later if one.rule == proposal.rule}
    assert heard.pop(asked.occurrence) == "cancelled"
    assert list(heard.values()) == ["open"]


async def test_a_correction_ends_the_question_and_what_was_drawn_again_says_why(
    followup: FollowupClient,
) -> None:
    plan = uuid4()
    body = {"patient": BACKGROUND["patient"], "label_profile": "US", "as_of": NOON}
    history = PlanRequest.model_validate(body | {"history": BACKGROUND["events"]})
    await followup.record_plan("north", plan, history)
    event = uuid4()
    drawn = the_results("2025-01-13", BACKGROUND["results"])
    await followup.record_result("north", plan, event, results_event(drawn))
    low = {"kind": "therapy", "agent": "burosumab", "started_on": "2024-12-30", "dose": 30}
    dose = low | {"dose_unit": "mg", "every_days": 28}
    await followup.record_result("north", plan, uuid4(), results_event(dose))
    [asked] = await concluded(followup, plan, NOON)
    assert (asked.rule, asked.status) == ("TX-013", "open")

    normal = the_results("2025-01-13", BACKGROUND["results"] | {"s_phos": 1.0})
    again = normal | {"version": 2, "status": "corrected"}
    for one in again["observations"]:
        one |= {"version": 2, "status": "corrected"}
    told = await followup.record_result("north", plan, event, results_event(again))
    [redrawn] = told.affected
    kept = await followup.read_conclusion("north", plan, redrawn.redrawn)
    now = await concluded(followup, plan, "2025-01-13T14:00:00Z")

    for heard in (now, [one for one in kept.conclusion.obligations if one.act == ACT]):
        [ended] = heard
        assert (ended.occurrence, ended.status) == (asked.occurrence, "cancelled")
        assert ended.because == "a result was corrected, and it is not proposed any more"


def results_event(told: dict[str, Any]) -> Any:
    """One event as it is told by itself."""
    return EventBody.model_validate({"kind": "observations"} | told).root


async def test_what_was_asked_is_told_to_the_journey_without_a_dose(
    served: FastAPI, followup: FollowupClient, told: list[Event]
) -> None:
    plan, proposal = await a_plan(followup)
    [asked] = [o for o in await concluded(followup, plan, NOON) if o.rule == proposal.rule]
    await followup.decide_proposal("north", plan, proposal.id, said("accepted"))
    await followup.decide_proposal("north", plan, proposal.id, said("accepted"))

    first, again = told
    assert first == again
    assert first.kind == "disposition"
    assert first.payload == {
        "obligation": {"rule": asked.rule, "occurrence": asked.occurrence},
        "disposition": "DONE",
        "reason": "accepted",
    }


async def test_what_nobody_was_asked_is_not_told(
    followup: FollowupClient, told: list[Event]
) -> None:
    plan, proposal = await a_plan(followup)
    await followup.decide_proposal("north", plan, proposal.id, said("accepted"))
    await concluded(followup, plan, "2025-01-14T12:00:00Z")
    later = said("refused", "the patient is away", "2025-01-14T13:00:00Z")
    await followup.decide_proposal("north", plan, proposal.id, later)

    assert told == []


async def test_an_answer_is_kept_though_coordination_is_away(
    served: FastAPI, followup: FollowupClient
) -> None:
    class Away(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ConnectError("nobody there")

    http = httpx2.AsyncClient(transport=Away())
    served.state.journeys = Journeys(ServiceClient("http://c", lambda _: "token", http))
    plan, proposal = await a_plan(followup)
    await concluded(followup, plan, NOON)
    decided = await followup.decide_proposal("north", plan, proposal.id, said("accepted"))
    heard = await concluded(followup, plan, "2025-01-14T12:00:00Z")

    assert decided.answer == "accepted"
    assert {one.rule: one.status for one in heard}[proposal.rule] == "done"


@pytest.fixture
def told(served: FastAPI) -> list[Event]:
    """What coordination was told by follow-up; it says yes to everything."""
    heard: list[Event] = []

    class Listens(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            event = Event.model_validate_json(await request.aread())
            heard.append(event)
            stored = {"event": str(event.id), "stored_at": NOON, "repeated": False}
            return httpx2.Response(202, json=stored)

    http = httpx2.AsyncClient(transport=Listens())
    served.state.journeys = Journeys(ServiceClient("http://c", lambda _: "token", http))
    return heard
