"""Follow-up over HTTP, on both databases: repeatable, refusing, and private."""

from datetime import UTC, date, datetime
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
from services.followup.contract import (
    AsOf,
    DatedEvent,
    Disposition,
    EventBody,
    PlanRequest,
)
from tests.services.followup import timelines
from tests.services.followup.conftest import asking

SURGERY = {"performed_at": "2024-04-10", "site": "thigh", "margin": "wide", "tissue": "soft_tissue"}


def the_results(day: str, values: dict[str, float]) -> dict[str, Any]:
    """The samples of one morning, of nobody in particular, who takes nothing."""
    return {"drug_exposures": []} | timelines.the_results(day, values, {})


def as_of(day: str) -> AsOf:
    """At noon of this day."""
    return AsOf(as_of=datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC))


def an_event(said: dict[str, Any]) -> DatedEvent:
    """An event as a payload says it, without its kind."""
    return EventBody.model_validate(said).root


async def test_evaluating_stores_nothing(followup: FollowupClient) -> None:
    request = PlanRequest.model_validate({"history": [SURGERY], "as_of": "2024-04-10T12:00:00Z"})
    answer = await followup.evaluate_plan("north", request)

    assert answer.state == "POSTOPERATIVE"
    assert answer.dose_proposals == []
    with pytest.raises(Refused) as refusal:
        await followup.read_plan("north", uuid4())
    assert refusal.value.status == 404


async def test_a_patient_goes_from_surgery_to_remission(followup: FollowupClient) -> None:
    plan = uuid4()
    await followup.record_result("north", plan, uuid4(), an_event(SURGERY))
    operated = await followup.record_conclusion("north", plan, uuid4(), as_of("2024-04-10"))
    normal = an_event(the_results("2024-12-21", {"s_phos": 1.12, "s_alp": 108}))
    await followup.record_result("north", plan, uuid4(), normal)
    cured = await followup.record_conclusion("north", plan, uuid4(), as_of("2024-12-21"))

    assert operated.state == "POSTOPERATIVE"
    first = operated.obligations[0]
    assert (first.rule, first.occurrence, first.act) == ("FUP-01", "d1", "phosphate_calcium")
    assert (first.due, first.ladder) == (date(2024, 4, 11), "postoperative")
    assert cured.state == "REMISSION"
    assert {o.rule: o.due for o in cured.obligations if o.status == "open"}["FUP-04"] == date(
        2025, 6, 19
    )
    why = await followup.read_conclusion("north", plan, cured.id)
    assert why.conclusion == cured
    assert "FU-003" in {rule.id for rule in why.answer.fired_rules}


async def test_telling_it_again_is_telling_it_once(followup: FollowupClient) -> None:
    plan, result, conclusion = uuid4(), uuid4(), uuid4()
    first = await followup.record_result("north", plan, result, an_event(SURGERY))
    again = await followup.record_result("north", plan, result, an_event(SURGERY))
    one = await followup.record_conclusion("north", plan, conclusion, as_of("2024-04-10"))
    other = await followup.record_conclusion("north", plan, conclusion, as_of("2024-04-10"))

    assert (first, one) == (again, other)


async def test_the_same_id_for_something_else_is_a_conflict(followup: FollowupClient) -> None:
    plan, result, conclusion = uuid4(), uuid4(), uuid4()
    await followup.record_result("north", plan, result, an_event(SURGERY))
    await followup.record_conclusion("north", plan, conclusion, as_of("2024-04-10"))

    for attempt in (
        followup.record_result("north", plan, result, an_event(SURGERY | {"margin": "positive"})),
        followup.record_conclusion("north", plan, conclusion, as_of("2024-04-11")),
    ):
        with pytest.raises(Refused) as refusal:
            await attempt
        assert refusal.value.status == 409


