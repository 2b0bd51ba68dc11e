"""The register of lesions, people's words about it, and gates that they went past."""

import asyncio
from typing import Any
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
    LesionRegister,
    LinkSaid,
    OverrideSaid,
    PlacedOrder,
    PlanRequest,
    ReportedStudy,
)
from services.localization.tables import PlanRow
from tests.services.localization.conftest import asking
from tests.services.localization.test_corrections import a_report, the_examination
from tests.services.localization.test_localize import a_study

NORTH, SOUTH = "north", "south"
KNEE = {"id": "k", "site": "knee", "laterality": "left", "size_mm": 12}


def an_mri(**said: Any) -> ReportedStudy:
    """An MRI that calls the place by another name than the PET did."""
    body = {**a_study(), "modality": "MR", "tracer": None, "lesions": [KNEE]}
    return ReportedStudy.model_validate({**body, **said, "id": None})


def the_link(pet: UUID, mri: UUID, **said: Any) -> LinkSaid:
    """A person's word that the spot of the PET is the mass of the MRI."""
    body = {"a": f"{pet}:1", "b": f"{mri}:k", "same": True, "reason": "seen side by side"}
    return LinkSaid.model_validate(body | said)


@pytest.fixture
async def seen(localization: LocalizationClient) -> tuple[UUID, UUID, UUID]:
    """A search in which a PET and an MRI point at what looks like two places."""
    plan, pet, mri = uuid4(), uuid4(), uuid4()
    await localization.record_study(NORTH, plan, pet, a_report())
    await localization.record_study(NORTH, plan, mri, an_mri())
    return plan, pet, mri


def studies(register: LesionRegister) -> list[set[str]]:
    """Which studies saw each lesion?"""
    return sorted(({e.study for e in one.evidence} for one in register.lesions), key=sorted)


async def test_a_person_joins_two_lesions_and_takes_it_back(
    localization: LocalizationClient, seen: tuple[UUID, UUID, UUID]
) -> None:
    plan, pet, mri = seen
    apart = studies(await localization.read_lesions(NORTH, plan))
    link = uuid4()

    kept = await localization.link_lesions(NORTH, plan, link, the_link(pet, mri))
    joined = await localization.read_lesions(NORTH, plan)
    withdrawn = the_link(pet, mri, status="entered-in-error", reason="another knee")
    await localization.link_lesions(NORTH, plan, link, withdrawn)
    again = await localization.read_lesions(NORTH, plan)

    assert (kept.version, kept.counts, kept.by) == (1, True, "worker")
    assert studies(joined) == [{str(pet), str(mri)}]
    assert studies(again) == apart != studies(joined)
    assert [(one.version, one.counts, one.reason) for one in again.links] == [
        (2, False, "another knee")
    ]


async def test_a_person_parts_what_two_studies_called_one(
    localization: LocalizationClient,
) -> None:
    plan, pet, fdg = uuid4(), uuid4(), uuid4()
    await localization.record_study(NORTH, plan, pet, a_report())
    await localization.record_study(NORTH, plan, fdg, a_report(tracer="FDG"))
    as_one = studies(await localization.read_lesions(NORTH, plan))
    parted = LinkSaid(a=f"{pet}:1", b=f"{fdg}:1", same=False, reason="head and neck of the femur")

    await localization.link_lesions(NORTH, plan, uuid4(), parted)

    assert as_one == [{str(pet), str(fdg)}]
    assert len((await localization.read_lesions(NORTH, plan)).lesions) == 2


async def test_a_word_said_twice_is_one_and_a_stale_one_is_refused(
    http: httpx2.AsyncClient, seen: tuple[UUID, UUID, UUID]
) -> None:
    plan, pet, mri = seen
    path = f"/localization/v1/plans/{plan}/lesion-links/{uuid4()}"
    said = the_link(pet, mri).model_dump(mode="json")

    one = await http.put(path, json=said)
    again = await http.put(path, json=said)
    changed = await http.put(path, json=said | {"reason": "both by MRI"})
    stale = await http.put(path, json=said | {"same": False}, headers={"If-Match": '"1"'})

    assert (one.json(), one.headers["ETag"]) == (again.json(), '"1"')
    assert changed.headers["ETag"] == '"2"'
    assert stale.status_code == 412


