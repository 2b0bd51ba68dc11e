"""A corrected result marks every conclusion that used it, and each is drawn again."""

import asyncio
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from knowledge.terms.obligation import Conclusion, ObligationStatus
from services.assessment.client import AssessmentClient
from services.assessment.contract import (
    AsOf,
    Assessment,
    EvaluateRequest,
    FactsStored,
    RecordFacts,
    SentResults,
    StoredAssessment,
)
from services.assessment.settings import AssessmentSettings
from services.chassis import audit
from services.chassis.client import Refused
from services.chassis.database import Database
from tests.services.assessment.conftest import client_with
from tests.services.assessment.vectors import AS_OF, an_observation, body_of, vectors

NORTH, SOUTH = "north", "south"
DC = {case["id"]: case for case in vectors()}
PATIENT = {"id": "p-17", "sex": "female", "age_years": 46}


def the_phosphate(value: float | None = None, **more: Any) -> dict[str, Any]:
    """DC1's phosphate, as it was sent or with another value."""
    one: dict[str, Any] = next(
        one for one in body_of(DC["DC1"])["observations"] if one["analyte"] == "s_phos"
    )
    return one | ({} if value is None else {"value": value, "status": "corrected"}) | more


def a_request(day: int = 0, **more: Any) -> EvaluateRequest:
    """DC1: a probable tumor by an unmistakably low phosphate."""
    body = body_of(DC["DC1"]) | {"as_of": (AS_OF + timedelta(days=day)).isoformat()}
    return EvaluateRequest.model_validate(body | {"patient": body["patient"] | PATIENT} | more)


def a_message(*observations: dict[str, Any], patient: str = "p-17") -> SentResults:
    return SentResults.model_validate({"patient": {"id": patient}, "observations": observations})


async def stored(client: AssessmentClient, request: EvaluateRequest) -> StoredAssessment:
    return await client.record_assessment(NORTH, uuid4(), request)


def answer_in(kept: StoredAssessment) -> Assessment:
    """What was answered, without what is known of it since."""
    return Assessment(**{one.name: getattr(kept, one.name) for one in fields(Assessment)})


async def corrected(
    client: AssessmentClient, *observations: dict[str, Any], **more: Any
) -> FactsStored:
    return await client.record_observations(NORTH, uuid4(), a_message(*observations, **more))


async def test_a_conclusion_names_its_inputs_by_version(client: AssessmentClient) -> None:
    first = await stored(client, a_request())

    named = {one.observation: (one.version, one.status) for one in first.inputs}

    assert named[the_phosphate()["id"]] == (1, "final")


async def test_a_corrected_phosphate_draws_the_conclusion_again(client: AssessmentClient) -> None:
    first = await stored(client, a_request())
    phosphate = the_phosphate()["id"]

    answer = await corrected(client, the_phosphate(1.2))

    assert answer.accepted == [phosphate]
    assert [(one.observation, one.version) for one in answer.versions] == [(phosphate, 2)]
    (affected,) = answer.affected
    (why,) = affected.because
    assert (affected.assessment, why.observation) == (first.id, phosphate)
    assert (why.from_version, why.to_version, why.status) == (1, 2, "corrected")
    assert ("class", "TIO_PROBABLE") in {(one.what, one.before) for one in affected.changes}
    then = await client.read_assessment(NORTH, first.id)
    assert answer_in(then) == answer_in(first), "what was concluded stays as it was"
    assert [mark.to_version for mark in then.marked] == [2]
    assert then.superseded_by == affected.redrawn
    now = await client.read_assessment(NORTH, affected.redrawn)
    assert (now.supersedes, now.as_of, now.marked) == (first.id, first.as_of, [])
    assert now.changes == affected.changes
    assert now.tio_class != "TIO_PROBABLE"
    assert (phosphate, 2) in {(o.observation, o.version) for o in now.inputs}


async def test_a_withdrawn_result_is_left_out(client: AssessmentClient) -> None:
    first = await stored(client, a_request())
    withdrawn = {"id": the_phosphate()["id"], "status": "entered-in-error"}

    (affected,) = (await corrected(client, withdrawn)).affected

    assert affected.because[0].analyte == "s_phos"
    now = await client.read_assessment(NORTH, affected.redrawn)
    used = {one.observation for one in now.interpretations}
    assert withdrawn["id"] not in used
    assert first.tio_class == "TIO_PROBABLE" != now.tio_class


