"""Which test makes the scan, what it is worth, and why the others come later."""

from tests.services.localization.test_localize import (
    FEMUR,
    FEMUR_MRI,
    a_study,
    steps,
    the_plan,
)

BOTH_NEGATIVE = [a_study(), a_study("fdg", tracer="FDG", performed_at="2026-02-01")]


def test_what_a_scan_is_worth_is_shown_term_by_term() -> None:
    first = the_plan(availability={"sstr_pet_ct": {"wait_days": 30}}).next_steps[0]

    assert first.utility is not None
    worth = first.utility
    spent = worth.false_positive + worth.dose + worth.cost + worth.wait
    assert worth.total == worth.finding - spent
    assert (float(worth.cost), float(worth.wait)) == (12, 3)
    assert first.test_name == "68Ga-DOTA-peptide PET/CT"
    assert first.expected_yield is not None
    assert "meyer-2019" in first.expected_yield.sources
    assert first.ct_dose_low_msv is not None
    assert first.ct_dose_high_msv is not None
    assert first.ct_dose_low_msv < first.ct_dose_high_msv


def test_the_lead_time_of_a_tracer_decides_between_tests_of_one_scan() -> None:
    gallium_far = {
        "68Ga-DOTATATE": {"available": True, "lead_days": 60},
        "18F-AlF-NOTA-octreotide": {"available": True, "lead_days": 3, "site": "here"},
    }
    plan = the_plan(availability=gallium_far)

    assert (plan.next_steps[0].test, plan.next_steps[0].wait_days) == ("f18_alf_oct", 3)
    assert plan.next_steps[0].site_of_care == "here"
    later = {a.test: a.because for a in plan.later}
    assert "the same kind of scan, worth" in later["ga68_dota"]


def test_a_test_that_is_known_to_be_had_goes_before_one_that_nobody_mentioned() -> None:
    known = the_plan(availability={"68Ga-DOTATATE": {"available": True, "lead_days": 60}})
    too_far = the_plan(availability={"68Ga-DOTATATE": {"available": True, "lead_days": 400}})
    gone = the_plan(availability={"68Ga-DOTATATE": {"available": False}})

    assert (known.next_steps[0].test, known.next_steps[0].wait_days) == ("ga68_dota", 60)
    assert "ga68_dota" not in [too_far.next_steps[0].test, gone.next_steps[0].test]


def test_negative_scans_count_in_the_order_in_which_they_were_made() -> None:
    pet = a_study()
    spect = a_study("spect", modality="NM", tracer="99mTc-HYNIC-TOC", performed_at="2025-11-01")
    one, other = (the_plan(studies=scans).next_steps[0] for scans in ([pet, spect], [spect, pet]))

    assert one.test == other.test == "fdg"
    assert one.expected_yield is not None
    assert one.expected_yield == other.expected_yield
    assert one.expected_yield.about == "about 1 in 18"


def test_a_price_of_ones_own_goes_before_the_placeholder() -> None:
    plan = the_plan(availability={"sstr_pet_ct": {"cost_relative": 40}})

    assert plan.next_steps[0].cost_relative == 40


def test_the_alternatives_say_why_they_come_later() -> None:
    no_spect = {"sstr_spect_ct": {"available": False}}
    plan = the_plan(availability=no_spect, constraints={"glucose": {"value": 15, "unit": "mmol/L"}})
    later = {a.test: a.because for a in plan.later}

    assert later["tc99m_hynic_spectct"] == "not available"
    assert later["fdg"].startswith("glucose above")
    assert later["svs"] == "without a candidate there is no vein to ask"


def test_the_dose_goes_by_weight() -> None:
    light = the_plan(patient={"weight_kg": 50}).next_steps[0]
    usual = the_plan().next_steps[0]

    assert light.dose_msv is not None
    assert usual.dose_msv is not None
    assert round(float(light.dose_msv), 2) == 2.57
    assert round(float(usual.dose_msv), 2) == 4.75