async def test_two_people_who_contradict_each_other_are_told_so(
    localization: LocalizationClient, seen: tuple[UUID, UUID, UUID]
) -> None:
    plan, pet, mri = seen
    await localization.link_lesions(NORTH, plan, uuid4(), the_link(pet, mri))
    other_way_round = LinkSaid(a=f"{mri}:k", b=f"{pet}:1", same=False, reason="a cyst")

    with pytest.raises(Refused) as refusal:
        await localization.link_lesions(NORTH, plan, uuid4(), other_way_round)

    assert refusal.value.status == 409


async def test_what_follows_from_several_words_is_not_contradicted_either(
    localization: LocalizationClient, http: httpx2.AsyncClient, seen: tuple[UUID, UUID, UUID]
) -> None:
    plan, pet, mri = seen
    ct, first, second, opposite = f"{uuid4()}:1", uuid4(), uuid4(), uuid4()
    both = the_link(pet, mri)
    await localization.link_lesions(NORTH, plan, first, both)
    mri_is_ct = LinkSaid(a=both.b, b=ct, same=True, reason="the same marrow")
    await localization.link_lesions(NORTH, plan, second, mri_is_ct)
    path = f"/localization/v1/plans/{plan}/lesion-links/{opposite}"
    parted = {"a": ct, "b": both.a, "same": False, "reason": "a cyst"}

    refused = await http.put(path, json=parted)
    taken_back = both.model_copy(update={"status": "entered-in-error"})
    await localization.link_lesions(NORTH, plan, first, taken_back)
    accepted = await http.put(path, json=parted)
    closing = await http.put(path.replace(str(opposite), str(first)), json=both.model_dump())

    assert refused.status_code == closing.status_code == 409
    named = {error["detail"] for error in refused.json()["errors"]}
    assert named == {f"link {first}", f"link {second}"}
    assert accepted.status_code == 200


async def test_a_word_of_the_plan_is_not_contradicted_by_one_that_stands_alone(
    localization: LocalizationClient, seen: tuple[UUID, UUID, UUID]
) -> None:
    plan, pet, mri = seen
    word = the_link(pet, mri).model_dump(exclude={"status"})
    await localization.record_plan(NORTH, plan, PlanRequest.model_validate({"links": [word]}))

    with pytest.raises(Refused) as refusal:
        await localization.link_lesions(NORTH, plan, uuid4(), the_link(pet, mri, same=False))

    assert refusal.value.status == 409


async def test_a_plan_whose_words_contradict_each_other_is_refused(
    localization: LocalizationClient, seen: tuple[UUID, UUID, UUID]
) -> None:
    plan, pet, mri = seen
    await localization.link_lesions(NORTH, plan, uuid4(), the_link(pet, mri))
    word = the_link(pet, mri, same=False).model_dump(exclude={"status"})

    with pytest.raises(Refused) as refusal:
        await localization.record_plan(NORTH, plan, PlanRequest.model_validate({"links": [word]}))

    assert refusal.value.status == 409


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"reason": ""}, "/reason"),
        ({"by": "somebody else"}, "/by"),
        ({"b": "x:1", "a": "x:1"}, ""),
    ],
)
async def test_a_word_needs_a_reason_and_two_lesions_and_comes_from_who_says_it(
    http: httpx2.AsyncClient, said: dict[str, Any], pointer: str
) -> None:
    body = {"a": "x:1", "b": "y:1", "same": True, "reason": "seen side by side"} | said
    refused = await http.put(f"/localization/v1/plans/{uuid4()}/lesion-links/{uuid4()}", json=body)

    assert refused.status_code == 422
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]


async def test_a_word_about_a_lesion_that_was_corrected_away_no_longer_counts(
    localization: LocalizationClient, seen: tuple[UUID, UUID, UUID]
) -> None:
    plan, pet, mri = seen
    await localization.link_lesions(NORTH, plan, uuid4(), the_link(pet, mri))
    elsewhere = an_mri(status="corrected", lesions=[{**KNEE, "site": "rib"}])

    await localization.record_study(NORTH, plan, mri, elsewhere)

    register = await localization.read_lesions(NORTH, plan)
    (link,) = register.links
    assert (link.counts, link.why_not is not None) == (False, True)
    assert {str(pet), str(mri)} not in studies(register)


