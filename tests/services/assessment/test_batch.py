"""Many patients in one call: a verdict each, in order, and none spoils the rest."""

import asyncio
import json
import re
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from services.assessment import batch
from services.assessment.assess import assess
from services.assessment.batch import AT_ONCE, MOST_ITEMS, Moment
from services.assessment.client import AssessmentClient
from services.assessment.contract import BatchItem
from services.chassis.client import Refused
from services.chassis.tokens import TokenMint
from tests.services.assessment.a_site import a_phosphate, an_interval, some_settings
from tests.services.assessment.conftest import EVERYTHING, client_with
from tests.services.assessment.vectors import body_of, request_of, vectors
from tests.tio.test_assess import tio

NORTH = "north"
PLACE = "/assessment/v1/evaluations"
LINES = "application/x-ndjson"
DC = {case["id"]: case for case in vectors()}
GOOD = body_of(DC["DC1"])
BAD: dict[str, dict[str, Any]] = {
    "an unknown field": GOOD | {"shoe": 42},
    "a wrong type": GOOD | {"observations": "none"},
    "a time without an offset": GOOD | {"as_of": "2026-03-02T09:00:00"},
    "an observation without an id": GOOD | {"observations": [{"analyte": "s_phos"}]},
}


@pytest.fixture
def headers(mint: TokenMint) -> dict[str, str]:
    """A caller who may conclude."""
    return {"Authorization": f"Bearer {mint.mint('lab', NORTH, EVERYTHING)}"}


async def verdicts(
    http: httpx2.AsyncClient, headers: dict[str, str], items: list[Any]
) -> list[dict[str, Any]]:
    reply = await http.post(PLACE, json={"requests": items}, headers=headers)
    assert reply.status_code == 200, reply.text
    results: list[dict[str, Any]] = reply.json()["results"]
    return results


async def lines(
    http: httpx2.AsyncClient, headers: dict[str, str], body: str
) -> list[dict[str, Any]]:
    reply = await http.post(PLACE, content=body, headers=headers | {"Content-Type": LINES})
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith(LINES)
    return [json.loads(line) for line in reply.text.splitlines()]


async def test_each_patient_gets_the_answer_they_would_have_had_alone(
    client: AssessmentClient,
) -> None:
    asked = [BatchItem.model_validate(body_of(case) | {"id": id}) for id, case in DC.items()]

    answered = await client.evaluate_many(NORTH, asked)

    assert [one.index for one in answered.results] == list(range(len(DC)))
    assert [one.id for one in answered.results] == list(DC)
    assert {one.status for one in answered.results} == {200}
    for one, case in zip(answered.results, DC.values(), strict=True):
        assert one.answer == assess(request_of(case))


@pytest.mark.parametrize("name", BAD)
async def test_one_bad_item_never_stops_the_rest(
    http: httpx2.AsyncClient, headers: dict[str, str], name: str
) -> None:
    results = await verdicts(http, headers, [GOOD, BAD[name] | {"id": "b"}, GOOD | {"id": "c"}])

    assert [one["status"] for one in results] == [200, 422, 200]
    assert [one["index"] for one in results] == [0, 1, 2]
    assert [one.get("id") for one in results] == [None, "b", "c"]
    assert results[0]["answer"]["class"] == results[2]["answer"]["class"] == "TIO_PROBABLE"
    assert "answer" not in results[1]
    assert results[1]["problem"]["errors"]


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_item_is_told_what_it_would_have_been_told_alone(
    http: httpx2.AsyncClient, headers: dict[str, str], name: str
) -> None:
    alone = await http.post("/assessment/v1/evaluate", json=BAD[name], headers=headers)
    in_json = (await verdicts(http, headers, [BAD[name]]))[0]
    in_lines = (await lines(http, headers, json.dumps(BAD[name])))[0]
    typed = json.loads(tio("assess", "--ndjson", standard_input=json.dumps(BAD[name])).stdout)

    expected = alone.json() | {"instance": ""}
    for problem in (in_json["problem"], in_lines["problem"], typed):
        assert problem | {"instance": ""} == expected


@pytest.mark.parametrize("item", [None, 5, "a", [], [GOOD]], ids=repr)
async def test_what_is_no_object_is_a_bad_item(
    http: httpx2.AsyncClient, headers: dict[str, str], item: Any
) -> None:
    results = await verdicts(http, headers, [item, GOOD])

    assert [one["status"] for one in results] == [422, 200]
    assert results[0]["problem"]["errors"][0]["pointer"] == ""


@pytest.mark.parametrize("id", [7, "", "x" * 201], ids=["a number", "empty", "too long"])
async def test_an_id_that_is_no_name_is_refused_and_not_echoed(
    http: httpx2.AsyncClient, headers: dict[str, str], id: Any
) -> None:
    result = (await verdicts(http, headers, [GOOD | {"id": id}]))[0]

    assert result["status"] == 422
    assert "id" not in result
    assert [one["pointer"] for one in result["problem"]["errors"]] == ["/id"]