def test_whole_body_mri_may_be_considered_for_the_young_and_without_pet() -> None:
    child = the_plan(studies=BOTH_NEGATIVE, patient={"age_years": 17})
    adult = the_plan(studies=BOTH_NEGATIVE, patient={"birth_date": "1990-01-01"})
    had = a_study("mri", modality="MR", tracer=None)
    after = the_plan(studies=[*BOTH_NEGATIVE, had], patient={"age_years": 17})

    assert ("SECTION-3-5", "whole_body_mri") in steps(child)
    assert "whole_body_mri" not in [act for _, act in steps(adult)]
    assert "whole_body_mri" not in [act for _, act in steps(after)]


def test_anatomical_imaging_goes_where_it_can_be_had() -> None:
    lump = {"site": "foot", "laterality": "left", "depth_mm": 10}
    plan = the_plan(
        studies=[a_study(lesions=[lump | {"uptake": "above_liver"}])],
        availability={"ultrasound": {"available": False}, "mri": {"wait_days": 9}},
    )

    assert plan.next_steps[0].modalities == ["mri", "ultrasound"]
    assert plan.next_steps[0].wait_days == 9
    assert plan.next_steps[0].cost_relative == 5


def test_a_name_that_nobody_knows_is_said_to_be_unknown() -> None:
    plan = the_plan(availability={"crystal ball": {"available": True}}, requested=["tea leaves"])

    assert "unknown_availability" in {caveat.code for caveat in plan.caveats}
    assert plan.requested[0].verdict == "unknown"


def test_a_scan_with_a_tracer_for_research_is_recorded_and_counts_for_no_scan() -> None:
    plan = the_plan(studies=[a_study(tracer="68Ga-FAPI", lesions=[{"site": "femur"}])])

    assert "LOC-040" in {rule.id for rule in plan.fired_rules}
    assert ("LOC-003", "sstr_pet_ct") in steps(plan)
    assert plan.candidates[0].functional


def test_a_focus_without_correlate_that_only_ct_has_seen_is_shown_to_mri() -> None:
    ct = FEMUR_MRI | {"id": "ct", "modality": "CT", "lesions": []}
    plan = the_plan(studies=[a_study(lesions=[FEMUR]), ct])

    assert plan.state == "EQUIVOCAL"
    assert steps(plan) == [("LOC-022", "fdg_pet_ct"), ("LOC-022", "anatomical_imaging")]


def test_when_nothing_more_can_be_done_a_short_look_follows() -> None:
    dim = FEMUR | {"suv": 3}
    fdg = a_study("fdg", tracer="FDG", performed_at="2026-02-01")
    plan = the_plan(studies=[a_study(lesions=[dim]), fdg, FEMUR_MRI])

    assert plan.state == "EQUIVOCAL"
    assert steps(plan) == [("LOC-022", "re_look")]
    assert (str(plan.next_steps[0].not_before), str(plan.next_steps[0].due_on)) == (
        *("2026-05-01", "2026-08-01"),
    )


def test_two_that_remain_equal_after_sampling_are_discussed_for_a_biopsy() -> None:
    tibia = {"site": "tibia", "laterality": "left", "uptake": "above_liver"}
    both = [FEMUR | {"anatomical_correlate": True, "mimic": "none"}]
    both += [tibia | {"anatomical_correlate": True, "mimic": "none"}]
    samples = [
        {"vein": "right atrium", "value": 100, "unit": "pg/mL"},
        {"vein": "femoral", "laterality": "right", "value": 110, "unit": "pg/mL"},
    ]
    plan = the_plan(studies=[a_study(lesions=both)], venous_samples=samples)

    assert [c.biopsy.advice if c.biopsy else None for c in plan.candidates] == ["discuss"] * 2
    assert "LOC-020" in {rule.id for rule in plan.fired_rules}


def test_the_ledger_has_bounds_where_a_ct_part_was_not_stated() -> None:
    ledger = the_plan(studies=[a_study(activity_mbq=100)]).dose_ledger

    assert ledger.total_low_msv is not None
    assert ledger.total_high_msv is not None
    assert ledger.total_msv < ledger.total_low_msv < ledger.total_high_msv