async def test_a_word_outlives_a_correction_that_leaves_the_lesion_where_it_was(
    localization: LocalizationClient, seen: tuple[UUID, UUID, UUID]
) -> None:
    plan, pet, mri = seen
    await localization.link_lesions(NORTH, plan, uuid4(), the_link(pet, mri))

    larger = an_mri(status="corrected", lesions=[{**KNEE, "size_mm": 21}])
    await localization.record_study(NORTH, plan, mri, larger)

    register = await localization.read_lesions(NORTH, plan)
    assert studies(register) == [{str(pet), str(mri)}]
    assert {(one.version, one.versions) for one in register.reports} == {(1, 1), (2, 2)}


async def test_a_person_goes_past_a_gate_with_a_reason_and_back(
    localization: LocalizationClient,
) -> None:
    plan, id = uuid4(), uuid4()
    pregnant = PlanRequest.model_validate({"constraints": {"pregnancy": True}})
    await localization.record_examination(NORTH, plan, uuid4(), the_examination())
    await localization.record_plan(NORTH, plan, pregnant)
    past = OverrideSaid(gate="LOC-029", act="sstr_pet_ct", reason="cannot wait; agreed with her")

    kept = await localization.override_gate(NORTH, plan, id, past)
    open_now = await localization.read_plan(NORTH, plan)
    back = past.model_copy(update={"status": "entered-in-error"})
    taken_back = await localization.override_gate(NORTH, plan, id, back)
    shut_again = await localization.read_plan(NORTH, plan)

    (step,) = [one for one in open_now.next_steps if one.act == "sstr_pet_ct"]
    assert [(o.rule, o.by) for o in step.overridden] == [("LOC-029", "worker")]
    assert (kept.in_effect, taken_back.in_effect, taken_back.version) == (True, False, 2)
    (step,) = [one for one in shut_again.next_steps if one.act == "sstr_pet_ct"]
    assert "LOC-029" in [gate.rule for gate in step.gates]


async def test_a_gate_that_may_not_be_passed_stays_shut(localization: LocalizationClient) -> None:
    plan = uuid4()
    past = OverrideSaid(gate="LOC-002", reason="in a hurry")

    kept = await localization.override_gate(NORTH, plan, uuid4(), past)

    assert not kept.in_effect


async def test_an_order_is_kept_followed_and_closed(localization: LocalizationClient) -> None:
    plan, order, pet = uuid4(), uuid4(), uuid4()
    await localization.record_examination(NORTH, plan, uuid4(), the_examination())
    said = {"status": "active", "act": "sstr_pet_ct", "occurs_on": "2099-02-01"}

    placed = await localization.record_order(
        NORTH, plan, order, PlacedOrder.model_validate(said | {"performer": "City"})
    )
    waiting = await localization.read_plan(NORTH, plan)
    await localization.record_study(NORTH, plan, pet, a_report(order=str(order)))
    closed = await localization.read_order(NORTH, plan, order)

    assert (placed.version, placed.followed.standing) == (1, "placed")
    (step,) = [one for one in waiting.next_steps if one.act == "sstr_pet_ct"]
    assert step.ordered is not None
    assert step.ordered.order == str(order)
    assert (closed.followed.standing, closed.followed.report) == ("fulfilled", str(pet))
    assert [one.id for one in (await localization.list_orders(NORTH, plan)).orders] == [order]


async def test_an_order_that_has_ended_is_not_placed_again(
    localization: LocalizationClient,
) -> None:
    plan, order = uuid4(), uuid4()
    said = {"act": "sstr_pet_ct", "occurs_on": "2099-02-01"}
    active = PlacedOrder.model_validate(said | {"status": "active"})
    held = PlacedOrder.model_validate(said | {"status": "on-hold", "reason": "fever"})
    revoked = PlacedOrder.model_validate(said | {"status": "revoked", "reason": "moved"})

    versions = [
        (await localization.record_order(NORTH, plan, order, one)).version
        for one in (active, held, active, active, revoked, revoked)
    ]
    with pytest.raises(Refused) as refusal:
        await localization.record_order(NORTH, plan, order, active)

    assert versions == [1, 2, 3, 3, 4, 4]
    assert refusal.value.status == 409


async def test_orders_told_at_once_are_all_kept(localization: LocalizationClient) -> None:
    plan = uuid4()
    order = PlacedOrder.model_validate({"status": "active", "modality": "MR", "site": "knee"})

    await asyncio.gather(
        *(localization.record_order(NORTH, plan, uuid4(), order) for _ in range(8))
    )

    kept = (await localization.list_orders(NORTH, plan)).orders
    assert {(one.followed.act, one.followed.modality) for one in kept} == {
        ("anatomical_imaging", "mri")
    }
    assert len(kept) == 8


