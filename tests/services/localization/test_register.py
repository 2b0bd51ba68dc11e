"""The same spot seen by several studies is one candidate; a person's word goes before all else."""

from typing import Any

import pytest

from services.localization.contract import Plan
from tests.services.localization.test_localize import FEMUR, FEMUR_MRI, a_study, the_plan

SPOT = {"site": "femur", "laterality": "left", "uptake": "above_liver"}


def at(x: float, **more: Any) -> dict[str, Any]:
    """A focus of the femur at this place in the scanner's frame."""
    return {**SPOT, "position": {"frame": "1.2.3", "x": x, "y": 0, "z": 0}, **more}


def an_fdg(**changes: Any) -> dict[str, Any]:
    """An FDG PET with one focus of the femur."""
    return a_study("fdg", tracer="FDG", lesions=[SPOT], **changes)


def link(a: str, b: str, *, same: bool) -> dict[str, Any]:
    """A person's word, with a reason."""
    return {"a": a, "b": b, "same": same, "reason": "seen side by side", "by": "Dr. R"}


def seen(plan: Plan) -> list[list[str]]:
    """Which lesions make each candidate?"""
    return [[evidence.lesion for evidence in c.evidence] for c in plan.candidates]


def codes(plan: Plan) -> set[str]:
    """Which caveats are there?"""
    return {caveat.code for caveat in plan.caveats}


def test_three_studies_of_one_spot_are_one_candidate_with_three_pieces_of_evidence() -> None:
    plan = the_plan(studies=[a_study(lesions=[FEMUR], reader="Dr. N"), an_fdg(), FEMUR_MRI])

    assert seen(plan) == [["pet:1", "fdg:1", "mri:1"]]
    first = plan.candidates[0].points[0]
    assert (first.study, str(first.date), first.reader, first.rule) == (
        *("pet", "2026-01-20", "Dr. N", "SECTION-5-2"),
    )


def test_two_spots_that_one_study_names_are_two_and_a_person_is_asked() -> None:
    plan = the_plan(studies=[a_study(lesions=[SPOT, {**SPOT, "id": "distal"}])])

    assert seen(plan) == [["pet:1"], ["pet:distal"]]
    assert "several_spots_at_one_site" in codes(plan)


def test_marks_in_one_frame_decide_what_is_one_spot() -> None:
    near = the_plan(studies=[a_study(lesions=[at(0)]), an_fdg() | {"lesions": [at(20)]}])
    far = the_plan(studies=[a_study(lesions=[at(0)]), an_fdg() | {"lesions": [at(200)]}])
    second = the_plan(
        studies=[a_study(lesions=[at(0), at(200)]), an_fdg() | {"lesions": [at(190)]}]
    )

    assert seen(near) == [["pet:1", "fdg:1"]]
    assert seen(far) == [["pet:1"], ["fdg:1"]]
    assert sorted(seen(second)) == [["pet:1"], ["pet:2", "fdg:1"]]


def test_a_person_says_that_two_are_one() -> None:
    thigh = {"site": "thigh", "laterality": "left", "uptake": "above_background"}
    said = {"studies": [a_study(lesions=[FEMUR]), an_fdg() | {"lesions": [thigh]}]}

    assert seen(the_plan(**said)) == [["pet:1"], ["fdg:1"]]
    joined = the_plan(**said, links=[link("fdg:1", "pet:1", same=True)])
    assert seen(joined) == [["pet:1", "fdg:1"]]
    assert "second_functional" in [point.item for point in joined.candidates[0].points]


def test_a_person_says_that_one_is_two() -> None:
    said = {"studies": [a_study(lesions=[FEMUR]), an_fdg()]}

    split = the_plan(**said, links=[link("pet:1", "fdg:1", same=False)])

    assert seen(split) == [["pet:1"], ["fdg:1"]]


def test_a_word_about_three_lesions_makes_them_one() -> None:
    spots = [a_study(n, lesions=[{**SPOT, "site": s}]) for n, s in (("a", "rib"), ("b", "tibia"))]
    third = a_study("c", lesions=[{**SPOT, "site": "hand"}])
    links = [link("c:1", "a:1", same=True), link("b:1", "c:1", same=True)]

    assert seen(the_plan(studies=[*spots, third], links=links)) == [["a:1", "b:1", "c:1"]]


@pytest.mark.parametrize(
    ("parted", "found"), [(("a:1", "c:1"), True), (("d:1", "b:1"), True), (("a:1", "e:1"), False)]
)
def test_words_that_cannot_hold_together_are_pointed_out(
    parted: tuple[str, str], found: bool
) -> None:
    joined = [("a:1", "b:1"), ("c:1", "b:1"), ("c:1", "d:1"), ("e:1", "f:1")]
    links = [link(*pair, same=True) for pair in joined] + [link(*parted, same=False)]
    plan = the_plan(studies=[a_study(lesions=[FEMUR])], links=links)

    assert ("contradicting_links" in codes(plan)) is found


def test_a_word_about_a_lesion_that_nobody_reported_is_said_to_be_so() -> None:
    plan = the_plan(studies=[a_study(lesions=[FEMUR])], links=[link("pet:9", "pet:1", same=True)])

    assert "unknown_link" in codes(plan)


def test_a_finding_without_a_side_stays_apart_and_is_pointed_out() -> None:
    unsided = {"site": "femur", "uptake": "above_background"}
    plan = the_plan(studies=[a_study(lesions=[FEMUR]), an_fdg() | {"lesions": [unsided]}])

    assert len(plan.candidates) == 2
    assert "side_not_stated" in codes(plan)


def test_a_lump_that_the_patient_tells_of_is_a_candidate_and_joins_what_a_scan_sees() -> None:
    lump = {"kind": "lump", "site": "femur", "laterality": "left", "since": "2025-06-01"}
    plan = the_plan(studies=[a_study(lesions=[FEMUR])], symptoms=[lump])

    assert [point.item for point in plan.candidates[0].points] == ["uptake_above_liver", "palpable"]


def test_a_corrected_report_replaces_the_former_and_a_withdrawn_one_gives_nothing() -> None:
    corrected = a_study(lesions=[], status="corrected")
    plan = the_plan(studies=[a_study(lesions=[FEMUR]), corrected])
    withdrawn = the_plan(studies=[a_study(lesions=[FEMUR], status="entered-in-error")])

    assert plan.candidates == []
    assert plan.next_steps[0].rule == "LOC-006"
    assert withdrawn.candidates == []
    assert withdrawn.next_steps[0].rule == "LOC-003"
    assert withdrawn.dose_ledger.entries == []
    assert "withdrawn_study" in codes(withdrawn)


def test_ties_go_to_the_brighter_and_then_to_the_easier_removal() -> None:
    bright = {**SPOT, "site": "tibia", "suv": 20, "liver_suv": 5}
    dim = {**SPOT, "suv": 10, "liver_suv": 5}
    easy = {**SPOT, "site": "hand", "resectability": "simple"}
    hard = {**SPOT, "site": "rib", "resectability": "complex"}
    plan = the_plan(studies=[a_study(lesions=[hard, easy, dim, bright])])

    assert [c.site_name for c in plan.candidates] == ["tibia", "femur", "hand", "rib"]
    assert [c.rank for c in plan.candidates] == [1, 2, 3, 4]
