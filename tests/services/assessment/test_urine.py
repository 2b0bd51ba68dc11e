"""What the urines of an assessment say: in a day, for creatinine, and of what was filtered."""

from typing import Any

import pytest

from services.assessment.assess import assess
from services.assessment.contract import Assessment, Derived, EvaluateRequest

ADULT = {"sex": "female", "age_years": 46}
SPOT = {"s_phos": 0.45, "s_creat": 60, "s_ca": 2.30, "s_urate": 300}
UNITS = {
    **dict.fromkeys(("s_phos", "s_ca", "u_phos", "u_creat", "u_ca"), "mmol/L"),
    **dict.fromkeys(("s_creat", "s_urate", "u_urate"), "umol/L"),
    **dict.fromkeys(("u_phos_24h", "u_creat_24h"), "mmol/(24.h)"),
    "u_vol_24h": "L",
}


def answer_to(
    values: dict[str, float],
    *,
    patient: dict[str, Any] = ADULT,
    findings: dict[str, Any] | None = None,
    **more: Any,
) -> Assessment:
    """The answer to these values of one collection; `more` says something of single ones."""
    observations = [
        {
            "id": key,
            "analyte": key,
            "value": value,
            "unit": UNITS[key],
            "taken_at": "2026-02-25T08:00:00+00:00",
            "fasting": True,
            "collection_id": "c",
        }
        | more.get(key, {})
        for key, value in values.items()
    ]
    body = {"patient": patient, "as_of": "2026-03-02T09:00:00+00:00"}
    return assess(
        EvaluateRequest.model_validate(
            body | {"observations": observations, "findings": findings or {}}
        )
    )


def derived(answer: Assessment) -> dict[str, Derived]:
    return {one.quantity: one for one in answer.derived}


def codes(answer: Assessment) -> set[str]:
    return {caveat.code for caveat in answer.caveats}


def test_one_void_gives_its_ratios_and_shares() -> None:
    void = {"u_phos": 20, "u_creat": 8, "u_ca": 2.0, "u_urate": 3200}
    found = derived(answer_to(SPOT | void))

    values = {key: (float(f"{one.value:.3g}"), one.unit) for key, one in found.items()}
    assert values["u_ca_creat"] == (0.25, "mol/mol")
    assert values["u_ca_creat_mass"] == (0.0886, "mg/mg")
    assert values["u_phos_creat"] == (2.5, "mol/mol")
    assert values["feca"] == (0.652, "%")
    assert values["feca_ultrafiltrable"] == (1.09, "%")
    assert values["feurate"] == (8.0, "%")
    assert set(found["feca"].inputs) == {"u_ca", "s_ca", "s_creat", "u_creat"}
    assert (found["u_ca_creat"].interpretation, found["feca"].interpretation) == (
        "normal",
        "undetermined",
    )


@pytest.mark.parametrize(
    ("age", "calcium", "level", "high"),
    [
        (0.5, 2.2, "normal", 2.2),
        (0.5, 2.21, "high", 2.2),
        (2, 1.41, "high", 1.4),
        (4, 1.1, "normal", 1.1),
        (6, 0.81, "high", 0.8),
        (10, 0.7, "normal", 0.7),
        (46, 0.6, "normal", 0.6),
        (46, 0.61, "high", 0.6),
    ],
)
def test_calcium_for_creatinine_is_read_by_age(
    age: float, calcium: float, level: str, high: float
) -> None:
    found = derived(
        answer_to({"u_ca": calcium, "u_creat": 1}, patient={"sex": "male", "age_years": age})
    )
    ratio = found["u_ca_creat"]
    assert (ratio.interpretation, ratio.reference_range and ratio.reference_range.high) == (
        level,
        high,
    )


@pytest.mark.parametrize(
    ("age", "phosphate", "level"),
    [
        (0.09, 19.1, "high"),
        (0.09, 18.9, "undetermined"),
        (7, 19.1, "high"),
        (7, 5.0, "undetermined"),
        (7, 2.7, "normal"),
        (14, 2.7, "normal"),
        (14, 2.8, "high"),
        (15, 2.8, "undetermined"),
        (46, 30, "undetermined"),
    ],
)
def test_phosphate_for_creatinine_is_read_only_as_far_as_limits_are_printed(
    age: float, phosphate: float, level: str
) -> None:
    found = derived(
        answer_to({"u_phos": phosphate, "u_creat": 1}, patient={"sex": "male", "age_years": age})
    )
    assert found["u_phos_creat"].interpretation == level