async def test_a_result_that_was_withdrawn_by_mistake_comes_back(client: AssessmentClient) -> None:
    first = await stored(client, a_request())
    id = the_phosphate()["id"]
    await corrected(client, {"id": id, "status": "entered-in-error"})

    (affected,) = (await corrected(client, the_phosphate(version=3))).affected

    now = await client.read_assessment(NORTH, affected.redrawn)
    assert now.tio_class == first.tio_class
    again = await client.read_assessment(NORTH, first.id)
    assert [mark.to_version for mark in again.marked] == [2, 3]
    assert again.superseded_by == now.id


async def test_every_conclusion_that_used_it_is_marked_and_no_other(
    client: AssessmentClient,
) -> None:
    first, second = await stored(client, a_request(0)), await stored(client, a_request(1))
    calcium = an_observation("s_ca", 2.3, 3) | {"id": "other"}
    other = await stored(client, a_request(observations=[calcium]))
    stranger = a_request(patient=PATIENT | {"id": "p-18"})
    theirs = await stored(client, stranger)

    answer = await corrected(client, the_phosphate(1.2))

    assert [one.assessment for one in answer.affected] == [first.id, second.id]
    for untouched in (other, theirs):
        assert (await client.read_assessment(NORTH, untouched.id)).marked == []


async def test_a_second_correction_draws_only_what_stands(client: AssessmentClient) -> None:
    first = await stored(client, a_request())
    (once,) = (await corrected(client, the_phosphate(1.2))).affected

    (twice,) = (await corrected(client, the_phosphate(0.5))).affected

    assert twice.assessment == once.redrawn
    shown = await client.read_assessment(NORTH, first.id)
    assert shown.superseded_by == twice.redrawn
    assert [(mark.from_version, mark.to_version) for mark in shown.marked] == [(1, 2), (1, 3)]
    page = await client.list_assessments(NORTH, "p-17")
    assert {one.id for one in page.assessments} == {first.id, once.redrawn, twice.redrawn}


async def test_a_later_assessment_may_bring_the_correction(client: AssessmentClient) -> None:
    first = await stored(client, a_request())
    id, body = uuid4(), a_request(1).model_dump(mode="json", exclude_unset=True)
    body["observations"] = [
        the_phosphate(1.2) if one["analyte"] == "s_phos" else one for one in body["observations"]
    ]
    request = EvaluateRequest.model_validate(body)

    second = await client.record_assessment(NORTH, id, request)

    assert [one.assessment for one in second.affected] == [first.id]
    await corrected(client, the_phosphate(0.4))
    assert await client.record_assessment(NORTH, id, request) == second, "as it was answered"


async def test_what_was_corrected_stays_corrected_when_the_old_value_is_sent_again(
    client: AssessmentClient,
) -> None:
    await stored(client, a_request())
    await corrected(client, the_phosphate(1.2))

    again = await stored(client, a_request(1))

    named = {one.observation: one.version for one in again.inputs}
    assert named[the_phosphate()["id"]] == 2
    assert again.tio_class != "TIO_PROBABLE"
    assert again.affected == []


async def test_a_version_that_said_something_else_is_refused_at_its_place(
    client: AssessmentClient,
) -> None:
    await stored(client, a_request())
    await corrected(client, the_phosphate(1.2, version=2))
    fine = an_observation("s_ca", 2.3, 3) | {"id": "new"}

    with pytest.raises(Refused) as refused:
        await corrected(client, fine, the_phosphate(1.3, version=2))

    assert refused.value.status == 409
    assert refused.value.problem["errors"][0]["pointer"] == "/observations/1/version"


async def test_an_older_version_that_arrives_late_changes_nothing(
    client: AssessmentClient,
) -> None:
    await corrected(client, the_phosphate(0.45, version=3))
    first = await stored(client, a_request(observations=[the_phosphate(0.45, version=3)]))

    answer = await corrected(client, the_phosphate(1.2, version=2))

    assert ([one.version for one in answer.versions], answer.affected) == ([2], [])
    assert (await client.read_assessment(NORTH, first.id)).marked == []


async def test_a_message_is_safe_to_repeat_also_after_a_later_correction(
    client: AssessmentClient,
) -> None:
    await stored(client, a_request())
    id, message = uuid4(), a_message(the_phosphate(1.2))
    once = await client.record_observations(NORTH, id, message)
    await corrected(client, the_phosphate(0.5))

    assert await client.record_observations(NORTH, id, message) == once

    with pytest.raises(Refused) as refused:
        await client.record_observations(NORTH, id, a_message(the_phosphate(1.3)))
    assert refused.value.status == 409


