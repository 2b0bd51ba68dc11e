"""Life happens to a real journey: pauses, deaths that were none, moves, two that are one person."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.client import Client

from tests.workflows.real_ward import Ward, a_real_ward

TODAY = datetime.now(UTC).date()


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[Ward]:
    """A ward where patients are followed for years."""
    async with a_real_ward(temporal, tmp_path, "followup", rehearsal=True) as ward:
        yield ward


async def operated(ward: Ward, **start: Any) -> Any:
    """Operated on yesterday: samples are due in the coming days, visits later."""
    patient = {"id": "p-9", "sex": "female", "age_years": 50}
    await ward.put(ward.journey, {"patient": patient} | start)
    day = str(TODAY - timedelta(days=1))
    await ward.tell("surgery", {"performed_at": day, "site": "thigh", "margin": "wide"})
    return await ward.once(lambda seen: seen["state"] == "POSTOPERATIVE")


def still_open(seen: Any) -> set[tuple[str, str]]:
    """What is owed now."""
    owed = (one for one in seen["obligations"] if one["status"] == "open")
    return {(one["rule"], one["occurrence"]) for one in owed if one["service"] != "coordination"}


def office(seen: Any, act: str) -> list[Any]:
    """What one person has to see, of this kind."""
    return [one for one in seen["obligations"] if one["act"] == act]


async def said(ward: Ward) -> list[Any]:
    """What was sent to anybody."""
    reminders = (await ward.read("/reminders?limit=500"))["reminders"]
    return [one for one in reminders if one["status"] in ("sent", "sent-late")]


async def told(ward: Ward, kind: str, payload: dict[str, Any] | None = None) -> Any:
    """Tell it, and wait until the journey has settled it."""
    assert (await ward.tell(kind, payload)).status_code == 202
    return await ward.once(lambda seen: not seen["events_waiting"])


async def refused(ward: Ward) -> list[str]:
    """What the journey did not take, and why."""
    timeline = (await ward.read("/timeline?limit=500"))["entries"]
    return [one["detail"] for one in timeline if one["what"] == "refused"]


async def test_a_pause_is_silent_and_what_came_due_is_listed_once_when_it_ends(ward: Ward) -> None:
    await operated(ward)
    await told(ward, "pause", {"reason": "in hospital elsewhere"})
    paused = await ward.once(lambda seen: seen["paused_since"])
    assert still_open(paused)
    before = {one["id"] for one in await said(ward)}  # on a working day, after the hour of sending
    await ward.fast_forward(20)
    assert {one["id"] for one in await said(ward)} == before

    await told(ward, "resume")
    seen = await ward.once(lambda seen: office(seen, "resumed"))
    assert seen["paused_since"] is None
    [listed] = office(seen, "resumed")
    assert "came due meanwhile" in listed["because"]
    await ward.fast_forward(4)
    since = [one for one in await said(ward) if one["id"] not in before]
    assert [one for one in since if one["due_at"] < seen["as_of"]] == []
    assert [one["rule"] for one in await said(ward)].count(listed["rule"]) == 1


async def test_a_death_stops_everything_and_its_undoing_gives_it_back(ward: Ward) -> None:
    before = still_open(await operated(ward))
    await told(ward, "death", {"died_on": str(TODAY)})
    closed = await ward.once(lambda seen: seen["phase"] == "closed")
    assert not still_open(closed)
    assert {"DECEASED"} == {
        one["disposition"]
        for one in closed["obligations"]
        if (one["rule"], one["occurrence"]) in before
    }
    assert (await ward.tell("observations", {"observations": []})).status_code == 409

    assert (await ward.tell("death", {"undone": True, "reason": "a namesake"})).status_code == 202
    alive = await ward.once(lambda seen: seen["phase"] == "surveillance" and seen["state"])
    assert still_open(alive) >= before
    assert alive["closed_because"] is None
    assert "death: no death is known here" not in await refused(ward)


async def test_a_death_that_was_taken_back_before_it_was_told_changes_nothing(ward: Ward) -> None:
    before = still_open(await operated(ward))
    now = datetime.now(UTC)
    await ward.tell_at("death", now, {"undone": True})
    await ward.tell_at("death", now - timedelta(hours=1), {})
    seen = await ward.once(lambda seen: not seen["events_waiting"])
    assert (seen["phase"], still_open(seen)) == ("surveillance", before)
    assert len(await refused(ward)) == 2


async def test_consent_that_is_given_again_opens_what_its_withdrawal_closed(ward: Ward) -> None:
    before = still_open(await operated(ward))
    await told(ward, "withdrawal", {"reason": "wants no more calls"})
    closed = await ward.once(lambda seen: seen["phase"] == "closed")
    assert closed["closed_because"] == "withdrawal"

    await ward.tell("withdrawal", {"undone": True})
    again = await ward.once(lambda seen: seen["phase"] == "surveillance" and seen["state"])
    assert still_open(again) >= before


async def test_a_refuted_diagnosis_closes_with_its_reason_and_can_be_opened_again(
    ward: Ward,
) -> None:
    before = still_open(await operated(ward))
    await told(ward, "decision", {"answer": "refuted", "reason": "a PHEX variant"})
    closed = await ward.once(lambda seen: seen["phase"] == "closed")
    assert closed["closed_because"] == "refuted"
    assert {one["reason"] for one in closed["obligations"] if one["disposition"]} >= {
        "the diagnosis was refuted"
    }
    other = await ward.tell("decision", {"answer": "operate", "reason": "why not"})
    assert other.status_code == 409

    await ward.tell("decision", {"answer": "reopen", "reason": "the variant is benign"})
    again = await ward.once(lambda seen: seen["phase"] == "surveillance" and seen["state"])
    assert still_open(again) >= before


async def test_inside_the_open_work_changes_hands_and_is_seen_by_the_receiver(ward: Ward) -> None:
    before = still_open(await operated(ward, assignee="ward-7"))
    await told(ward, "transfer", {"site": "south", "assignee": "ward-9", "reason": "moved"})
    seen = await ward.once(lambda seen: office(seen, "handover"))
    assert (seen["site"], seen["assignee"], seen["phase"]) == ("south", "ward-9", "surveillance")
    assert still_open(seen) == before
    summary = await ward.read("/handover")
    assert {(one["rule"], one["occurrence"]) for one in summary["open"]} == before
    assert not summary["acknowledged"]

    [work] = office(seen, "handover")
    key = {"rule": work["rule"], "occurrence": work["occurrence"]}
    await told(ward, "acknowledgement", {"obligation": key})
    assert (await ward.read("/handover"))["acknowledged"]
    [work] = office(await ward.read(), "handover")
    assert work["disposition"] == "DONE"


async def test_outside_the_journey_closes_and_hands_over_what_was_open(ward: Ward) -> None:
    before = still_open(await operated(ward))
    await told(ward, "transfer", {"outside": True, "reason": "treated in another country"})
    closed = await ward.once(lambda seen: seen["phase"] == "closed")
    assert closed["closed_because"] == "transfer"
    summary = await ward.read("/handover")
    assert {(one["rule"], one["occurrence"]) for one in summary["open"]} == before
    assert (summary["left_phase"], summary["state"]) == ("surveillance", "POSTOPERATIVE")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Shanghai"])
async def test_who_moves_lives_by_another_clock_and_nothing_is_doubled_or_lost(
    ward: Ward, zone: str
) -> None:
    await operated(ward, zone="Europe/Berlin")
    await ward.fast_forward(3)
    await told(ward, "relocation", {"zone": zone})
    assert (await ward.read())["zone"] == zone
    await ward.fast_forward(30)
    rungs = [(one["rule"], one["occurrence"], one["rung"]) for one in await said(ward)]
    assert len(rungs) == len(set(rungs))
    first = {one["occurrence"] for one in await said(ward) if one["rule"] == "FUP-01"}
    due = {
        one["occurrence"] for one in (await ward.read())["obligations"] if one["rule"] == "FUP-01"
    }
    assert due
    assert first == due


async def test_two_journeys_of_one_person_become_one_and_two_again(ward: Ward) -> None:
    before = still_open(await operated(ward))
    other = Ward(ward._http, ward.followup)
    await other.put(other.journey, {"patient": {"id": "p-9b", "sex": "female"}})
    dose = {"agent": "burosumab", "started_on": str(TODAY), "dose": 30, "dose_unit": "mg"}
    await told(other, "therapy", dose | {"every_days": 28})
    await told(other, "decision", {"answer": "localize", "reason": "as agreed"})
    theirs = await other.once(lambda seen: seen["phase"] == "localization" and seen["state"])

    id = other.journey.rpartition("/")[2]
    preview = await ward.read(f"/merge-preview?other={id}")
    assert (preview["refused"], preview["phase"]) == (None, "surveillance")
    assert preview["events_taken"] == {"therapy": 1}
    assert (await ward.read())["record"] == ward.journey.rpartition("/")[2]

    await told(ward, "merge", {"other": id, "reason": "one person"})
    one = await ward.once(lambda seen: "FUP-37" in {rule for rule, _ in still_open(seen)})
    assert still_open(one) >= before
    gone = await other.once(lambda seen: seen["phase"] == "closed")
    assert gone["merged_into"] == ward.journey.rpartition("/")[2]
    there = await other.tell("observations", {"observations": []})
    assert there.status_code == 409
    assert ward.journey.rpartition("/")[2] in there.json()["detail"]
    again = await ward.tell("merge", {"other": id})
    assert again.status_code == 409

    await told(ward, "merge", {"other": id, "undone": True, "reason": "two sisters"})
    mine = await ward.once(lambda seen: still_open(seen) == before)
    assert mine["record"] == ward.journey.rpartition("/")[2]
    back = await other.once(lambda seen: seen["phase"] == "localization" and seen["state"])
    assert back["merged_into"] is None
    assert still_open(back) == still_open(theirs)


async def test_a_merge_with_nobody_or_with_itself_is_refused_to_who_tells_it(ward: Ward) -> None:
    await operated(ward)
    nobody = await ward.tell("merge", {"other": str(uuid4())})
    itself = await ward.tell("merge", {"other": ward.journey.rpartition("/")[2]})
    parted = await ward.tell("merge", {"other": str(UUID(int=1)), "undone": True})
    assert [nobody.status_code, itself.status_code, parted.status_code] == [422, 409, 422]
