"""A corrected or withdrawn report opens again what rested on it, on both databases."""

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.chassis.client import Refused
from services.localization.client import LocalizationClient
from services.localization.contract import (
    AsOf,
    PlacedOrder,
    PlanRequest,
    ReportedBiopsy,
    ReportedExamination,
    ReportedResection,
    ReportedSampling,
    ReportedStudy,
    StoredPlan,
)
from tests.services.localization.test_localize import (
    FEMUR,
    FEMUR_MRI,
    a_study,
    an_examination,
)

NORTH, SOUTH = "north", "south"
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


BIOPSY = ReportedBiopsy(site="femoral head", laterality="left", result="negative")
ORDER = PlacedOrder(status="revoked", act="fdg_pet_ct", ended_on=date(2026, 2, 1))


def a_report(**said: Any) -> ReportedStudy:
    """A DOTATATE PET/CT of everything with a focus in the left femoral head."""
    return ReportedStudy.model_validate({**a_study(), "lesions": [FEMUR], **said, "id": None})


def the_mri(**said: Any) -> ReportedStudy:
    """The MRI that explains the focus."""
    return ReportedStudy.model_validate({**a_study(), **FEMUR_MRI, **said, "id": None})


def the_examination(**said: Any) -> ReportedExamination:
    """A complete one."""
    return ReportedExamination.model_validate({**an_examination(), **said, "id": None})


async def concluded(
    client: LocalizationClient, plan: UUID, days: int = 0, last: UUID | None = None
) -> Any:
    """What the journey hears, which names what it heard last."""
    moment = AsOf(as_of=NOW + timedelta(days=days), last_heard=last)
    return await client.record_conclusion(NORTH, plan, uuid4(), moment)


@pytest.fixture
async def found(localization: LocalizationClient) -> tuple[UUID, UUID, Any]:
    """A search that has found its tumor: the plan, the PET, and what was concluded."""
    plan, pet = uuid4(), uuid4()
    await localization.record_examination(NORTH, plan, uuid4(), the_examination())
    await localization.record_study(NORTH, plan, pet, a_report())
    await localization.record_study(NORTH, plan, uuid4(), the_mri())
    return plan, pet, await concluded(localization, plan)


async def test_a_withdrawn_scan_is_left_out_and_what_rested_on_it_is_drawn_again(
    localization: LocalizationClient, found: tuple[UUID, UUID, Any]
) -> None:
    plan, pet, first = found
    assert first.state == "LOCALIZED"

    told = await localization.record_study(NORTH, plan, pet, a_report(status="entered-in-error"))

    (affected,) = told.affected
    (why,) = affected.because
    assert (affected.conclusion, why.kind, why.id, why.what) == (
        first.id,
        "study",
        pet,
        "sstr_pet_ct",
    )
    assert (why.from_version, why.to_version, why.status) == (1, 2, "entered-in-error")
    changes = {(one.what, one.before, one.after) for one in affected.changes}
    assert ("state", "LOCALIZED", "INCOMPLETE") in changes
    assert {one.what for one in affected.changes} >= {"points", "next_step_added", "obligation"}
    assert told.state == "INCOMPLETE"
    assert pet.hex not in {e.study.replace("-", "") for c in told.candidates for e in c.evidence}


async def test_the_old_conclusion_is_marked_and_the_new_one_names_it(
    localization: LocalizationClient, found: tuple[UUID, UUID, Any]
) -> None:
    plan, pet, first = found
    before = datetime.now(UTC)
    told = await localization.record_study(NORTH, plan, pet, a_report(status="entered-in-error"))

    old = await localization.read_conclusion(NORTH, plan, first.id)
    new = await localization.read_conclusion(NORTH, plan, told.affected[0].redrawn)

    assert (old.conclusion, old.superseded_by) == (first, new.conclusion.id)
    assert [(mark.to_version, mark.status) for mark in old.marked] == [(2, "entered-in-error")]
    assert (new.supersedes, new.marked) == (first.id, [])
    assert new.conclusion.concluded_at == first.concluded_at
    assert new.conclusion.state == "INCOMPLETE"
    then = await localization.read_conclusion(NORTH, plan, first.id, before)
    now = await localization.read_conclusion(NORTH, plan, first.id, datetime.now(UTC))
    assert (then.conclusion.id, now.conclusion.id) == (first.id, new.conclusion.id)