async def test_another_organisation_corrects_nothing_here(client: AssessmentClient) -> None:
    first = await stored(client, a_request())

    answer = await client.record_observations(SOUTH, uuid4(), a_message(the_phosphate(1.2)))

    assert answer.affected == []
    assert (await client.read_assessment(NORTH, first.id)).marked == []
    for ask in (client.read_assessment, client.reassess):
        with pytest.raises(Refused) as refused:
            await ask(SOUTH, first.id)
        assert refused.value.status == 404


async def test_two_corrections_at_once_lose_no_mark(client: AssessmentClient) -> None:
    observations = body_of(DC["DC1"])["observations"]
    drawn = [await stored(client, a_request(day)) for day in range(3)]

    answers = await asyncio.gather(
        *(
            corrected(client, one | {"value": one["value"] * 1.01, "status": "corrected"})
            for one in observations[:5]
        )
    )

    for first in drawn:
        shown = await client.read_assessment(NORTH, first.id)
        assert {mark.observation for mark in shown.marked} == {o["id"] for o in observations[:5]}
        assert shown.superseded_by is not None
        now = await client.read_assessment(NORTH, shown.superseded_by)
        versions = {one.observation: one.version for one in now.inputs}
        assert [versions[one["id"]] for one in observations[:5]] == [2] * 5
        assert now.marked == []
    assert all(len(answer.affected) == 3 for answer in answers)


# -- journeys -----------------------------------------------------------------------------------


def facts(*observations: dict[str, Any], **more: Any) -> RecordFacts:
    return RecordFacts.model_validate({"patient": PATIENT, "observations": observations, **more})


async def told(client: AssessmentClient, record: UUID, facts: RecordFacts) -> FactsStored:
    return await client.record_facts(NORTH, record, uuid4(), facts)


async def heard(
    client: AssessmentClient, record: UUID, day: int = 0, last: UUID | None = None
) -> Conclusion:
    moment = AsOf(as_of=AS_OF + timedelta(days=day), last_heard=last)
    return await client.assess_record(NORTH, record, uuid4(), moment)


async def test_a_journey_hears_that_a_result_was_corrected_and_what_changed(
    client: AssessmentClient,
) -> None:
    record = uuid4()
    await told(client, record, facts(an_observation("s_phos", 0.48, 3) | {"id": "p1"}))
    low = await heard(client, record)
    assert {one.status for one in low.obligations} == {ObligationStatus.OPEN}

    wrong = an_observation("s_phos", 1.1, 3) | {"id": "p1", "status": "corrected"}
    answer = await told(client, record, facts(wrong))
    now = await heard(client, record, 1)

    assert [one.assessment for one in answer.affected] == [low.id]
    assert now.because_of == ("s_phos:corrected",)
    assert any(one.startswith("leading_diagnosis:") for one in now.changes)
    asked = {step.step for step in (await client.read_assessment(NORTH, now.id)).next_tests}
    ended = {one.rule: one.status for one in now.obligations if one.rule not in asked}
    assert ended, "only the old value asked for them"
    assert set(ended.values()) == {ObligationStatus.CANCELLED}
    shown = await client.read_assessment(NORTH, now.id)
    assert shown.supersedes == low.id
    assert shown.changes
    later = await heard(client, record, 2)
    assert (later.because_of, later.changes) == ((), ()), "it is said once"
    lost = await heard(client, record, 3, low.id)
    assert (lost.because_of, lost.changes) == (now.because_of, now.changes), "but not heard"
    assert (await heard(client, record, 4, uuid4())).because_of == (), "no conclusion of ours"


async def test_a_correction_outside_the_journey_reaches_its_record(
    client: AssessmentClient,
) -> None:
    record = uuid4()
    await told(client, record, facts(an_observation("s_phos", 0.48, 3) | {"id": "p1"}))
    low = await heard(client, record)

    answer = await corrected(client, {"id": "p1", "status": "cancelled"})
    now = await heard(client, record, 1)

    assert [one.assessment for one in answer.affected] == [low.id]
    assert now.because_of == ("s_phos:cancelled",)


async def test_results_that_came_before_the_patients_name_go_with_it(
    client: AssessmentClient,
) -> None:
    record = uuid4()
    nameless = RecordFacts.model_validate(
        {"observations": [an_observation("s_phos", 0.48, 3) | {"id": "p1"}]}
    )
    await client.record_facts(NORTH, record, uuid4(), nameless)
    low = await heard(client, record)
    await told(client, record, facts(findings={"bone_pain": True}))

    answer = await corrected(client, {"id": "p1", "status": "entered-in-error"})

    assert [one.assessment for one in answer.affected] == [low.id]


