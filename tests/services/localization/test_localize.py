"""The scenarios of localization.md 11 that the first edition answers."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from knowledge.rules.field_of_view import TABLE
from knowledge.terms.obligation import Conclusion
from services.localization.answer import ANSWER
from services.localization.contract import Examination, Plan, PlanRequest
from services.localization.localize import conclude, localize, merge_examinations

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
OPENED = date(2026, 1, 1)
EVERYWHERE = ["38266002"]
AVAILABLE_FAR_AWAY = {"sstr_pet_ct": {"available": True, "wait_days": 21}}


def an_examination(**changes: Any) -> dict[str, Any]:
    """Every area looked at, nothing found, unless said otherwise."""
    areas = dict.fromkeys(TABLE.entries["examination"], "normal")
    return {
        "id": "e1",
        "examined_at": "2026-01-05",
        "areas": areas | changes.pop("areas", {}),
    } | changes


def a_study(id: str = "pet", **changes: Any) -> dict[str, Any]:
    """A negative DOTATATE PET/CT of everything, unless said otherwise."""
    return {
        "id": id,
        "modality": "PT",
        "tracer": "68Ga-DOTATATE",
        "performed_at": "2026-01-20T10:00:00+08:00",
        "coverage": EVERYWHERE,
    } | changes


def a_request(**said: Any) -> PlanRequest:
    """A patient with confirmed biochemistry and a complete examination."""
    return PlanRequest.model_validate(
        {"biochemistry_confirmed": True, "examination": an_examination()} | said
    )


def the_plan(**said: Any) -> Plan:
    """What localization answers."""
    return localize(a_request(**said), NOW)


def steps(plan: Plan) -> list[tuple[str, str]]:
    """Rule and act of each next step."""
    return [(step.rule, step.act) for step in plan.next_steps]


FEMUR = {"site": "femoral head", "laterality": "left", "suv": 9, "liver_suv": 5}
RIB = {"site": "rib", "laterality": "left", "uptake": "above_liver"}
RIB_CT = {
    "id": "ct",
    "modality": "CT",
    "performed_at": "2026-01-22",
    "coverage": ["rib"],
    "lesions": [{"site": "rib", "laterality": "left", "mimic": "callus"}],
}
FEMUR_MRI = {
    "id": "mri",
    "modality": "MR",
    "performed_at": "2026-01-23",
    "coverage": ["left femur"],
    "lesions": [{"site": "71341001", "laterality": "left", "features": ["enhancing", "T2 bright"]}],
}


def test_nothing_is_scanned_before_the_biochemistry_is_confirmed() -> None:
    plan = the_plan(biochemistry_confirmed=False)

    assert plan.state == "INCOMPLETE"
    assert steps(plan) == [("LOC-001", "biochemistry")]
    assert plan.next_steps[0].missing == ["s_phos", "tmp_gfr", "s_fgf23_i"]


def test_the_examination_comes_first_and_is_asked_for_by_name() -> None:
    plan = the_plan(examination=an_examination(areas={"mouth": "not_examined"}))

    assert plan.state == "INCOMPLETE"
    assert steps(plan)[0] == ("LOC-002", "examination")
    assert plan.next_steps[0].missing == ["mouth"]
    assert [gate.rule for gate in plan.next_steps[1].gates] == ["LOC-002"]


def test_l1_a_lump_is_imaged_and_the_whole_body_is_scanned_all_the_same() -> None:
    lump = {"site": "sole of foot", "laterality": "right", "size_mm": 12}
    plan = the_plan(examination=an_examination(areas={"foot": "lesion"}, lesions=[lump]))

    assert [(c.site_name, c.laterality, c.score) for c in plan.candidates] == [("foot", "right", 1)]
    assert plan.candidates[0].points[0].study == "e1"
    assert steps(plan) == [("LOC-009", "anatomical_imaging"), ("LOC-003", "sstr_pet_ct")]
    assert plan.next_steps[0].modalities == ["ultrasound", "mri"]


def test_l2_a_scan_from_skull_base_to_mid_thigh_is_no_negative_scan() -> None:
    short = ["neck", "chest", "abdomen", "pelvis", "thigh"]
    plan = the_plan(studies=[a_study(coverage=short, description="whole body PET, negative")])

    assert plan.state == "INCOMPLETE"
    assert steps(plan) == [("LOC-008", "missing_field")]
    assert plan.next_steps[0].missing == ["head", "arms", "hands", "legs", "feet"]


def test_the_missing_field_completes_the_scan() -> None:
    short, rest = ["trunk", "thigh"], ["head", "upper limb", "hand", "lower limb", "foot"]
    plan = the_plan(
        studies=[
            a_study(coverage=short),
            a_study("rest", coverage=rest, performed_at="2026-02-10"),
        ]
    )

    assert steps(plan) == [("LOC-006", "fdg_pet_ct")]


def test_l3_a_negative_spect_is_followed_by_pet_even_if_it_is_far_away() -> None:
    spect = a_study(modality="NM", tracer="99mTc-HYNIC-TOC")
    plan = the_plan(studies=[spect], availability=AVAILABLE_FAR_AWAY)

    assert plan.state == "INCOMPLETE"
    assert steps(plan) == [("LOC-005", "sstr_pet_ct")]
    assert plan.next_steps[0].wait_days == 21


def test_l4_a_focus_with_a_mass_is_the_tumor_and_a_callus_is_not() -> None:
    plan = the_plan(studies=[a_study(lesions=[FEMUR, RIB]), RIB_CT, FEMUR_MRI])

    assert plan.state == "LOCALIZED"
    assert [(c.site_name, c.score) for c in plan.candidates] == [("femur", 6), ("rib", 0)]
    assert [(p.points, p.study) for p in plan.candidates[0].points] == [
        (3, "pet"),
        (2, "mri"),
        (1, "mri"),
    ]
    assert {"LOC-010", "LOC-021"} <= {rule.id for rule in plan.fired_rules}
    assert all(rule.read_status and rule.sources for rule in plan.fired_rules)


def test_a_focus_that_nobody_has_explained_is_not_yet_the_tumor() -> None:
    plan = the_plan(studies=[a_study(lesions=[FEMUR])])

    assert plan.state == "INCOMPLETE"
    assert steps(plan) == [("LOC-009", "anatomical_imaging")]


def test_an_explained_focus_does_not_need_a_second_scan() -> None:
    explained = FEMUR | {"anatomical_correlate": True, "mimic": "none"}

    assert the_plan(studies=[a_study(lesions=[explained])]).state == "LOCALIZED"


def test_l5_two_candidates_close_together_need_venous_sampling() -> None:
    tibia = {"site": "tibia", "laterality": "right", "uptake": "above_liver"}
    tibia_mri = FEMUR_MRI | {
        "id": "mri2",
        "coverage": ["right tibia"],
        "lesions": [{"site": "tibia", "laterality": "right"}],
    }
    plan = the_plan(studies=[a_study(lesions=[FEMUR, tibia]), FEMUR_MRI, tibia_mri])

    assert plan.state == "EQUIVOCAL"
    assert [c.score for c in plan.candidates] == [6, 5]
    assert steps(plan) == [("LOC-011", "venous_sampling")]


def test_two_functional_tests_that_agree_make_it_highly_confident() -> None:
    fdg = a_study("fdg", tracer="FDG", lesions=[FEMUR | {"suv": None, "liver_suv": None}])
    plan = the_plan(studies=[a_study(lesions=[FEMUR]), fdg, FEMUR_MRI])

    assert plan.state == "LOCALIZED_HIGH_CONFIDENCE"


def test_l7_venous_sampling_without_a_candidate_is_warned_against() -> None:
    plan = the_plan(requested=["svs"])

    assert "LOC-013" in {caveat.code for caveat in plan.caveats}
    assert "LOC-013" in {rule.id for rule in plan.fired_rules}


def test_l8_in_pregnancy_radiation_is_blocked_and_mri_offered() -> None:
    plan = the_plan(constraints={"pregnancy": True})

    blocked = {step.act: [gate.rule for gate in step.gates] for step in plan.next_steps}
    assert blocked == {"sstr_pet_ct": ["LOC-029"], "whole_body_mri": []}


def test_l10_what_fdg_may_still_find_is_shown_with_bounds() -> None:
    step = the_plan(studies=[a_study()]).next_steps[0]

    assert (step.rule, step.act) == ("LOC-006", "fdg_pet_ct")
    assert step.expected_yield is not None
    assert step.expected_yield.about == "about 1 in 8"
    assert step.expected_yield.low < step.expected_yield.expected < step.expected_yield.high


def test_nothing_found_by_everything_is_not_localized() -> None:
    plan = the_plan(studies=[a_study(), a_study("fdg", tracer="FDG")])

    assert plan.state == "NOT_LOCALIZED"
    assert steps(plan) == [("LOC-023", "medical_treatment"), ("LOC-024", "re_look")]


def test_the_dose_ledger_adds_up_and_says_what_was_estimated() -> None:
    measured = a_study(activity_mbq=100, ct_dose_msv=4)
    plan = the_plan(studies=[measured, a_study("fdg", tracer="FDG"), FEMUR_MRI])

    assert [entry.study for entry in plan.dose_ledger.entries] == ["pet", "fdg"]
    assert [entry.estimated for entry in plan.dose_ledger.entries] == [False, True]
    assert round(float(plan.dose_ledger.total_msv), 2) == 13.60


def test_what_was_removed_does_not_point_at_itself_any_more() -> None:
    said = {"studies": [a_study(lesions=[FEMUR]), FEMUR_MRI]}
    after = the_plan(**said, resections=[{"performed_at": "2026-02-01", "site": "femur"}])

    assert after.state == "INCOMPLETE"
    assert after.candidates == []
    assert "before_resection" in {caveat.code for caveat in after.caveats}


def the_conclusion(**said: Any) -> Conclusion:
    """What the journey hears."""
    return conclude(uuid4(), a_request(**said), NOW, OPENED)


def owed(conclusion: Conclusion) -> dict[tuple[str, str], tuple[str, str, str]]:
    """What is owed, under its key."""
    return {
        (o.rule, o.occurrence): (o.act, o.due.isoformat(), o.status) for o in conclusion.obligations
    }


def test_obligations_keep_their_keys_while_the_search_goes_on() -> None:
    first = the_conclusion(examination=None)
    second = the_conclusion()
    third = the_conclusion(studies=[a_study(lesions=[FEMUR])])
    fourth = the_conclusion(studies=[a_study(lesions=[FEMUR]), FEMUR_MRI])

    assert owed(first) == {("LOC-002", "1"): ("examination", "2026-01-15", "open")}
    assert owed(second) == {
        ("LOC-002", "1"): ("examination", "2026-01-15", "done"),
        ("LOC-003", "1"): ("sstr_pet_ct", "2026-02-02", "open"),
    }
    assert owed(third)["LOC-003", "1"] == ("sstr_pet_ct", "2026-02-02", "done")
    assert owed(third)["LOC-009", "1:71341001-left"][2] == "open"
    assert owed(fourth)["LOC-009", "1:71341001-left"][2] == "done"
    assert [c.proposal for c in (first, second, third, fourth)] == ["none"] * 3 + ["operate"]


def test_an_empty_handed_search_proposes_medical_treatment() -> None:
    conclusion = the_conclusion(studies=[a_study(), a_study("fdg", tracer="FDG")])

    assert (conclusion.state, conclusion.proposal) == ("NOT_LOCALIZED", "treat-medically")


def test_examinations_add_up() -> None:
    first = Examination.model_validate(an_examination(areas={"mouth": "not_examined"}))
    second = Examination(id="e2", areas={"mouth": "normal", "hand": "not_examined"})

    merged = merge_examinations([first, second])

    assert merged is not None
    assert (merged.areas["mouth"], merged.areas["hand"]) == ("normal", "normal")
    assert merge_examinations([]) is None


def test_an_organ_that_takes_the_tracer_up_by_itself_needs_no_explaining() -> None:
    spleen = {"site": "spleen", "uptake": "above_liver"}
    plan = the_plan(studies=[a_study(lesions=[spleen])])

    assert [(c.score, c.mimic, c.explained) for c in plan.candidates] == [
        (0, "physiological", True),
    ]
    assert steps(plan) == [("LOC-022", "fdg_pet_ct")]


def test_an_answer_that_was_stored_before_can_still_be_read() -> None:
    kept = {
        "state": "INCOMPLETE",
        "candidates": [],
        "next_steps": [{"rule": "LOC-002", "act": "examination", "because": "not complete"}],
        "dose_ledger": {"entries": [], "total_msv": 0},
        "fired_rules": [],
        "caveats": [],
        "knowledge_version": "2026.11",
    }

    assert ANSWER.validate_python(kept).next_steps[0].act == "examination"


@pytest.mark.parametrize(
    "wrong",
    [
        {"studies": [a_study(performed_at="2026-01-20T10:00:00")]},
        {"studies": [a_study(performed_at="2026-01-20T00:00:00")]},
        {"studies": [a_study(activity_mbq=-1)]},
        {"colour": "blue"},
        {"examination": an_examination(areas={"foot": "perhaps"})},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_request(**wrong)