async def test_the_journey_hears_it_with_its_next_conclusion_and_only_once(
    localization: LocalizationClient, found: tuple[UUID, UUID, Any]
) -> None:
    plan, pet, first = found
    await localization.record_study(NORTH, plan, pet, a_report(status="entered-in-error"))

    second = await concluded(localization, plan, 1)
    third = await concluded(localization, plan, 2)
    lost = await concluded(localization, plan, 3, first.id)
    nothing = await concluded(localization, plan, 4, uuid4())

    assert second.because_of == ("sstr_pet_ct:entered-in-error",)
    assert "state:LOCALIZED>INCOMPLETE" in second.changes
    owed = {(o.rule, o.occurrence): o.status for o in second.obligations}
    assert (owed["LOC-003", "1"], owed["LOC-003", "1:again-1"]) == ("cancelled", "open")
    assert (third.because_of, third.changes) == ((), ())
    assert (lost.because_of, lost.changes) == (second.because_of, second.changes)
    assert (nothing.because_of, nothing.changes) == ((), ()), "no conclusion of this plan"


async def test_a_corrected_reading_counts_in_the_place_of_the_former(
    localization: LocalizationClient, found: tuple[UUID, UUID, Any]
) -> None:
    plan, pet, _ = found
    other = {**FEMUR, "site": "tibia"}
    told = await localization.record_study(
        NORTH, plan, pet, a_report(status="corrected", lesions=[other])
    )

    assert {c.site_name for c in told.candidates if c.functional} == {"tibia"}
    assert len(told.affected) == 1


async def test_a_repeated_correction_is_answered_as_the_first_time(
    localization: LocalizationClient, found: tuple[UUID, UUID, Any]
) -> None:
    plan, pet, first = found
    withdrawn = a_report(status="entered-in-error")
    once = await localization.record_study(NORTH, plan, pet, withdrawn)
    again = await localization.record_study(NORTH, plan, pet, withdrawn)

    assert once == again
    marks = (await localization.read_conclusion(NORTH, plan, first.id)).marked
    assert len(marks) == 1


async def test_what_is_sent_again_after_its_correction_is_a_repeat_of_the_old_version(
    localization: LocalizationClient, found: tuple[UUID, UUID, Any]
) -> None:
    plan, pet, _ = found
    await localization.record_study(NORTH, plan, pet, a_report(status="entered-in-error"))

    told = await localization.record_study(NORTH, plan, pet, a_report())

    assert told.state == "INCOMPLETE"


async def test_an_older_numbered_version_that_comes_late_changes_nothing(
    localization: LocalizationClient,
) -> None:
    plan, pet = uuid4(), uuid4()
    newer = await localization.record_study(
        NORTH, plan, pet, a_report(status="corrected", version=3, lesions=[])
    )
    late = await localization.record_study(NORTH, plan, pet, a_report(version=2))

    assert newer.candidates == late.candidates == []


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (a_report(version=2), a_report(version=2, lesions=[]), "said something else"),
        (a_report(status="corrected"), a_report(lesions=[]), "a later word"),
        (a_report(), a_report(tracer="FDG"), "another report"),
        (a_report(), a_report(performed_at="2026-02-20"), "another report"),
    ],
)
async def test_what_cannot_be_reconciled_is_a_conflict_and_changes_nothing(
    localization: LocalizationClient, first: ReportedStudy, second: ReportedStudy, says: str
) -> None:
    plan, pet = uuid4(), uuid4()
    before = await localization.record_study(NORTH, plan, pet, first)

    with pytest.raises(Refused) as refusal:
        await localization.record_study(NORTH, plan, pet, second)

    assert refusal.value.status == 409
    assert says in str(refusal.value.problem["detail"])
    assert await localization.read_plan(NORTH, plan) == before


