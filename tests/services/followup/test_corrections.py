"""A corrected or withdrawn result, operation or drug opens again what rested on it."""

import random
from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from knowledge.terms.obligation import Conclusion
from services.chassis.client import Refused
from services.followup.client import FollowupClient
from services.followup.contract import AsOf, EventBody, PlanRequest, StoredFollowUp
from services.followup.follow_up import follow_up

NORTH = "north"
SURGERY = {"performed_at": "2024-04-10", "site": "thigh", "margin": "wide", "tissue": "soft_tissue"}
INTERVALS = {"s_phos": (0.80, 1.45, "mmol/L"), "s_alp": (35, 120, "U/L")}


def a_result(day: str, analyte: str, value: float, **said: Any) -> dict[str, Any]:
    """One result of this morning."""
    low, high, unit = INTERVALS[analyte]
    named = {"id": f"{day} {analyte}", "analyte": analyte, "value": value, "unit": unit}
    taken = {"taken_at": f"{day}T08:00:00+08:00", "fasting": True}
    return named | taken | {"reference_range": {"low": low, "high": high}} | said


def results(*observations: dict[str, Any], **said: Any) -> dict[str, Any]:
    """What a laboratory sends at once, of somebody who takes nothing."""
    return {"observations": list(observations), "drug_exposures": []} | said


CURED = results(a_result("2024-12-21", "s_phos", 1.12), a_result("2024-12-21", "s_alp", 108))
LOW = a_result("2024-12-21", "s_phos", 0.5, version=2, status="corrected")


def at(day: str) -> AsOf:
    """At noon of this day."""
    return AsOf(as_of=datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC))


async def tell(
    client: FollowupClient, plan: UUID, said: dict[str, Any], id: UUID | None = None
) -> StoredFollowUp:
    """Say this to the plan."""
    event = EventBody.model_validate(said).root
    return await client.record_result(NORTH, plan, id or uuid4(), event)


async def concluded(
    client: FollowupClient, plan: UUID, day: str, last: UUID | None = None
) -> Conclusion:
    """What the journey hears on this day, which names what it heard last."""
    moment = at(day).model_copy(update={"last_heard": last})
    return await client.record_conclusion(NORTH, plan, uuid4(), moment)


@pytest.fixture
async def cured(followup: FollowupClient) -> tuple[UUID, UUID, Conclusion]:
    """Somebody in remission: the plan, the operation, and what was concluded."""
    plan, operation = uuid4(), uuid4()
    await tell(followup, plan, SURGERY, operation)
    await tell(followup, plan, CURED)
    return plan, operation, await concluded(followup, plan, "2024-12-21")


async def test_a_corrected_result_unwinds_the_state_that_rested_on_it(
    followup: FollowupClient, cured: tuple[UUID, UUID, Conclusion]
) -> None:
    plan, _, first = cured
    assert first.state == "REMISSION"

    told = await tell(followup, plan, results(LOW))

    (affected,) = told.affected
    (why,) = affected.because
    assert (affected.conclusion, why.kind, why.what, why.status) == (
        first.id,
        "observation",
        "s_phos",
        "corrected",
    )
    assert (why.from_version, why.to_version) == (1, 2)
    changes = {(one.what, one.before, one.after) for one in affected.changes}
    assert ("state", "REMISSION", "PROVISIONAL_PERSISTENT") in changes
    assert told.state == "PROVISIONAL_PERSISTENT"
    (step,) = told.transitions
    assert (step.rule, [(one.id, one.version) for one in step.because]) == (
        "FU-001",
        [("2024-12-21 s_phos", 2)],
    )


async def test_the_old_conclusion_is_marked_and_can_be_read_as_it_was_known(
    followup: FollowupClient, cured: tuple[UUID, UUID, Conclusion]
) -> None:
    plan, _, first = cured
    before = datetime.now(UTC)
    told = await tell(followup, plan, results(LOW))
    redrawn = told.affected[0].redrawn

    old = await followup.read_conclusion(NORTH, plan, first.id)
    new = await followup.read_conclusion(NORTH, plan, redrawn)
    then = await followup.read_conclusion(NORTH, plan, first.id, before)
    now = await followup.read_conclusion(NORTH, plan, first.id, datetime.now(UTC))

    assert (old.conclusion, old.superseded_by) == (first, redrawn)
    assert [(mark.what, mark.to_version) for mark in old.marked] == [("s_phos", 2)]
    assert (new.supersedes, new.marked, new.conclusion.state) == (
        first.id,
        [],
        "PROVISIONAL_PERSISTENT",
    )
    assert new.conclusion.concluded_at == first.concluded_at
    assert (then.conclusion.id, now.conclusion.id) == (first.id, redrawn)
    with pytest.raises(Refused) as refusal:
        await followup.read_conclusion(NORTH, plan, first.id, datetime(2020, 1, 1, tzinfo=UTC))
    assert refusal.value.status == 404
    with pytest.raises(Refused) as refusal:
        await followup.read_result("south", plan, first.id)
    assert refusal.value.status == 404


