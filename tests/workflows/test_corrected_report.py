"""Orders and corrected reports on a real journey: coordination, a worker, and localization."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from knowledge.rules.field_of_view import TABLE
from tests.workflows.real_ward import Ward, a_real_ward
from workflows.contract import EventArrived, JourneyState, Turned, TurnRequest
from workflows.taking_turns import TakingTurns
from workflows.worker import activities_of


def today() -> date:
    """Asked when it is needed: a run of all tests may cross midnight."""
    return datetime.now(UTC).date()


def examined() -> dict[str, Any]:
    """Every area was looked at, today."""
    areas = dict.fromkeys(TABLE.entries["examination"], "normal")
    return {"examined_at": str(today()), "areas": areas}


def pet(**more: Any) -> dict[str, Any]:
    """A scan of the whole body, of today."""
    scan = {"id": "accession 17", "modality": "PT", "tracer": "68Ga-DOTATATE"}
    return scan | {"performed_at": str(today()), "coverage": ["38266002"]} | more


def order(**more: Any) -> dict[str, Any]:
    """It was ordered today."""
    return {"id": "order 5", "act": "sstr_pet_ct", "ordered_on": str(today())} | more


class WorkerDied(Exception):
    """Between the answer of a service and the report to coordination."""


async def record_progress(_: object) -> None:
    """The last thing that this worker does."""
    raise WorkerDied


async def told(ward: Ward, kind: str, payload: dict[str, Any]) -> EventArrived:
    """An event is told; as its journey hears of it."""
    answer = await ward.tell(kind, payload)
    assert answer.status_code == 202
    said = json.loads(answer.request.content)
    return EventArrived(event_id=said["id"], kind=said["kind"], occurred_at=said["occurred_at"])


async def turn(
    ward: Ward, state: JourneyState, *heard: EventArrived, dying: bool = False
) -> Turned:
    """A turn of the journey, taken by a worker that may die before it has told of it."""
    acts: list[Any] = [*activities_of(ward.services), *([record_progress] if dying else [])]
    request = TurnRequest(
        organisation="north",
        journey_id=UUID(ward.journey.rpartition("/")[2]),
        at=datetime.now(UTC),
        state=state.model_copy(deep=True),
        heard=heard,
        seed=uuid5(NAMESPACE_OID, str(state.revision)),
    )
    return await ActivityEnvironment().run(TakingTurns(acts).take_turn, request)


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[Ward]:
    """Like a hospital's: coordination, localization and follow-up for real, without ports."""
    async with a_real_ward(temporal, tmp_path, "localization", "followup") as ward:
        yield ward


async def owes(ward: Ward, is_so: Callable[[dict[tuple[str, str], Any]], bool]) -> Any:
    """The journey and what it owes for the first scan, once that is so."""
    journey = await ward.once(lambda journey: is_so(scans(journey)))
    return journey, scans(journey)


def scans(journey: Any) -> dict[tuple[str, str], Any]:
    """What it owes for the first scan."""
    return {
        (one["rule"], one["occurrence"]): one
        for one in journey["obligations"]
        if one["act"] == "sstr_pet_ct"
    }


def first(owed: dict[tuple[str, str], Any], occurrence: str, name: str) -> Any:
    """What is said of the first scan, asked for the first time or again."""
    return owed.get(("LOC-003", occurrence), {}).get(name)


async def test_a_journey_follows_an_order_to_its_end_and_hears_of_a_withdrawn_scan(
    ward: Ward,
) -> None:
    assert (await ward.put(ward.journey, {"patient": {"id": "p-17"}})).status_code == 200
    await ward.tell("decision", {"answer": "localize", "reason": "FGF23 is high"})
    await ward.tell("constraints", {"biochemistry_confirmed": True})
    await ward.tell("examination", examined())
    await owes(ward, lambda owed: first(owed, "1", "status") == "open")

    booked = str(today() + timedelta(days=9))
    await ward.tell("order", order(status="active", occurs_on=booked))
    await owes(ward, lambda owed: first(owed, "1", "due") == booked)

    await ward.tell("order", order(status="revoked", ended_by="refused"))
    _, owed = await owes(ward, lambda owed: first(owed, "1:again-1", "status") == "open")
    assert first(owed, "1", "disposition") == "NOT_INDICATED"
    assert first(owed, "1", "reason") == "the order was refused by the site"

    assert (await ward.tell("study", pet())).status_code == 202
    await owes(ward, lambda owed: first(owed, "1:again-1", "status") == "done")

    assert (await ward.tell("study", pet(status="entered-in-error"))).status_code == 202
    journey, _ = await owes(ward, lambda owed: first(owed, "1:again-2", "status") == "open")
    assert journey["conclusion"]["because_of"] == ["sstr_pet_ct:entered-in-error"]
    said = [entry["detail"] for entry in (await ward.read("/timeline"))["entries"]]
    assert any("corrected report: sstr_pet_ct (entered-in-error)" in words for words in said)