@pytest.mark.parametrize(
    "said",
    [{}, {"u_phos": {"specimen": "urine_24h"}, "u_creat": {"specimen": "urine_24h"}}],
)
def test_a_days_phosphate_and_the_clearance_come_from_concentration_and_volume(
    said: dict[str, Any],
) -> None:
    answer = answer_to(
        {"s_creat": 60, "u_phos": 20, "u_creat": 8, "u_vol_24h": 1.5},
        findings={"weight_kg": 70},
        **said,
    )
    found = derived(answer)

    assert (found["u_phos_24h"].value, found["u_phos_24h"].unit) == (30.0, "mmol/(24.h)")
    assert found["u_phos_24h"].interpretation == "normal"
    assert float(f"{found['crcl'].value:.3g}") == 139
    assert found["crcl"].unit == "mL/min"
    assert ("urine_kind_unclear" in codes(answer)) is not bool(said)
    assert not {"collection_incomplete", "collection_unchecked"} & codes(answer)


def test_a_void_is_not_multiplied_by_the_volume_of_a_day() -> None:
    found = derived(answer_to({"u_phos": 20, "u_vol_24h": 1.5}, u_phos={"specimen": "urine"}))
    assert "u_phos_24h" not in found


@pytest.mark.parametrize(
    ("weight", "code"),
    [(70, None), (300, "collection_incomplete"), (20, "collection_incomplete")],
)
def test_a_collection_is_judged_by_its_creatinine(weight: float, code: str | None) -> None:
    told = answer_to({"u_phos_24h": 1.8, "u_creat_24h": 10}, findings={"weight_kg": weight})
    assert codes(told) & {"collection_incomplete", "collection_unchecked"} == (
        {code} if code else set()
    )
    untold = answer_to({"u_phos_24h": 1.8, "u_creat_24h": 10})
    assert "collection_unchecked" in codes(untold)


@pytest.mark.parametrize(("weight", "conserved"), [(70, True), (300, False), (None, False)])
def test_only_a_complete_day_shows_that_the_kidney_conserves(
    weight: float | None, conserved: bool
) -> None:
    """R-01: less than 100 mg of phosphate in a day, from concentration and volume too."""
    answer = answer_to(
        {"s_phos": 0.45, "u_phos": 1.0, "u_creat": 6, "u_vol_24h": 1.8},
        findings={"weight_kg": weight} if weight else {},
        u_phos={"specimen": "urine_24h"},
        u_creat={"specimen": "urine_24h"},
    )
    assert ("R-01" in {rule.id for rule in answer.fired_rules}) is conserved


def test_trp_from_a_days_urine_is_flagged_and_held_one_step_weaker() -> None:
    day = {"specimen": "urine_24h", "taken_at": "2026-02-24T20:00:00+00:00", "collection_id": "d"}
    values = {"s_phos": 0.45, "s_creat": 60, "u_phos": 20, "u_creat": 8}
    spot, daily = answer_to(values), answer_to(values, u_phos=day, u_creat=day)

    assert {"R-02"} <= {rule.id for rule in spot.fired_rules}
    assert {"R-06", "PA-03"} <= {rule.id for rule in daily.fired_rules}
    assert "fallback_24h" in codes(daily)
    assert derived(spot)["tmp_gfr"].value == derived(daily)["tmp_gfr"].value


def test_a_set_with_an_impossible_trp_is_left_out_whole() -> None:
    answer = answer_to({"s_phos": 0.40, "u_phos": 60, "s_creat": 300, "u_creat": 5})

    refused = {one.observation for one in answer.rejected if one.rule == "V-05"}
    assert refused == {"s_phos", "u_phos", "s_creat", "u_creat"}
    assert not {"trp", "fepo4", "tmp_gfr"} & derived(answer).keys()
    assert answer.tio_class == "INDETERMINATE"
    low = [one.interpretation for one in answer.interpretations if one.observation == "s_phos"]
    assert low == ["low"], "its phosphate is still low"


def test_an_acute_illness_stops_the_calculation_of_renal_handling() -> None:
    answer = assess(
        EvaluateRequest.model_validate(
            {
                "patient": ADULT,
                "as_of": "2026-03-02T09:00:00+00:00",
                "observations": [{"id": "p", "analyte": "s_phos", "value": 0.45, "unit": "mmol/L"}],
                "acute_context": ["sepsis"],
            }
        )
    )
    assert {"V-07", "PA-07"} <= {rule.id for rule in answer.fired_rules}