async def test_the_plan_can_be_read_as_it_was_known(
    followup: FollowupClient, cured: tuple[UUID, UUID, Conclusion]
) -> None:
    plan, _, _ = cured
    before = datetime.now(UTC)
    await tell(followup, plan, results(LOW))

    then = await followup.read_plan(NORTH, plan, before)
    now = await followup.read_plan(NORTH, plan, datetime.now(UTC))

    assert (then.state, now.state) == ("REMISSION", "PROVISIONAL_PERSISTENT")
    assert [one.version for step in then.transitions for one in step.because] == [1, 1]


async def test_the_journey_hears_it_with_its_next_conclusion_and_only_once(
    followup: FollowupClient, cured: tuple[UUID, UUID, Conclusion]
) -> None:
    plan, _, first = cured
    await tell(followup, plan, results(LOW))

    second = await concluded(followup, plan, "2024-12-22")
    third = await concluded(followup, plan, "2024-12-23")
    lost = await concluded(followup, plan, "2024-12-24", first.id)
    nothing = await concluded(followup, plan, "2024-12-25", uuid4())

    assert second.because_of == ("s_phos:corrected",)
    assert "state:REMISSION>PROVISIONAL_PERSISTENT" in second.changes
    assert (third.because_of, third.changes) == ((), ())
    assert (lost.because_of, lost.changes) == (second.because_of, second.changes)
    assert (nothing.because_of, nothing.changes) == ((), ()), "no conclusion of this plan"


async def test_a_withdrawn_operation_takes_its_calendar_with_it(
    followup: FollowupClient, cured: tuple[UUID, UUID, Conclusion]
) -> None:
    plan, operation, first = cured
    wrong = SURGERY | {"status": "entered-in-error"}

    told = await tell(followup, plan, wrong, operation)

    assert [one.conclusion for one in told.affected] == [first.id]
    assert told.affected[0].because[0].what == "surgery"
    assert (told.state, told.transitions) == ("NO_SURGERY", [])
    assert {item.rule for item in told.schedule if item.status == "open"}.isdisjoint(
        {"FUP-01", "FUP-04", "FUP-10"}
    )
    assert (await followup.read_plan(NORTH, plan)).state == "NO_SURGERY"


async def test_a_higher_version_is_a_correction_and_a_lower_one_is_history(
    followup: FollowupClient,
) -> None:
    plan, operation = uuid4(), uuid4()
    await tell(followup, plan, SURGERY | {"version": 2, "margin": "positive"}, operation)
    late = await tell(followup, plan, SURGERY, operation)
    newer = await tell(followup, plan, SURGERY | {"version": 3}, operation)

    assert (late.risk_tier, newer.risk_tier) == ("HIGH", "STANDARD")
    kept = await followup.read_result(NORTH, plan, operation)
    assert [(one.version, one.told["margin"], one.stands) for one in kept.versions] == [
        *((1, "wide", False), (2, "positive", False), (3, "wide", True)),
    ]
    others: list[dict[str, Any]] = [
        SURGERY | {"version": 3, "site": "arm"},
        SURGERY | {"site": "arm"},
    ]
    for other in others:
        with pytest.raises(Refused) as refusal:
            await tell(followup, plan, other, operation)
        assert refusal.value.status == 409
    with pytest.raises(Refused) as refusal:
        await tell(followup, plan, {"agent": "calcitriol", "started_on": "2024-04-01"}, operation)
    assert refusal.value.status == 409


async def test_a_correction_finds_what_its_sender_called_so(followup: FollowupClient) -> None:
    first: dict[str, Any] = SURGERY | {"id": "op-1", "margin": "positive"}
    second: dict[str, Any] = SURGERY | {"id": "op-1", "version": 2}
    for told in permutations([first, second]):
        plan = uuid4()
        for event in told:
            answer = await tell(followup, plan, event)
        assert answer.risk_tier == "STANDARD"
        assert len([i for i in answer.schedule if (i.rule, i.occurrence) == ("FUP-01", "d1")]) == 1


