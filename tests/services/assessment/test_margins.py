"""How near each decisive value was to its limit, and whether measuring again could move it."""

from math import sqrt
from typing import Any

import pytest

from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest, Margin
from tests.services.assessment.vectors import body_of, vectors

DC1 = next(case for case in vectors() if case["id"] == "DC1")
NEAR = "near_limit"


def answer_to(changes: dict[str, Any], **more: Any) -> Assessment:
    """DC1 with other values; None leaves a result out."""
    body = body_of(DC1)
    for one in body["observations"]:
        if one["analyte"] in changes:
            one["value"] = changes[one["analyte"]]
    body["observations"] = [one for one in body["observations"] if one["value"] is not None]
    return assess(EvaluateRequest.model_validate(body | more))


def by_quantity(answer: Assessment) -> dict[str, Margin]:
    return {one.quantity: one for one in answer.margins}


def test_each_decisive_value_is_held_against_the_limit_that_decided() -> None:
    found = by_quantity(answer_to({}))

    limits = {key: (one.value, one.limit, one.rule) for key, one in found.items()}
    assert limits == {
        "s_phos": (0.45, 0.807, "H-01"),
        "egfr": (found["egfr"].value, 60.0, "V-06"),
        "fepo4": (33.3333, 15.0, "R-02"),
        "tmp_gfr": (0.3, 0.7, "R-02"),
        "s_fgf23_i": (130.0, 30.0, "F-01"),
        "s_pth": (4.0, 6.9, "P-01"),
        "s_25ohd": (55.0, 50.0, "N-03"),
    }
    assert found["s_phos"].difference_percent == -44.2
    assert found["s_fgf23_i"].difference_percent == 333.3


def test_where_no_imprecision_is_known_the_answer_says_that_it_is_a_default() -> None:
    for one in answer_to({}).margins:
        assert one.sources == ["operational-default"]
        assert one.read_status == "proposal"


@pytest.mark.parametrize(
    ("value", "within"),
    [(0.76665, True), (0.7666, False), (0.8069, True), (0.5251, False), (0.525, True)],
)
def test_five_percent_below_its_limit_a_phosphate_could_be_normal(
    value: float, within: bool
) -> None:
    """0.76665 is 5.0 % below 0.807; 0.525 is 5 % above the limit of 0.50."""
    answer = answer_to({"s_phos": value})
    near = [one for one in answer.margins if one.quantity == "s_phos" and one.within_imprecision]
    assert bool(near) is within
    assert (NEAR in {caveat.code for caveat in answer.caveats}) is any(
        one.within_imprecision for one in answer.margins
    )


def test_a_value_near_its_limit_is_named_in_the_caveat() -> None:
    answer = answer_to({"s_fgf23_i": 30.5})

    [near] = [caveat for caveat in answer.caveats if caveat.code == NEAR]
    assert "s_fgf23_i 30.5 ng/L, 1.7 % above 30 (F-01)" in near.text
    assert by_quantity(answer)["s_fgf23_i"].within_imprecision


@pytest.mark.parametrize(
    ("fgf23", "limit", "rule"),
    [(28, 30.0, "F-02"), (25, 24.0, "F-02"), (23, 24.0, "F-03"), (31, 30.0, "F-01")],
)
def test_of_two_cuts_the_nearer_one_counts(fgf23: float, limit: float, rule: str) -> None:
    found = by_quantity(answer_to({"s_fgf23_i": fgf23}))["s_fgf23_i"]
    assert (found.limit, found.rule) == (limit, rule)


def test_what_is_computed_is_known_less_exactly_than_its_inputs() -> None:
    """FEPO4: four results of 5 % each. TmP/GFR at a TRP of two thirds: 5 % times the root of 3."""
    found = by_quantity(answer_to({}))
    assert found["fepo4"].imprecision_percent == 10.0
    assert found["tmp_gfr"].imprecision_percent == round(5 * sqrt(3), 1)
    assert found["egfr"].imprecision_percent == 6.0


def test_the_curve_of_payne_makes_tmp_gfr_less_exact() -> None:
    """T4: TRP 0.943. By hand: steepness 1/0.942857 + 0.8/(1 - 0.8 x 0.942857) = 4.316."""
    answer = answer_to({"s_phos": 0.70, "u_phos": 4.0, "s_creat": 80})
    found = by_quantity(answer)["tmp_gfr"]
    lost = 4.3161 * 0.057143
    assert found.imprecision_percent == round(5 * sqrt((1 + lost) ** 2 + 3 * lost**2), 1)
    assert (found.limit, found.rule) == (0.8, "R-05")


def test_calcium_near_its_upper_limit_is_seen_when_albumin_is_known() -> None:
    body = body_of(DC1)
    albumin = {**body["observations"][0], "id": "alb", "analyte": "s_alb", "value": 40}
    for one in body["observations"]:
        if one["analyte"] == "s_ca":
            one["value"] = 2.52
    body["observations"].append(albumin | {"unit": "g/L"})

    found = by_quantity(assess(EvaluateRequest.model_validate(body)))["s_ca_adj"]

    assert (found.limit, found.imprecision_percent, found.within_imprecision) == (2.55, 2.0, True)


def test_a_bounded_value_has_no_margin() -> None:
    body = body_of(DC1)
    for one in body["observations"]:
        if one["analyte"] == "s_fgf23_i":
            one |= {"value": 10, "comparator": "<"}
    assert "s_fgf23_i" not in by_quantity(assess(EvaluateRequest.model_validate(body)))


def test_without_a_low_phosphate_only_phosphate_decides() -> None:
    body = body_of(DC1)
    body["observations"] = [one for one in body["observations"] if one["analyte"] != "s_phos"]
    body["observations"].append({**body["observations"][0], "id": "p", "value": 0.83})
    body["observations"][-1] |= {"analyte": "s_phos", "unit": "mmol/L"}

    answer = assess(EvaluateRequest.model_validate(body))

    assert [one.quantity for one in answer.margins] == ["s_phos"]
    assert answer.margins[0].within_imprecision


def test_a_childs_tmp_gfr_stands_against_the_limit_for_age() -> None:
    answer = answer_to({}, patient={"sex": "female", "age_years": 14})
    assert by_quantity(answer)["tmp_gfr"].limit == 0.87
