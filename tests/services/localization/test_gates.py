"""What the patient's circumstances stop, warn of, or move; and who may go past it."""

from typing import Any

import pytest

from services.localization.contract import NextStep, Plan
from tests.services.localization.test_localize import FEMUR, FEMUR_MRI, a_study, the_plan

TIBIA = {"site": "tibia", "laterality": "right", "uptake": "above_liver"}
TIBIA_MRI = FEMUR_MRI | {
    "id": "mri2",
    "coverage": ["right tibia"],
    "lesions": [{"site": "tibia", "laterality": "right"}],
}
COMPETING = [a_study(lesions=[FEMUR, TIBIA]), FEMUR_MRI, TIBIA_MRI]


def step(plan: Plan, act: str) -> NextStep:
    """The step of this plan."""
    [found] = [step for step in plan.next_steps if step.act == act]
    return found


def gates(plan: Plan, act: str = "sstr_pet_ct") -> list[str]:
    """What stops it, by kind?"""
    return [gate.kind for gate in step(plan, act).gates]


def test_a_pregnancy_test_of_the_last_week_comes_before_a_radionuclide() -> None:
    able = {"childbearing_potential": True}
    old = {"pregnancy_test_on": "2026-02-21"}
    new = {"pregnancy_test_on": "2026-02-22"}

    assert gates(the_plan(constraints=able)) == ["need"]
    assert gates(the_plan(constraints=able | old)) == ["need"]
    assert gates(the_plan(constraints=able | new)) == []


def test_a_woman_whom_nobody_asked_is_asked_and_a_man_is_not() -> None:
    woman = the_plan(patient={"sex": "female", "age_years": 40})
    man = the_plan(patient={"sex": "male", "age_years": 40})

    assert ["not said" in warned.text for warned in step(woman, "sstr_pet_ct").warnings] == [True]
    assert step(man, "sstr_pet_ct").warnings == []


def test_beside_an_unsafe_device_mri_is_never_overridden_only_lifted() -> None:
    override = {"gate": "LOC-035", "reason": "urgent", "by": "Dr. A"}
    constraints = {"implants": [{"kind": "aneurysm clip"}]}
    plan = the_plan(
        studies=[a_study(lesions=[FEMUR])], constraints=constraints, overrides=[override]
    )

    assert step(plan, "anatomical_imaging").modalities == ["ct", "ultrasound"]
    assert "override_refused" in {caveat.code for caveat in plan.caveats}


def test_an_override_holds_for_the_step_it_names_and_says_who_and_why() -> None:
    override = {"gate": "pregnancy", "reason": "cord compression", "by": "Dr. A"}
    pregnant = {"constraints": {"pregnancy": True}}
    other = the_plan(**pregnant, overrides=[override | {"act": "fdg_pet_ct"}])
    this = the_plan(**pregnant, overrides=[override | {"act": "sstr_pet_ct"}])

    assert gates(other) == ["block"]
    [past] = step(this, "sstr_pet_ct").overridden
    assert (past.rule, past.override_reason, past.by) == ("LOC-029", "cord compression", "Dr. A")


def test_an_override_that_nobody_signed_opens_nothing() -> None:
    unsigned = {"gate": "pregnancy", "reason": "cord compression"}
    plan = the_plan(constraints={"pregnancy": True}, overrides=[unsigned])

    assert gates(plan) == ["block"]
    assert "override_refused" in {caveat.code for caveat in plan.caveats}


def test_while_breast_feeding_indium_is_avoided_and_the_other_spect_is_chosen() -> None:
    only_spect = {"sstr_pet_ct": {"available": False}, "octreoscan": {"available": True}}
    nursing = {"breast_feeding": True}
    chosen = the_plan(availability=only_spect, constraints=nursing)
    forced = the_plan(
        availability=only_spect | {"hynic-toc": {"available": False}}, constraints=nursing
    )

    assert step(chosen, "sstr_spect_ct").test == "tc99m_hynic_spectct"
    assert gates(forced, "sstr_spect_ct") == ["block"]
    assert {a.test: (a.hours, a.avoid) for a in chosen.nursing}["ga68_dota"] == (12, False)


def test_local_policy_sets_other_hours_for_breast_feeding() -> None:
    nursing = {"breast_feeding": True, "breast_feeding_hours": {"FDG": 4}}
    plan = the_plan(constraints=nursing)

    assert {a.test: a.hours for a in plan.nursing}["fdg"] == 4