async def test_a_repeated_correction_is_answered_as_the_first_time(
    followup: FollowupClient, cured: tuple[UUID, UUID, Conclusion]
) -> None:
    plan, _, _ = cured
    id = uuid4()
    once = await tell(followup, plan, results(LOW), id)
    again = await tell(followup, plan, results(LOW), id)

    assert once == again


async def test_a_second_correction_draws_again_only_what_stands(
    followup: FollowupClient, cured: tuple[UUID, UUID, Conclusion]
) -> None:
    plan, _, first = cured
    one = await tell(followup, plan, results(LOW))
    other = a_result("2024-12-21", "s_phos", 1.2, version=3, status="corrected")
    two = await tell(followup, plan, results(other))

    assert [a.conclusion for a in two.affected] == [one.affected[0].redrawn]
    assert two.state == "REMISSION"
    old = await followup.read_conclusion(NORTH, plan, first.id)
    assert [(mark.from_version, mark.to_version) for mark in old.marked] == [(1, 2), (1, 3)]
    assert old.superseded_by == two.affected[0].redrawn


async def test_one_version_that_says_two_things_is_refused_and_nothing_is_kept(
    followup: FollowupClient, cured: tuple[UUID, UUID, Conclusion]
) -> None:
    plan, _, _ = cured
    same = a_result("2024-12-21", "s_phos", 0.5, version=1)

    with pytest.raises(Refused) as refusal:
        await tell(followup, plan, results(same, a_result("2024-12-22", "s_phos", 0.4)))

    assert refusal.value.status == 409
    assert (await followup.read_plan(NORTH, plan)).state == "REMISSION"


async def test_an_id_that_is_used_again_for_another_morning_is_another_result(
    followup: FollowupClient,
) -> None:
    plan = uuid4()
    await tell(followup, plan, SURGERY)
    for day, value in (("2024-12-21", 1.12), ("2025-06-19", 0.5)):
        sent = [a_result(day, "s_phos", value, id="P"), a_result(day, "s_alp", 108, id="ALP")]
        answer = await tell(followup, plan, results(*sent))

    assert [step.rule for step in answer.transitions] == ["FU-003", "FU-005"]


@pytest.mark.parametrize("first", ["preliminary", None])
async def test_the_word_that_comes_last_in_meaning_stands(
    followup: FollowupClient, first: str | None
) -> None:
    early = results(a_result("2024-04-24", "s_phos", 0.5, status="preliminary"))
    final = results(a_result("2024-04-24", "s_phos", 1.1))
    plan = uuid4()
    await tell(followup, plan, SURGERY)
    for told in (early, final) if first else (final, early):
        answer = await tell(followup, plan, told)

    assert answer.state != "PROVISIONAL_PERSISTENT"


def test_the_state_does_not_depend_on_which_of_one_moment_came_first() -> None:
    day = "2024-06-24"
    sent = [
        SURGERY,
        results(a_result(day, "s_phos", 0.6, id="a"), a_result(day, "s_alp", 108, id="b")),
        results(a_result(day, "s_phos", 1.1, id="c"), a_result(day, "s_alp", 300, id="d")),
        {"agent": "calcitriol", "started_on": "2024-04-20"},
        {"agent": "calcitriol", "stopped_on": "2024-04-20"},
        {"state": "METASTATIC", "noted_on": "2024-08-01"},
        {"state": "NOT_LOCALIZED", "noted_on": "2024-08-01"},
    ]
    as_of = datetime(2024, 9, 1, 12, tzinfo=UTC)
    shuffled = random.Random("arrival")
    answers = {
        follow_up(PlanRequest.model_validate({"history": told}), as_of).model_dump_json()
        for told in (shuffled.sample(sent, len(sent)) for _ in range(100))
    }

    assert len(answers) == 1


def test_what_was_taken_back_in_the_same_history_is_not_read() -> None:
    spread = {"id": "s1", "state": "METASTATIC", "noted_on": "2024-08-01"}
    as_of = datetime(2024, 9, 1, 12, tzinfo=UTC)
    states = []
    for history in (
        [SURGERY, spread],
        [SURGERY, spread | {"status": "entered-in-error"}, spread],
        [SURGERY | {"id": "o", "status": "entered-in-error"}, SURGERY | {"id": "o"}],
    ):
        answer = follow_up(PlanRequest.model_validate({"history": history}), as_of)
        states.append(answer.state)

    assert states == ["METASTATIC", "POSTOPERATIVE", "NO_SURGERY"]
