"""The search for the tumor over HTTP, on both databases: repeatable, refusing, and private."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.chassis.client import Refused
from services.chassis.tables import AUDIT_ENTRY
from services.chassis.tokens import TokenMint
from services.localization.client import LocalizationClient
from services.localization.contract import (
    AsOf,
    Examination,
    PlanRequest,
    ReportedStudy,
    Study,
)
from tests.services.localization.conftest import asking
from tests.services.localization.test_localize import (
    FEMUR,
    FEMUR_MRI,
    a_study,
    an_examination,
)

NOW = AsOf(as_of=datetime(2026, 3, 1, 9, tzinfo=UTC))


def the_examination() -> Examination:
    """A complete one; its id stands in the address."""
    return Examination.model_validate({**an_examination(), "id": None})


def the_study(**changes: object) -> Study:
    """A study; its id stands in the address."""
    return Study.model_validate({**a_study(), **changes, "id": None})


def a_report(**changes: object) -> ReportedStudy:
    """The same, where its sender says which version it is."""
    return ReportedStudy.model_validate({**a_study(), **changes, "id": None})


async def test_evaluating_stores_nothing(localization: LocalizationClient) -> None:
    answer = await localization.evaluate_plan("north", PlanRequest())

    assert answer.state == "INCOMPLETE"
    with pytest.raises(Refused) as refusal:
        await localization.read_plan("north", uuid4())
    assert refusal.value.status == 404


async def test_a_search_goes_from_nothing_to_localized(localization: LocalizationClient) -> None:
    plan = uuid4()
    asked = await localization.record_conclusion("north", plan, uuid4(), NOW)
    await localization.record_examination("north", plan, uuid4(), the_examination())
    await localization.record_study("north", plan, uuid4(), the_study(lesions=[FEMUR]))
    await localization.record_study("north", plan, uuid4(), the_study(**FEMUR_MRI))
    found = await localization.record_conclusion("north", plan, uuid4(), NOW)

    assert (asked.state, [o.act for o in asked.obligations]) == ("INCOMPLETE", ["examination"])
    assert (found.state, found.proposal) == ("LOCALIZED", "operate")
    assert {o.status for o in found.obligations} == {"done"}
    answer = await localization.read_plan("north", plan)
    assert (answer.state, answer.as_of) == ("LOCALIZED", NOW.as_of)
    why = await localization.read_conclusion("north", plan, found.id)
    assert why.conclusion == found
    assert why.answer.candidates[0].site_name == "femur"


async def test_telling_it_again_is_telling_it_once(localization: LocalizationClient) -> None:
    plan, study, conclusion = uuid4(), uuid4(), uuid4()
    first = await localization.record_study("north", plan, study, the_study())
    again = await localization.record_study("north", plan, study, the_study())
    one = await localization.record_conclusion("north", plan, conclusion, NOW)
    other = await localization.record_conclusion("north", plan, conclusion, NOW)

    assert first == again
    assert one == other


async def test_the_same_id_for_something_else_is_a_conflict(
    localization: LocalizationClient,
) -> None:
    plan, study, conclusion = uuid4(), uuid4(), uuid4()
    await localization.record_study("north", plan, study, a_report(version=1))
    await localization.record_conclusion("north", plan, conclusion, NOW)
    later = AsOf(as_of=datetime(2026, 4, 1, 9, tzinfo=UTC))

    for attempt in (
        localization.record_study("north", plan, study, a_report(version=1, tracer="FDG")),
        localization.record_conclusion("north", plan, conclusion, later),
    ):
        with pytest.raises(Refused) as refusal:
            await attempt
        assert refusal.value.status == 409


async def test_a_constraint_stays_when_another_is_told(localization: LocalizationClient) -> None:
    plan = uuid4()
    pregnant = PlanRequest.model_validate({"constraints": {"pregnancy": True}})
    no_pet = PlanRequest.model_validate({"availability": {"sstr_pet_ct": {"available": False}}})
    await localization.record_examination("north", plan, uuid4(), the_examination())
    await localization.record_plan("north", plan, pregnant)

    answer = await localization.record_plan("north", plan, no_pet)

    assert [(s.act, [g.rule for g in s.gates]) for s in answer.next_steps] == [
        ("whole_body_mri", []),
        ("sstr_spect_ct", ["LOC-029"]),
    ]


async def test_a_stale_edit_is_refused(http: httpx2.AsyncClient) -> None:
    path = f"/localization/v1/plans/{uuid4()}"
    made = await http.put(path, json={"biochemistry_confirmed": True})
    same = await http.put(path, json={"biochemistry_confirmed": True})
    changed = await http.put(path, json={"ready_on": "2026-01-01"})
    stale = await http.put(path, json={"requested": ["svs"]}, headers={"If-Match": '"1"'})

    assert made.headers["ETag"] == same.headers["ETag"] == '"1"'
    assert changed.headers["ETag"] == '"2"'
    assert stale.status_code == 412
    assert (await http.get(path)).headers["ETag"] == '"2"'


async def test_another_organisation_sees_nothing(localization: LocalizationClient) -> None:
    plan = uuid4()
    concluded = await localization.record_conclusion("north", plan, uuid4(), NOW)

    for attempt in (
        localization.read_plan("south", plan),
        localization.read_conclusion("south", plan, concluded.id),
    ):
        with pytest.raises(Refused) as refusal:
            await attempt
        assert refusal.value.status == 404


async def test_each_act_needs_its_scope(served: FastAPI, mint: TokenMint) -> None:
    async with asking(served, mint, "system/CarePlan.r") as (client, _):
        for attempt in (
            client.record_study("north", uuid4(), uuid4(), the_study()),
            client.record_plan("north", uuid4(), PlanRequest()),
            client.evaluate_plan("north", PlanRequest()),
        ):
            with pytest.raises(Refused) as refusal:
                await attempt
            assert refusal.value.status == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"modality": "PT", "performed_at": "2026-01-20T10:00:00"}, "/performed_at"),
        ({"modality": "PT", "lesions": [{"site": "rib", "size_mm": 0}]}, "/lesions/0/size_mm"),
        ({"modality": "PT", "colour": "blue"}, "/colour"),
        ({}, "/modality"),
    ],
)
async def test_a_problem_points_at_the_place_and_nothing_is_stored(
    http: httpx2.AsyncClient, body: dict[str, object], pointer: str
) -> None:
    plan = f"/localization/v1/plans/{uuid4()}"
    refused = await http.put(f"{plan}/studies/{uuid4()}", json=body)

    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]
    assert (await http.get(plan)).status_code == 404


async def test_who_looked_and_who_wrote_is_remembered(
    served: FastAPI, localization: LocalizationClient
) -> None:
    plan = uuid4()
    await localization.record_study("north", plan, uuid4(), the_study())
    await localization.read_plan("north", plan)

    assert await _audited(served, plan) == [("create", "ImagingStudy"), ("read", "CarePlan")]


async def _audited(app: FastAPI, plan: UUID) -> list[tuple[str, str]]:
    async with app.state.database.across.reading() as session:
        connection = await session.connection()
        wanted = select(AUDIT_ENTRY.c.action, AUDIT_ENTRY.c.kind).where(
            AUDIT_ENTRY.c.patient == str(plan)
        )
        return [tuple(row) for row in await connection.execute(wanted)]


async def test_many_at_once_lose_nothing(localization: LocalizationClient) -> None:
    plan = uuid4()
    await asyncio.gather(
        *(localization.record_study("north", plan, uuid4(), the_study()) for _ in range(8))
    )

    assert len((await localization.read_plan("north", plan)).dose_ledger.entries) == 8