async def test_two_corrections_are_drawn_one_after_the_other(
    localization: LocalizationClient, found: tuple[UUID, UUID, Any]
) -> None:
    plan, pet, first = found
    one = await localization.record_study(NORTH, plan, pet, a_report(status="entered-in-error"))
    two = await localization.record_study(
        NORTH, plan, pet, a_report(status="corrected", lesions=[])
    )

    redrawn = one.affected[0].redrawn
    assert [affected.conclusion for affected in two.affected] == [redrawn]
    old = await localization.read_conclusion(NORTH, plan, first.id)
    assert [mark.to_version for mark in old.marked] == [2, 3]
    now = await localization.read_conclusion(NORTH, plan, first.id, datetime.now(UTC))
    assert now.conclusion.id == two.affected[0].redrawn


async def test_a_study_that_was_only_registered_is_no_input_that_could_be_corrected(
    localization: LocalizationClient,
) -> None:
    plan, pet = uuid4(), uuid4()
    await localization.record_study(NORTH, plan, pet, a_report(status="registered", lesions=[]))
    drawn = await concluded(localization, plan)
    told = await localization.record_study(NORTH, plan, pet, a_report())

    assert told.affected == []
    assert (await localization.read_conclusion(NORTH, plan, drawn.id)).marked == []


async def test_what_was_learned_later_is_not_in_what_is_drawn_again(
    localization: LocalizationClient, found: tuple[UUID, UUID, Any]
) -> None:
    plan, pet, _ = found
    later = a_report(tracer="FDG", performed_at="2026-04-20", lesions=[])
    fdg = uuid4()
    await localization.record_study(NORTH, plan, fdg, later)

    told = await localization.record_study(NORTH, plan, pet, a_report(status="entered-in-error"))

    again = await localization.read_conclusion(NORTH, plan, told.affected[0].redrawn)
    assert str(fdg) not in {scan.study for scan in again.answer.coverage}


async def test_every_kind_of_report_is_kept_in_versions(localization: LocalizationClient) -> None:
    plan, ids = uuid4(), [uuid4() for _ in range(4)]
    await localization.record_study(NORTH, plan, uuid4(), a_report())
    sample = {"vein": "femoral vein", "laterality": "left", "value": 500, "unit": "RU/mL"}
    reference = {"vein": "right atrium", "value": 100, "unit": "RU/mL", "reference": True}
    biopsy = {"site": "femoral head", "laterality": "left", "result": "negative"}
    removed = {"performed_at": "2026-02-20", "site": "tibia", "laterality": "left"}

    async def told(**status: str) -> list[StoredPlan]:
        sampling = ReportedSampling.model_validate({"samples": [sample, reference]} | status)
        return [
            await localization.record_sampling(NORTH, plan, ids[0], sampling),
            await localization.record_biopsy(
                NORTH, plan, ids[1], ReportedBiopsy.model_validate(biopsy | status)
            ),
            await localization.record_resection(
                NORTH, plan, ids[2], ReportedResection.model_validate(removed | status)
            ),
            await localization.record_examination(
                NORTH, plan, ids[3], the_examination(examined_at="2026-02-21", **status)
            ),
        ]

    sampled, biopsied, *_ = await told()
    drawn = await concluded(localization, plan)
    withdrawn = await told(status="entered-in-error")

    assert [one.session for one in sampled.venous_sampling] == [str(ids[0])]
    assert "biopsy_negative" in {p.item for c in biopsied.candidates for p in c.points}
    assert withdrawn[-1].venous_sampling == []
    assert "biopsy_negative" not in {p.item for c in withdrawn[-1].candidates for p in c.points}
    marks = (await localization.read_conclusion(NORTH, plan, drawn.id)).marked
    assert {mark.kind for mark in marks} == {
        "venous_sampling",
        "biopsy",
        "resection",
        "examination",
    }


