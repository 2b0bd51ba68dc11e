"""What is proposed reaches a prescriber, who answers it; then nobody is asked any more."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from tests.workflows.real_ward import Ward, a_real_ward
from tests.workflows.test_critical_result import a_phosphate, days_ago


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[Ward]:
    """A ward where patients are followed, and a prescriber with the rights of who signs in."""
    async with a_real_ward(temporal, tmp_path, "followup", rehearsal=True) as ward:
        yield ward


def questions(seen: Any) -> list[dict[str, Any]]:
    """What a prescriber is or was asked on this journey."""
    return [one for one in seen["obligations"] if one["act"] == "treatment_decision"]


async def said(ward: Ward, rule: str) -> list[tuple[str, str]]:
    """Who was reminded of decisions by this rule, by its rungs?"""
    reminders = (await ward.read("/reminders"))["reminders"]
    return [(one["rung"], one["recipient"]) for one in reminders if one["rule"] == rule]


async def on_burosumab(ward: Ward) -> None:
    """Operated long ago, and on burosumab since four weeks."""
    start = {"patient": {"id": "p-17", "sex": "female", "age_years": 44}, "label_profile": "US"}
    await ward.put(ward.journey, start)
    await ward.tell("surgery", {"performed_at": days_ago(200), "site": "thigh", "margin": "wide"})
    sample = {"id": "alp", "analyte": "s_alp", "value": 90, "unit": "U/L", "taken_at": days_ago(28)}
    await ward.tell("observations", {"findings": {"weight_kg": 62}, "observations": [sample]})
    dose = {"agent": "burosumab", "started_on": days_ago(27)[:10], "dose": 30, "dose_unit": "mg"}
    await ward.tell("therapy", dose | {"every_days": 28})
    await ward.shows(lambda seen: seen["phase"] == "surveillance" and seen["obligations"])


async def held(ward: Ward) -> tuple[dict[str, Any], dict[str, Any]]:
    """A phosphate over its range: the question to the prescriber, and what is proposed."""
    await ward.tell("observations", a_phosphate(1.62))
    [question] = await ward.shows(questions)
    listed = (await ward.followup.get(f"{ward.plan}/proposals")).json()["proposals"]
    [proposed] = [one["proposal"] for one in listed if one["proposal"]["rule"] == "TX-015"]
    return question, proposed


async def refuse(ward: Ward, proposed: dict[str, Any], **more: Any) -> None:
    """The prescriber says no, and why."""
    said = {"answer": "refused", "reason": "not fasting", "decided_at": days_ago(0)} | more
    answer = await ward.followup.put(f"{ward.plan}/proposals/{proposed['id']}/decision", json=said)
    assert answer.status_code == 200, answer.text


async def test_a_phosphate_over_range_on_burosumab_asks_a_person_until_it_is_answered(
    ward: Ward,
) -> None:
    await on_burosumab(ward)
    question, proposed = await held(ward)

    assert proposed["kind"] == "withhold"
    told = (question["rule"], question["ladder"], question["status"], question["service"])
    assert told == ("TX-015", "decision", "open", "followup")
    assert question["due"] == datetime.now(UTC).date().isoformat()
    assert "1.62" not in str(question)

    await refuse(ward, proposed)
    [ended] = await ward.shows(lambda seen: [q for q in questions(seen) if q["status"] != "open"])
    assert (ended["status"], ended["disposition"]) == ("done", "DONE")
    before = await said(ward, "TX-015")

    await ward.fast_forward(70)
    assert await said(ward, "TX-015") == before
    assert not any(recipient == "supervisor" for _, recipient in before)
    [still] = [q for q in questions(await ward.read()) if q["rule"] == "TX-015"]
    assert (still["occurrence"], still["status"]) == (question["occurrence"], "done")


async def test_who_does_not_decide_is_followed_by_somebody_senior(ward: Ward) -> None:
    await on_burosumab(ward)
    await held(ward)

    await ward.fast_forward(10)  # the seventh day may be a Saturday, which is said on Monday

    assert ("T+7", "supervisor") in await said(ward, "TX-015")


async def test_an_answer_that_did_not_arrive_is_heard_before_anybody_is_reminded_again(
    temporal: Client, tmp_path: Path
) -> None:
    alone = a_real_ward(temporal, tmp_path, "followup", rehearsal=True, is_told=False)
    async with alone as ward:
        await on_burosumab(ward)
        _, proposed = await held(ward)
        await refuse(ward, proposed)
        [open_still] = questions(await ward.read())

        await ward.fast_forward(2)
        [ended] = questions(await ward.read())
        await ward.fast_forward(6)

        assert (open_still["status"], ended["status"]) == ("open", "done")
        assert {rung for rung, _ in await said(ward, "TX-015")} <= {"T0"}


async def test_the_same_answer_told_again_is_told_to_the_journey_once(ward: Ward) -> None:
    await on_burosumab(ward)
    _, proposed = await held(ward)
    at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    for _ in range(2):
        await refuse(ward, proposed, decided_at=at)

    await ward.shows(lambda seen: [q for q in questions(seen) if q["status"] == "done"])
    timeline = (await ward.read("/timeline"))["entries"]
    assert [one["detail"] for one in timeline if one["what"] == "event"].count("disposition") == 1


async def test_a_corrected_result_ends_the_question_and_says_why(ward: Ward) -> None:
    await on_burosumab(ward)
    await held(ward)

    await ward.tell("observations", a_phosphate(1.20, 2, status="corrected"))

    [ended] = await ward.shows(lambda seen: [q for q in questions(seen) if q["status"] != "open"])
    assert ended["status"] == "cancelled"
    assert ended["reason"] == "a result was corrected, and it is not proposed any more"