async def test_a_value_that_cannot_be_read_is_named_and_the_rest_counts(
    followup: FollowupClient,
) -> None:
    plan = uuid4()
    results = the_results("2024-04-24", {"s_phos": 1.05, "s_alp": 108})
    results["observations"][1] |= {"unit": None}
    await followup.record_result("north", plan, uuid4(), an_event(SURGERY))
    answer = await followup.record_result("north", plan, uuid4(), an_event(results))

    assert [rejected.observation for rejected in answer.rejected] == ["2024-04-24 s_alp"]
    assert any(item.rule == "FUP-01" and item.status == "done" for item in answer.schedule)


async def test_a_corrected_result_replaces_the_former_whatever_comes_first(
    followup: FollowupClient,
) -> None:
    wrong, right = (the_results("2024-12-21", {"s_phos": v, "s_alp": 108}) for v in (0.5, 1.12))
    for observation in right["observations"]:
        observation["version"] = 2
    for told in ([wrong, right], [right, wrong]):
        plan = uuid4()
        await followup.record_result("north", plan, uuid4(), an_event(SURGERY))
        for results in told:
            await followup.record_result("north", plan, uuid4(), an_event(results))
        assert (await followup.read_plan("north", plan)).state == "REMISSION"


async def test_what_only_assessment_reads_does_not_disturb(followup: FollowupClient) -> None:
    said = the_results("2024-04-13", {"s_phos": 0.84}) | {
        "patient": {"id": "p-1", "sex": "female", "age_years": 44},
        "findings": {"bone_pain": True},
        "drug_exposures": [{"agent": "adefovir", "started_on": "2020-01-01"}],
        "genetics": [{"gene": "PHEX", "result": "negative"}],
    }

    answer = await followup.record_result("north", uuid4(), uuid4(), an_event(said))

    assert (answer.state, answer.rejected) == ("NO_SURGERY", [])


async def test_an_item_ends_once_and_with_a_reason(followup: FollowupClient) -> None:
    plan = uuid4()
    begun = PlanRequest.model_validate(
        {"as_of": "2024-04-10T12:00:00Z", "patient": {"sex": "male"}}
    )
    await followup.record_plan("north", plan, begun)
    answer = await followup.record_result("north", plan, uuid4(), an_event(SURGERY))
    item = next(item for item in answer.schedule if item.rule == "FUP-10")
    declined = Disposition(disposition="DECLINED", reason="too far", noted_on=date(2024, 7, 9))

    after = await followup.record_disposition("north", plan, UUID(item.id), declined)
    again = await followup.record_disposition("north", plan, UUID(item.id), declined)

    assert after == again
    bone_density = [(i.due, i.status) for i in after.schedule if i.rule == "FUP-10"]
    assert bone_density == [(date(2024, 7, 9), "cancelled"), (date(2025, 7, 9), "open")]
    for wrong, status in ((UUID(item.id), 409), (uuid4(), 404)):
        with pytest.raises(Refused) as refusal:
            await followup.record_disposition(
                "north", plan, wrong, declined.model_copy(update={"disposition": "DONE"})
            )
        assert refusal.value.status == status


async def test_a_stale_edit_is_refused(http: httpx2.AsyncClient) -> None:
    path = f"/followup/v1/plans/{uuid4()}"
    made = await http.put(path, json={"patient": {"age_years": 44}, "history": [SURGERY]})
    same = await http.put(path, json={"history": [SURGERY]})
    changed = await http.put(path, json={"patient": {"sex": "female"}})
    stale = await http.put(path, json={"profile": "CN_adult"}, headers={"If-Match": '"1"'})

    assert made.status_code == 200, made.text
    assert made.headers["ETag"] == same.headers["ETag"] == '"1"'
    assert changed.headers["ETag"] == '"2"'
    assert stale.status_code == 412