async def test_another_organisation_sees_and_changes_nothing(
    localization: LocalizationClient, seen: tuple[UUID, UUID, UUID]
) -> None:
    plan, pet, mri = seen
    order = uuid4()
    placed = PlacedOrder.model_validate({"status": "active", "act": "sstr_pet_ct"})
    await localization.record_order(NORTH, plan, order, placed)
    for attempt in (
        localization.read_lesions(SOUTH, plan),
        localization.list_orders(SOUTH, plan),
        localization.read_order(SOUTH, plan, order),
    ):
        with pytest.raises(Refused) as refusal:
            await attempt
        assert refusal.value.status == 404
    before = await localization.read_lesions(NORTH, plan)

    await localization.link_lesions(SOUTH, plan, uuid4(), the_link(pet, mri))

    assert await localization.read_lesions(NORTH, plan) == before


async def test_each_word_needs_its_scope(served: FastAPI, mint: TokenMint) -> None:
    plan, link = uuid4(), LinkSaid(a="x:1", b="y:1", same=True, reason="one")
    async with asking(served, mint, "system/CarePlan.cruds") as (client, _):
        for attempt in (
            client.read_lesions(NORTH, plan),
            client.link_lesions(NORTH, plan, uuid4(), link),
            client.override_gate(NORTH, plan, uuid4(), OverrideSaid(gate="x", reason="y")),
            client.list_orders(NORTH, plan),
        ):
            with pytest.raises(Refused) as refusal:
                await attempt
            assert refusal.value.status == 403


async def test_who_said_and_who_looked_is_in_the_audit_log(
    served: FastAPI, localization: LocalizationClient, seen: tuple[UUID, UUID, UUID]
) -> None:
    plan, pet, mri = seen
    await localization.link_lesions(NORTH, plan, uuid4(), the_link(pet, mri))
    await localization.read_lesions(NORTH, plan)

    async with served.state.database.across.reading() as session:
        connection = await session.connection()
        wanted = select(AUDIT_ENTRY.c.action, AUDIT_ENTRY.c.kind).where(
            AUDIT_ENTRY.c.patient == str(plan)
        )
        logged = [tuple(row) for row in await connection.execute(wanted)]
    assert logged[2:] == [("create", "BodyStructure"), ("read", "BodyStructure")]


async def test_a_lesion_is_named_in_the_register_as_a_link_names_it(
    localization: LocalizationClient, seen: tuple[UUID, UUID, UUID]
) -> None:
    plan, pet, mri = seen

    register = await localization.read_lesions(NORTH, plan)

    assert {e.lesion for one in register.lesions for e in one.evidence} == {
        f"{pet}:1",
        f"{mri}:k",
    }


async def test_a_word_in_a_plan_is_that_of_the_token_and_not_of_the_name_in_its_body(
    served: FastAPI, mint: TokenMint, http: httpx2.AsyncClient
) -> None:
    path = f"/localization/v1/plans/{uuid4()}"
    override = {"gate": "pregnancy", "reason": "cord compression", "by": "Somebody Else"}
    said = {"constraints": {"pregnancy": True}, "overrides": [override]}
    said["links"] = [{"a": "x:1", "b": "y:1", "same": True, "reason": "one", "by": "Else"}]
    token = mint.mint("dr-b", NORTH, ["system/*.cruds"], display="Dr. B")

    first = await http.put(path, json=said)
    again = await http.put(path, json=said, headers={"Authorization": f"Bearer {token}"})
    more = said | {"overrides": [override, override | {"reason": "agreed with her"}]}
    added = await http.put(path, json=more, headers={"Authorization": f"Bearer {token}"})

    assert whose(first) == whose(again) == {"worker"}
    assert again.headers["ETag"] == first.headers["ETag"]
    assert await _links_and_overrides(served) == {"worker", "Dr. B"}
    assert added.headers["ETag"] == '"2"'


def whose(answer: httpx2.Response) -> set[str]:
    """Who went past a gate, by this plan?"""
    steps = answer.json()["next_steps"]
    return {said["by"] for step in steps for said in step["overridden"]}


async def _links_and_overrides(app: FastAPI) -> set[str]:
    async with app.state.database.across.reading() as session:
        (plan,) = (await session.exec(select(PlanRow))).scalars().all()
        return {word["by"] for word in [*plan.body["links"], *plan.body["overrides"]]}
