"""The service through its client, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from knowledge.terms.obligation import ObligationStatus, Proposal
from services.assessment.assess import assess
from services.assessment.client import AssessmentClient
from services.assessment.contract import AsOf, EvaluateRequest, RecordFacts
from services.assessment.settings import AssessmentSettings
from services.chassis import audit
from services.chassis.client import Refused
from services.chassis.database import Database
from services.chassis.migrations import differences
from services.chassis.tokens import TokenMint
from tests.services.assessment.conftest import EVERYTHING, client_with
from tests.services.assessment.vectors import AS_OF, an_observation, body_of, request_of, vectors

NORTH, SOUTH = "north", "south"
DC = {case["id"]: case for case in vectors()}


def facts(*observations: dict[str, Any], **more: Any) -> RecordFacts:
    patient = {"id": "p-17", "sex": "female", "age_years": 46}
    return RecordFacts.model_validate({"patient": patient, "observations": observations, **more})


def a_phosphate(value: float, day: int, id: str) -> dict[str, Any]:
    return an_observation("s_phos", value, day) | {"id": id}


async def test_an_evaluation_over_http_is_the_verbs_own_answer(client: AssessmentClient) -> None:
    request = request_of(DC["DC1"])

    assert await client.evaluate(NORTH, request) == assess(request)


async def test_a_stored_assessment_is_read_back_and_repeated(client: AssessmentClient) -> None:
    id, request = uuid4(), request_of(DC["DC1"])

    stored = await client.record_assessment(NORTH, id, request)

    again = await client.record_assessment(NORTH, id, request)
    assert again == stored
    assert again.as_of.isoformat() == stored.as_of.isoformat()
    assert await client.read_assessment(NORTH, id) == stored
    assert stored.tio_class == "TIO_PROBABLE"


async def test_a_stored_answer_has_the_shape_of_an_evaluated_one(
    http: httpx2.AsyncClient, mint: TokenMint
) -> None:
    token = {"Authorization": f"Bearer {mint.mint('lab', NORTH, EVERYTHING)}"}
    body = body_of(DC["DC1"])
    evaluated = await http.post("/assessment/v1/evaluate", json=body, headers=token)
    path = f"/assessment/v1/assessments/{uuid4()}"

    stored = await http.put(path, json=body, headers=token)

    read = await http.get(path, headers=token)
    for reply in (stored, read):
        assert evaluated.json().items() <= reply.json().items()


async def test_the_same_id_with_other_data_is_a_conflict(client: AssessmentClient) -> None:
    id = uuid4()
    await client.record_assessment(NORTH, id, request_of(DC["DC1"]))

    with pytest.raises(Refused) as refused:
        await client.record_assessment(NORTH, id, request_of(DC["DC2"]))

    assert refused.value.status == 409


async def test_another_organisation_finds_nothing(client: AssessmentClient) -> None:
    id = uuid4()
    await client.record_assessment(NORTH, id, request_of(DC["DC1"]))

    with pytest.raises(Refused) as refused:
        await client.read_assessment(SOUTH, id)

    assert refused.value.status == 404
    assert (await client.list_assessments(SOUTH, "DC1")).assessments == []


async def test_assessments_of_a_patient_come_in_pages_newest_first(
    client: AssessmentClient,
) -> None:
    for day in range(5):
        body = body_of(DC["DC7"]) | {"as_of": (AS_OF + timedelta(days=day)).isoformat()}
        await client.record_assessment(NORTH, uuid4(), EvaluateRequest.model_validate(body))

    seen, cursor = [], None
    while True:
        page = await client.list_assessments(NORTH, "DC7", 2, cursor)
        seen += [one.as_of for one in page.assessments]
        cursor = page.cursor
        if cursor is None:
            break

    assert seen == [AS_OF + timedelta(days=day) for day in (4, 3, 2, 1, 0)]


async def test_a_cursor_that_is_not_ours_is_refused(client: AssessmentClient) -> None:
    with pytest.raises(Refused) as refused:
        await client.list_assessments(NORTH, "p", 2, "nonsense")
    assert refused.value.status == 422


async def test_a_stored_result_without_its_time_is_refused_at_its_place(
    client: AssessmentClient,
) -> None:
    body = body_of(DC["DC1"])
    del body["observations"][3]["taken_at"]

    with pytest.raises(Refused) as refused:
        await client.record_assessment(NORTH, uuid4(), EvaluateRequest.model_validate(body))

    assert refused.value.status == 422
    assert refused.value.problem["errors"][0]["pointer"] == "/observations/3/taken_at"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"observations": [{"id": "o", "taken_at": "2026-01-01T08:00:00"}]}, "/observations/0"),
        ({"shoe_size": 42}, "/shoe_size"),
        ({"findings": {"bone_pian": True}}, "/findings/bone_pian"),
        ({"patient": {"sex": "f"}}, "/patient/sex"),
        ({"acute_context": ["party"]}, "/acute_context/0"),
    ],
)
async def test_a_wrong_body_is_refused_with_its_place(
    http: httpx2.AsyncClient, mint: TokenMint, change: dict[str, Any], pointer: str
) -> None:
    token = mint.mint("lab", NORTH, EVERYTHING)
    reply = await http.post(
        "/assessment/v1/evaluate",
        json=body_of(DC["DC1"]) | change,
        headers={"Authorization": f"Bearer {token}"},
    )

    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert any(error["pointer"].startswith(pointer) for error in reply.json()["errors"])


async def test_without_the_scope_nothing_is_told(http: httpx2.AsyncClient, mint: TokenMint) -> None:
    reader = client_with(http, mint, ("system/ClinicalImpression.r",))
    with pytest.raises(Refused) as refused:
        await reader.evaluate(NORTH, request_of(DC["DC1"]))
    assert refused.value.status == 403

    anonymous = await http.post("/assessment/v1/evaluate", json=body_of(DC["DC1"]))
    assert anonymous.status_code == 401


async def test_a_journey_grows_from_a_low_phosphate_to_the_search(
    client: AssessmentClient,
) -> None:
    record, start = uuid4(), AS_OF - timedelta(days=30)
    await client.record_facts(
        NORTH,
        record,
        uuid4(),
        facts(a_phosphate(0.48, 34, "p1"), findings={"bone_pain": True}, drug_exposures=[]),
    )
    first = await client.assess_record(NORTH, record, uuid4(), AsOf(as_of=start))

    assert first.state == "INDETERMINATE"
    assert {one.rule for one in first.obligations} == {"M-00"}
    due = first.obligations[0].due

    again = start + timedelta(days=1)
    second = await client.assess_record(NORTH, record, uuid4(), AsOf(as_of=again))
    assert second.obligations[0].due == due, "an open step keeps its day"

    panel = body_of(DC["DC1"])["observations"]
    panel = [one | {"id": f"panel-{one['id']}"} for one in panel]
    await client.record_facts(
        NORTH, record, uuid4(), facts(*panel, findings={"prior_normal_adult_phosphate": True})
    )
    last = await client.assess_record(NORTH, record, uuid4(), AsOf(as_of=AS_OF))

    assert (last.state, last.proposal) == ("TIO_PROBABLE", Proposal.LOCALIZE)
    assert [one.status for one in last.obligations] == [ObligationStatus.DONE]
    assert (await client.read_assessment(NORTH, last.id)).tio_class == "TIO_PROBABLE"


async def test_facts_and_conclusions_are_safe_to_repeat(client: AssessmentClient) -> None:
    record, event, conclusion = uuid4(), uuid4(), uuid4()
    told, moment = facts(a_phosphate(0.48, 3, "p1")), AsOf(as_of=AS_OF)

    once = await client.record_facts(NORTH, record, event, told)
    assert await client.record_facts(NORTH, record, event, told) == once
    concluded = await client.assess_record(NORTH, record, conclusion, moment)
    assert await client.assess_record(NORTH, record, conclusion, moment) == concluded

    with pytest.raises(Refused) as other_facts:
        await client.record_facts(NORTH, record, event, facts(a_phosphate(0.9, 3, "p1")))
    later = AsOf(as_of=AS_OF + timedelta(days=1))
    with pytest.raises(Refused) as other_moment:
        await client.assess_record(NORTH, record, conclusion, later)
    assert {other_facts.value.status, other_moment.value.status} == {409}


async def test_a_corrected_result_replaces_the_former(client: AssessmentClient) -> None:
    record = uuid4()
    await client.record_facts(NORTH, record, uuid4(), facts(a_phosphate(0.45, 3, "p1")))
    low = await client.assess_record(NORTH, record, uuid4(), AsOf(as_of=AS_OF))
    corrected = a_phosphate(1.05, 3, "p1") | {"status": "corrected", "version": 2}
    await client.record_facts(NORTH, record, uuid4(), facts(corrected))

    now = await client.assess_record(NORTH, record, uuid4(), AsOf(as_of=AS_OF))

    assert (await client.read_assessment(NORTH, low.id)).differential
    assert (await client.read_assessment(NORTH, now.id)).differential == []


async def test_a_step_that_is_asked_again_is_a_new_occurrence(client: AssessmentClient) -> None:
    record = uuid4()

    async def conclude(day: int) -> dict[tuple[str, str], ObligationStatus]:
        as_of = AsOf(as_of=AS_OF + timedelta(days=day))
        concluded = await client.assess_record(NORTH, record, uuid4(), as_of)
        return {(one.rule, one.occurrence): one.status for one in concluded.obligations}

    await client.record_facts(NORTH, record, uuid4(), facts(a_phosphate(0.7, 3, "p1")))
    assert (await conclude(0))["M-01", "1"] is ObligationStatus.OPEN
    normal = a_phosphate(1.1, 3, "p1") | {"version": 2}
    more = a_phosphate(1.1, 2, "p2")
    await client.record_facts(NORTH, record, uuid4(), facts(normal, more))
    assert (await conclude(1))["M-01", "1"] is ObligationStatus.DONE
    low_again = a_phosphate(0.7, -2, "p3")
    await client.record_facts(NORTH, record, uuid4(), facts(low_again))

    now = await conclude(3)

    assert now["M-01", "1"] is ObligationStatus.DONE
    assert now["M-01", "2"] is ObligationStatus.OPEN


async def test_a_bad_value_is_told_back_and_the_rest_is_kept(client: AssessmentClient) -> None:
    bare = a_phosphate(1.5, 3, "bare") | {"unit": None}

    stored = await client.record_facts(
        NORTH, uuid4(), uuid4(), facts(bare, a_phosphate(0.6, 3, "good"))
    )

    assert stored.accepted == ["good"]
    assert [(one.observation, one.rule) for one in stored.rejected] == [("bare", "V-01")]


async def test_every_look_at_a_patient_is_in_the_audit_log(
    client: AssessmentClient, settings: AssessmentSettings
) -> None:
    id = uuid4()
    await client.record_assessment(NORTH, id, request_of(DC["DC1"]))
    await client.read_assessment(NORTH, id)
    await client.list_assessments(NORTH, "DC1")

    database = Database(settings.database_url)
    async with database.across.reading() as session:
        entries = await audit.entries(session)
    await database.close()

    assert [(entry["action"], entry["patient"]) for entry in entries] == [
        ("create", "DC1"),
        ("read", "DC1"),
        ("search", "DC1"),
    ]


async def test_tables_and_migrations_agree(
    http: httpx2.AsyncClient, settings: AssessmentSettings
) -> None:
    database = Database(settings.database_url)
    assert await differences(database, "assessment") == []
    await database.close()


async def test_without_as_of_it_is_assessed_now(client: AssessmentClient) -> None:
    body = body_of(DC["DC7"]) | {"as_of": None}
    body["observations"] = [
        one | {"taken_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
        for one in body["observations"]
    ]

    answer = await client.evaluate(NORTH, EvaluateRequest.model_validate(body))

    assert answer.rejected == []