async def test_the_plan_can_be_read_as_of_another_day(followup: FollowupClient) -> None:
    plan = uuid4()
    request = PlanRequest.model_validate({"history": [SURGERY], "as_of": "2024-04-10T12:00:00Z"})
    now = await followup.record_plan("north", plan, request)
    later = await followup.read_plan("north", plan, datetime(2024, 7, 1, tzinfo=UTC))

    assert not any(item.status == "missed" for item in now.schedule)
    assert any(item.status == "missed" for item in later.schedule)
    assert await followup.read_plan("north", plan) == now


async def test_another_organisation_sees_nothing(followup: FollowupClient) -> None:
    plan = uuid4()
    concluded = await followup.record_conclusion("north", plan, uuid4(), as_of("2024-04-10"))

    for attempt in (
        followup.read_plan("south", plan),
        followup.read_conclusion("south", plan, concluded.id),
    ):
        with pytest.raises(Refused) as refusal:
            await attempt
        assert refusal.value.status == 404


async def test_each_act_needs_its_scope(served: FastAPI, mint: TokenMint) -> None:
    async with asking(served, mint, "system/CarePlan.ru", "system/Observation.c") as (client, _):
        for attempt in (
            client.record_result("north", uuid4(), uuid4(), an_event(SURGERY)),
            client.record_plan("north", uuid4(), PlanRequest()),
            client.evaluate_plan("north", PlanRequest()),
        ):
            with pytest.raises(Refused) as refusal:
                await attempt
            assert refusal.value.status == 403
        results = an_event(the_results("2024-04-11", {"s_phos": 0.6}))
        assert await client.record_result("north", uuid4(), uuid4(), results)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"performed_at": "2024-04-10T08:00:00"}, "/performed_at"),
        ({"performed_at": "2024-04-10", "colour": "blue"}, "/colour"),
        (
            {"observations": [{"id": "o1", "taken_at": "2024-04-10T08:00:00"}]},
            "/observations/0/taken_at",
        ),
        ({"kind": "therapy", "agent": "calcitriol", "dose": -1}, "/dose"),
    ],
)
async def test_a_problem_points_at_the_place_and_nothing_is_stored(
    http: httpx2.AsyncClient, body: dict[str, object], pointer: str
) -> None:
    plan = f"/followup/v1/plans/{uuid4()}"
    refused = await http.put(f"{plan}/results/{uuid4()}", json=body)

    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in refused.json()["errors"]], refused.text
    assert (await http.get(plan)).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"agent": "burosumab", "given_on": "9999-12-31"},
        {"agent": "calcitriol", "started_on": "0001-01-01"},
        {"agent": "burosumab", "given_on": "2024-04-10", "dose": "1e999999999", "dose_unit": "mg"},
    ],
    ids=["the last day", "the first day", "more than can be counted"],
)
async def test_what_nobody_can_count_on_from_is_refused_and_not_kept(
    http: httpx2.AsyncClient, body: dict[str, object]
) -> None:
    plan = f"/followup/v1/plans/{uuid4()}"
    asked = {"history": [body], "as_of": "2024-04-11T08:00:00Z"}
    for refused in (
        await http.put(f"{plan}/results/{uuid4()}", json=body),
        await http.post("/followup/v1/evaluate", json=asked),
    ):
        assert refused.status_code == 422, refused.text
        assert refused.headers["Content-Type"] == "application/problem+json"
    assert (await http.get(plan)).status_code == 404


async def test_who_looked_and_who_wrote_is_remembered(
    served: FastAPI, followup: FollowupClient
) -> None:
    plan = uuid4()
    await followup.record_result("north", plan, uuid4(), an_event(SURGERY))
    await followup.read_plan("north", plan)

    async with served.state.database.across.reading() as session:
        connection = await session.connection()
        wanted = select(AUDIT_ENTRY.c.action, AUDIT_ENTRY.c.kind).where(
            AUDIT_ENTRY.c.patient == str(plan)
        )
        rows = [tuple(row) for row in await connection.execute(wanted)]
    assert rows == [("create", "Procedure"), ("read", "CarePlan")]