async def test_a_worker_that_dies_before_it_has_told_of_a_correction_leaves_it_to_the_next(
    temporal: Client, tmp_path: Path
) -> None:
    async with a_real_ward(temporal, tmp_path, "localization", works=False) as ward:
        assert (await ward.put(ward.journey, {"patient": {"id": "p-20"}})).status_code == 200
        seen = [
            await told(ward, "decision", {"answer": "localize", "reason": "FGF23 is high"}),
            await told(ward, "constraints", {"biochemistry_confirmed": True}),
            await told(ward, "examination", examined()),
            await told(ward, "study", pet()),
        ]
        before = await turn(ward, JourneyState(), *seen)
        withdrawn = await told(ward, "study", pet(status="entered-in-error"))

        with pytest.raises(WorkerDied):
            await turn(ward, before.state, withdrawn, dying=True)
        heard = await ward.read()
        after = await turn(ward, before.state, withdrawn)

        assert heard["conclusion"]["id"] == str(before.state.heard["localization"])
        journey = await ward.read()
        assert journey["conclusion"]["id"] == str(after.state.heard["localization"])
        assert journey["conclusion"]["because_of"] == ["sstr_pet_ct:entered-in-error"]

        allergic = await told(ward, "constraints", {"constraints": {"contrast_allergy": True}})
        again = await turn(ward, after.state, allergic)
        later = await ward.read()
        assert later["conclusion"]["id"] == str(again.state.heard["localization"])
        assert later["conclusion"]["because_of"] == [], "it is news once"


async def test_a_scan_that_is_withdrawn_brings_back_a_search_that_had_ended(ward: Ward) -> None:
    fdg = pet(id="accession 18", tracer="FDG")
    assert (await ward.put(ward.journey, {"patient": {"id": "p-18"}})).status_code == 200
    await ward.tell("decision", {"answer": "localize", "reason": "FGF23 is high"})
    await ward.tell("constraints", {"biochemistry_confirmed": True})
    for kind, payload in (("examination", examined()), ("study", pet()), ("study", fdg)):
        assert (await ward.tell(kind, payload)).status_code == 202
    ended = await ward.until("localization", "plan-treatment")
    looks = {o["act"] for o in ended["obligations"] if o["rule"] == "LOC-024"}
    treat = {"task": ended["task"]["id"], "answer": "treat-medically", "reason": "not found"}
    assert (await ward.tell("decision", treat)).status_code == 202
    followed = await ward.until("surveillance", None)

    await ward.tell("study", fdg | {"status": "entered-in-error"})
    asked = await ward.until("surveillance", "look-again")
    again = {"task": asked["task"]["id"], "answer": "localize", "reason": "it was another patient"}
    await ward.tell("decision", again)
    searching = await ward.until("localization", None)

    assert (ended["state"], looks) == ("NOT_LOCALIZED", {"sstr_pet_ct", "examination"})
    owed = {o["service"] for o in followed["obligations"] if o["status"] == "open"}
    assert owed <= {"followup"}, "the next look is owed once"
    assert searching["state"] in (None, "INCOMPLETE")


async def test_an_operation_planned_on_a_scan_that_is_withdrawn_is_decided_again(
    ward: Ward,
) -> None:
    focus = {"site": "femur", "laterality": "left", "uptake": "above_liver", "mimic": "none"}
    seen = {"site": "femur", "laterality": "left", "features": ["t2_bright"]}
    mri = {"modality": "MR", "performed_at": str(today()), "lesions": [seen]}
    scan = pet(lesions=[focus])
    assert (await ward.put(ward.journey, {"patient": {"id": "p-19"}})).status_code == 200
    await ward.tell("decision", {"answer": "localize", "reason": "FGF23 is high"})
    await ward.tell("constraints", {"biochemistry_confirmed": True})
    for kind, payload in (("examination", examined()), ("study", scan), ("study", mri)):
        assert (await ward.tell(kind, payload)).status_code == 202
    found = await ward.until("localization", "plan-treatment")
    operate = {"task": found["task"]["id"], "answer": "operate", "reason": "one focus"}
    await ward.tell("decision", operate)
    await ward.until("treatment", "record-the-operation")

    await ward.tell("study", scan | {"status": "entered-in-error"})

    asked = await ward.until("treatment", "plan-treatment")
    assert found["state"] == "LOCALIZED"
    assert asked["task"]["answers"] == ["operate", "keep-looking"]


@pytest.mark.parametrize(
    ("kind", "payload", "pointer"),
    [
        ("order", {"status": "active"}, "/payload"),
        ("biopsy", {"site": "femur"}, "/payload/result"),
        ("venous_sampling", {"samples": []}, "/payload/samples"),
    ],
)
async def test_what_nobody_could_read_is_refused_before_it_is_kept(
    ward: Ward, kind: str, payload: dict[str, Any], pointer: str
) -> None:
    assert (await ward.put(ward.journey, {"patient": {"id": "p-17"}})).status_code == 200

    refused = await ward.tell(kind, payload)

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