async def test_lines_are_answered_by_lines(
    http: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    good, bad = json.dumps(GOOD | {"id": "a"}), json.dumps(BAD["an unknown field"] | {"id": "b"})

    results = await lines(http, headers, f"{good}\n\n{{broken\n{bad}\r\n{good}")

    assert [one["status"] for one in results] == [200, 400, 422, 200]
    assert [one["index"] for one in results] == [0, 1, 2, 3]
    assert [one.get("id") for one in results] == ["a", None, "b", "a"]
    assert results[1]["problem"]["errors"] == [
        {"pointer": "", "code": "json_invalid", "detail": "this is not JSON"}
    ]
    assert results[0]["answer"] == results[3]["answer"]


async def test_no_items_are_no_verdicts(http: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    assert await verdicts(http, headers, []) == []
    assert await lines(http, headers, "\n") == []


@pytest.mark.parametrize(
    ("body", "kind", "status", "pointer"),
    [
        ('{"requests": [', "application/json", 400, ""),
        ("[]", "application/json", 422, ""),
        ("{}", "application/json", 422, "/requests"),
        ('{"requests": {}}', "application/json", 422, "/requests"),
        ('{"requests": [], "shoe": 1}', "application/json", 422, "/shoe"),
        ('{"requests": []}', "text/csv", 415, None),
        ('{"requests": []}', "", 415, None),
    ],
)
async def test_a_frame_that_cannot_be_read_is_refused_as_a_whole(
    http: httpx2.AsyncClient,
    headers: dict[str, str],
    body: str,
    kind: str,
    status: int,
    pointer: str | None,
) -> None:
    reply = await http.post(PLACE, content=body, headers=headers | {"Content-Type": kind})

    assert reply.status_code == status
    places = [one["pointer"] for one in reply.json().get("errors", [])]
    assert places == ([] if pointer is None else [pointer])


async def test_a_batch_over_the_limit_is_refused(
    http: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    many: list[Any] = [{}] * MOST_ITEMS

    reply = await http.post(PLACE, json={"requests": many}, headers=headers)
    over = await http.post(PLACE, json={"requests": [*many, {}]}, headers=headers)
    kind = headers | {"Content-Type": LINES}
    lines_over = await http.post(PLACE, content="{}\n" * (MOST_ITEMS + 1), headers=kind)
    large = await http.post(PLACE, content="{}\n" * 400_000, headers=kind)

    assert len(reply.json()["results"]) == MOST_ITEMS
    assert over.status_code == lines_over.status_code == 422
    assert over.json()["errors"][0]["pointer"] == "/requests"
    assert large.status_code == 413


async def test_the_site_of_the_caller_counts_for_every_item(
    http: httpx2.AsyncClient, mint: TokenMint
) -> None:
    client = client_with(http, mint, (*EVERYTHING, "system/Organization.u"))
    strict = some_settings(intervals=[an_interval(low=0.85, high=1.5)])
    await client.sign_site_settings(NORTH, strict)
    patient = {"sex": "female", "age_years": 46}
    items = [
        BatchItem.model_validate({"patient": patient, "observations": [a_phosphate(0.82)]})
        for _ in range(2)
    ]

    answered = await client.evaluate_many(NORTH, items)

    for one in answered.results:
        assert one.answer is not None
        assert one.answer.interpretations[0].range_from == "site"


async def test_the_description_of_the_api_is_whole(http: httpx2.AsyncClient) -> None:
    document = (await http.get("/assessment/v1/openapi.json")).json()
    body = document["paths"][PLACE]["post"]["requestBody"]["content"]["application/json"]["schema"]

    item = body["properties"]["requests"]["items"]

    assert item["properties"].keys() == BatchItem.model_fields.keys()
    named = set(re.findall(r"#/components/schemas/([^\"]+)", json.dumps(document)))
    assert named <= document["components"]["schemas"].keys()


async def test_who_may_not_conclude_is_refused(http: httpx2.AsyncClient, mint: TokenMint) -> None:
    stranger = client_with(http, mint, ("system/Observation.c",))

    with pytest.raises(Refused) as refused:
        await stranger.evaluate_many(NORTH, [])

    assert refused.value.status == 403


async def test_others_have_their_turn_while_a_batch_is_answered() -> None:
    turns: list[int] = []
    answered: list[bytes] = []

    async def another() -> None:
        while True:
            turns.append(len(answered))
            await asyncio.sleep(0)

    waiting = asyncio.create_task(another())
    async for verdict in Moment(datetime.now(UTC), None).verdicts([{}] * (AT_ONCE * 3)):
        answered.append(verdict)
    waiting.cancel()

    assert turns == [0, AT_ONCE, 2 * AT_ONCE]


def test_a_fault_of_ours_is_one_items_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of a patient called Jane")

    monkeypatch.setattr(batch, "assess", broken)

    verdict = json.loads(Moment(datetime.now(UTC), None).verdict(3, {"id": "a"}))

    assert (verdict["index"], verdict["id"], verdict["status"]) == (3, "a", 500)
    assert "Jane" not in json.dumps(verdict)