def test_sampling_waits_until_burosumab_is_gone_and_has_its_check_list() -> None:
    plan = the_plan(
        studies=COMPETING,
        burosumab=[{"given_at": "2026-02-01"}],
        constraints={"anticoagulated": True, "contrast_allergy": True, "metformin": True},
    )
    found = step(plan, "venous_sampling")

    assert [(g.rule, str(g.until)) for g in found.gates] == [("LOC-017", "2026-05-11")]
    assert len(found.warnings) == 3


def test_comfort_and_fragile_bones_are_warned_of_and_stop_nothing() -> None:
    said = {"claustrophobia": True, "cannot_lie_flat": True, "severe_osteomalacia": True}
    found = step(the_plan(constraints=said), "sstr_pet_ct")

    assert found.gates == []
    assert len(found.warnings) == 3


def test_a_planned_next_dose_sets_the_day_of_the_scan() -> None:
    dose = {"agent": "lanreotide", "given_at": "2026-02-20", "next_on": "2026-04-03"}
    plan = the_plan(constraints={"somatostatin_analogues": [dose]})

    assert step(plan, "sstr_pet_ct").not_before is not None
    assert str(step(plan, "sstr_pet_ct").gates[0].until) == "2026-04-03"


def test_a_glucose_in_a_unit_nobody_taught_is_not_guessed() -> None:
    plan = the_plan(studies=[a_study()], constraints={"glucose": {"value": 300, "unit": "spoons"}})

    assert gates(plan, "fdg_pet_ct") == []
    assert "unknown_unit" in {caveat.code for caveat in plan.caveats}


def test_the_negative_scan_under_an_analogue_is_doubted() -> None:
    dose = {"form": "long_acting", "given_at": "2026-01-10"}
    plan = the_plan(studies=[a_study()], constraints={"somatostatin_analogues": [dose]})

    assert [scan.confidence for scan in plan.coverage] == ["LOC-031"]


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"unit": "spoons"}, "unit"),
        ({"comparator": ">"}, "compared"),
        ({"assay": "c-terminal"}, "assay"),
        ({"vein": "moon vein"}, "vein"),
    ],
)
def test_a_sample_that_cannot_be_compared_says_why(changes: dict[str, Any], note: str) -> None:
    reference = {"vein": "right atrium", "value": 100, "unit": "pg/mL", "assay": "intact"}
    sample = {"vein": "femoral", "laterality": "left", "value": 300, "unit": "pg/mL"}
    plan = the_plan(
        studies=COMPETING, venous_samples=[reference, {**sample, "assay": "intact", **changes}]
    )
    vein = plan.venous_sampling[0].veins[1]

    assert note in (vein.note or "")
    assert "svs_supports" not in [p.item for c in plan.candidates for p in c.points]


def test_the_nearest_vein_decides_and_sessions_are_read_apart() -> None:
    samples = [
        {"vein": "right atrium", "value": 100, "unit": "pg/mL"},
        {"vein": "femoral", "laterality": "right", "value": 170, "unit": "pg/mL"},
        {"vein": "popliteal", "laterality": "right", "value": 110, "unit": "pg/mL"},
        {"session": "2", "vein": "popliteal", "laterality": "right", "value": 900, "unit": "pg/mL"},
    ]
    plan = the_plan(studies=COMPETING, venous_samples=samples)

    tibia = next(c for c in plan.candidates if c.site_name == "tibia")
    assert "svs_against" in [point.item for point in tibia.points]
    assert [s.interpretation for s in plan.venous_sampling] == [
        *("INTERPRETABLE", "NOT_INTERPRETABLE"),
    ]
    assert "LOC-015" in {caveat.code for caveat in plan.caveats}


def test_units_of_one_kind_are_compared_as_what_they_are() -> None:
    samples = [
        {"vein": "right atrium", "value": 100, "unit": "pg/mL"},
        {"vein": "femoral", "laterality": "left", "value": 0.2, "unit": "ng/mL"},
    ]
    plan = the_plan(studies=COMPETING, venous_samples=samples)

    assert plan.venous_sampling[0].highest_ratio == 2


def test_where_fgf23_steps_up_without_a_candidate_the_side_of_the_vein_is_imaged() -> None:
    samples = [
        {"vein": "right atrium", "value": 100, "unit": "pg/mL"},
        {"vein": "axillary", "laterality": "left", "value": 200, "unit": "pg/mL"},
    ]
    plan = the_plan(studies=COMPETING, venous_samples=samples)

    imaged = [s for s in plan.next_steps if s.rule == "LOC-015"]
    assert [(s.laterality, s.modalities) for s in imaged] == [("left", ["mri"])]