async def test_the_same_reports_in_any_order_of_arrival_give_the_same_plan(
    localization: LocalizationClient,
) -> None:
    ids = [UUID(int=n) for n in range(1, 7)]
    earlier = the_examination(examined_at="2025-12-01", areas={"foot": "lesion"})

    async def the_plan(order: tuple[int, ...]) -> dict[str, Any]:
        plan = uuid4()
        tellings = (
            lambda: localization.record_examination(NORTH, plan, ids[0], the_examination()),
            lambda: localization.record_examination(NORTH, plan, ids[1], earlier),
            lambda: localization.record_study(NORTH, plan, ids[2], a_report(version=1)),
            lambda: localization.record_study(
                NORTH, plan, ids[2], a_report(version=2, status="corrected", lesions=[])
            ),
            lambda: localization.record_study(NORTH, plan, ids[3], the_mri()),
            lambda: localization.record_biopsy(NORTH, plan, ids[4], BIOPSY),
            lambda: localization.record_order(NORTH, plan, ids[5], ORDER),
        )
        for number in order:
            await tellings[number]()
        moment = AsOf(as_of=NOW)
        drawn = await localization.record_conclusion(NORTH, plan, uuid4(), moment)
        answer = await localization.read_plan(NORTH, plan)
        return {
            "plan": replace(answer, id=UUID(int=0), affected=[]),
            "owed": drawn.obligations,
            "state": drawn.state,
        }

    orders = list(itertools.permutations(range(7)))[::449]
    plans = [await the_plan(order) for order in orders]

    assert all(plan == plans[0] for plan in plans)


async def test_corrections_at_once_are_all_drawn(
    localization: LocalizationClient, found: tuple[UUID, UUID, Any]
) -> None:
    plan, pet, first = found
    corrections = [a_report(status="corrected", version=n, reader=f"r{n}") for n in range(2, 8)]

    await asyncio.gather(*(localization.record_study(NORTH, plan, pet, c) for c in corrections))

    standing = await localization.read_conclusion(NORTH, plan, first.id, datetime.now(UTC))
    readers = {e.reader for c in standing.answer.candidates for e in c.evidence if e.reader}
    assert readers == {"r7"}
    assert (await localization.read_lesions(NORTH, plan)).reports[1].versions == 7


async def test_another_organisation_corrects_nothing_of_ours(
    localization: LocalizationClient, found: tuple[UUID, UUID, Any]
) -> None:
    plan, pet, first = found

    await localization.record_study(SOUTH, plan, pet, a_report(status="entered-in-error"))

    assert (await localization.read_plan(NORTH, plan)).state == "LOCALIZED"
    assert (await localization.read_conclusion(NORTH, plan, first.id)).marked == []


async def test_an_operation_is_not_counted_twice_and_a_corrected_one_is_read_anew(
    localization: LocalizationClient,
) -> None:
    plan, operation = uuid4(), uuid4()
    removed = {"performed_at": "2026-02-10", "site": "femur", "laterality": "left"}
    before = PlanRequest.model_validate({"biochemistry_confirmed": True, "resections": [removed]})
    await localization.record_plan(NORTH, plan, before)
    told = ReportedResection.model_validate(removed)
    await localization.record_resection(NORTH, plan, operation, told)
    once = await concluded(localization, plan)
    withdrawn = told.model_copy(update={"status": "entered-in-error"})
    affected = await localization.record_resection(NORTH, plan, operation, withdrawn)

    assert {one.occurrence for one in once.obligations} == {"2"}
    assert [one.conclusion for one in affected.affected] == [once.id]