async def test_facts_are_answered_as_the_first_time_also_after_a_correction(
    client: AssessmentClient,
) -> None:
    record, event = uuid4(), uuid4()
    first = facts(an_observation("s_phos", 0.48, 3) | {"id": "p1"})
    once = await client.record_facts(NORTH, record, event, first)
    await corrected(client, {"id": "p1", "status": "entered-in-error"})

    assert await client.record_facts(NORTH, record, event, first) == once


async def test_findings_of_two_events_are_laid_together(client: AssessmentClient) -> None:
    record = uuid4()
    phosphate = an_observation("s_phos", 0.48, 3) | {"id": "p1"}
    await told(client, record, facts(phosphate, findings={"respiratory_weakness": True}))
    await told(client, record, facts(findings={"bone_pain": False}))

    now = await heard(client, record)

    assert (await client.read_assessment(NORTH, now.id)).urgent


# -- who looked ---------------------------------------------------------------------------------


async def test_what_a_correction_touches_is_in_the_audit_log(
    client: AssessmentClient, settings: AssessmentSettings
) -> None:
    first = await stored(client, a_request())
    answer = await corrected(client, the_phosphate(1.2))
    await client.reassess(NORTH, first.id)

    database = Database(settings.database_url)
    async with database.across.reading() as session:
        entries = await audit.entries(session)
    await database.close()

    assert {entry["patient"] for entry in entries} == {"p-17"}
    done = [
        (entry["action"], entry["record_id"]) for entry in entries if entry["kind"] != "Observation"
    ]
    assert done == [
        ("create", str(first.id)),
        ("update", str(first.id)),
        ("create", str(answer.affected[0].redrawn)),
        ("read", str(first.id)),
    ]


async def test_only_who_may_tell_of_results_corrects_them(
    http: httpx2.AsyncClient, mint: Any
) -> None:
    reader = client_with(http, mint, ("system/ClinicalImpression.crs",))
    with pytest.raises(Refused) as refused:
        await reader.record_observations(NORTH, uuid4(), a_message(the_phosphate(1.2)))
    assert refused.value.status == 403


async def test_a_withdrawal_is_received_when_it_comes(client: AssessmentClient) -> None:
    before = datetime.now(UTC)
    first = await stored(client, a_request())
    await corrected(client, the_phosphate(1.2))

    shown = await client.read_assessment(NORTH, first.id)

    assert shown.concluded_at is not None
    assert before <= shown.concluded_at < shown.marked[0].marked_at


async def test_one_result_sent_twice_at_once_with_two_values_is_asked_back_and_corrects_nothing(
    client: AssessmentClient,
) -> None:
    first = await stored(client, a_request())
    phosphate = the_phosphate()
    torn = [phosphate | {"value": 0.8}, phosphate | {"value": 1.1}]

    second = await stored(client, a_request(observations=torn))
    answer = await told(client, uuid4(), facts(*torn))

    for rejected in (second.rejected, answer.rejected):
        assert [one.observation for one in rejected] == [phosphate["id"]]
    assert (second.affected, answer.affected, answer.versions) == ([], [], [])
    assert (await client.reassess(NORTH, second.id)).changes == []
    assert (await client.read_assessment(NORTH, first.id)).marked == []


async def test_preliminary_and_final_sent_at_once_are_two_versions_in_any_order(
    client: AssessmentClient,
) -> None:
    final = the_phosphate()
    both = [final, final | {"status": "preliminary", "value": 0.5}]

    answer = await corrected(client, *both)

    assert [(one.version, one.status) for one in answer.versions] == [(2, "final")]


async def test_a_repeated_call_shows_what_was_answered_and_is_in_the_audit_log(
    client: AssessmentClient, settings: AssessmentSettings
) -> None:
    record, id, message = uuid4(), uuid4(), a_message(the_phosphate(1.2))
    first = facts(an_observation("s_phos", 0.48, 3) | {"id": "p1"})
    for _ in range(2):
        await client.record_observations(NORTH, id, message)
        await client.record_facts(NORTH, record, id, first)

    database = Database(settings.database_url)
    async with database.across.reading() as session:
        entries = await audit.entries(session)
    await database.close()

    assert [(entry["action"], entry["patient"]) for entry in entries] == [
        ("create", "p-17"),
        ("create", "p-17"),
        ("read", "p-17"),
        ("read", "p-17"),
    ]
