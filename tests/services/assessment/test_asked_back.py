"""What cannot be right is asked back, with what to send instead; the rest is assessed."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest

CASES = tomllib.loads(Path(__file__).with_name("asked_back.toml").read_text("utf-8"))["case"]
READABLE = {
    "id": "readable",
    "analyte": "s_phos",
    "value": 0.45,
    "unit": "mmol/L",
    "taken_at": "2026-02-20T08:00:00+00:00",
    "fasting": True,
}


def answer_to(*sent: dict[str, Any], **more: Any) -> Assessment:
    """The answer to a phosphate of 0.45 mmol/L and these results."""
    body: dict[str, Any] = {
        "patient": {"sex": "female", "birth_date": "1979-04-02"},
        "as_of": "2026-03-02T09:00:00+00:00",
        "observations": [READABLE, *(a_result(one) for one in sent)],
        "findings": {"bone_pain": True},
    }
    return assess(EvaluateRequest.model_validate(body | more))


def a_result(sent: dict[str, Any]) -> dict[str, Any]:
    usual = {"id": "sent", "taken_at": "2026-02-25T08:00:00+00:00", "fasting": True}
    return usual | sent


def codes(answer: Assessment) -> dict[str, str]:
    return {caveat.code: caveat.text for caveat in answer.caveats}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_what_cannot_be_right_is_asked_back_and_the_rest_is_assessed(case: dict[str, Any]) -> None:
    answer = answer_to(case["sent"])

    refused = [one for one in answer.rejected if one.observation == "sent"]
    said = refused[0].reason if refused else codes(answer).get(case.get("caveat", ""), "")
    assert [one.rule for one in refused] == ([case["rule"]] if "rule" in case else [])
    assert set(codes(answer)) >= {case["caveat"]} if "caveat" in case else True
    assert case.get("no_caveat") not in codes(answer)
    for words in case.get("asks", ()):
        assert words in said
    assert answer.urgent is case.get("urgent", False)
    read = {one.observation: one.interpretation for one in answer.interpretations}
    assert read["readable"] == "low", "the rest is assessed"
    assert ("sent" in read) is not bool(refused)
    assert {rule.id for rule in answer.fired_rules} >= {one.rule for one in refused}


@pytest.mark.parametrize("unit", ["mmol/L", "mg/dL"])
def test_a_questioned_phosphate_is_no_evidence_of_a_normal_one(unit: str) -> None:
    """Two normals would rule it out; two numbers that were meant in mg/dL would not."""
    two = [
        {"id": "a", "taken_at": "2026-02-10T08:00:00+00:00"},
        {"id": "b", "taken_at": "2026-02-25T08:00:00+00:00"},
    ]
    sent = [a_result(one | {"analyte": "s_phos", "value": 3.1, "unit": unit}) for one in two]

    answer = answer_to(observations=sent)

    excluded = "H-07" in {rule.id for rule in answer.fired_rules}
    assert excluded is (unit == "mg/dL")
    assert answer.tio_class == ("TIO_UNLIKELY" if unit == "mg/dL" else "INDETERMINATE")


@pytest.mark.parametrize("span", [{"high": 1.5}, {"low": 0, "high": 1.5}, {"low": 0.85}])
def test_an_interval_with_one_end_never_hides_a_low_phosphate(span: dict[str, float]) -> None:
    two = [{"id": "a", "taken_at": "2026-02-10T08:00:00+00:00"}, {"id": "b"}]
    low = {"analyte": "s_phos", "value": 0.45, "unit": "mmol/L", "reference_range": span}

    answer = answer_to(observations=[a_result(low | one) for one in two])

    assert {one.interpretation for one in answer.interpretations} == {"low"}
    assert "H-02" in {rule.id for rule in answer.fired_rules}
    assert answer.tio_class == "INDETERMINATE"


def two_normals(**more: Any) -> Assessment:
    """The answer to two fasting phosphates of 1.1 mmol/L."""
    same = {"analyte": "s_phos", "value": 1.1, "unit": "mmol/L"} | more.pop("same", {})
    days = [{"id": "a", "taken_at": "2026-02-10T08:00:00+00:00"}, {"id": "b"}]
    return answer_to(observations=[a_result(same | one) for one in days], **more)


@pytest.mark.parametrize("status", ["preliminary", "unknown"])
def test_what_is_not_final_is_no_evidence_of_a_normal_phosphate(status: str) -> None:
    answer = two_normals(same={"status": status}, drug_exposures=[])

    assert "H-07" not in {rule.id for rule in answer.fired_rules}
    assert answer.tio_class == "INDETERMINATE"


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ({}, True),
        ({"drug_exposures": [{"agent": "a tea of the aunt"}]}, True),
        ({"drug_exposures": []}, False),
        ({"drug_exposures": [{"agent": "denosumab"}]}, False),
    ],
)
def test_two_normals_exclude_and_ask_which_drugs_were_taken(
    more: dict[str, Any], asked: bool
) -> None:
    answer = two_normals(**more)

    assert answer.tio_class == "TIO_UNLIKELY"
    assert ("treatment_not_stated" in codes(answer)) is asked
    told = any("Which drugs were taken" in line for line in answer.would_change_if)
    assert told is asked


@pytest.mark.parametrize(
    ("calcium", "more", "urgent"),
    [
        (1.7, (), True),
        (3.6, (), True),
        (2.0, (), False),
        (1.7, ({"id": "ion", "analyte": "s_ca_ion", "value": 1.2, "unit": "mmol/L"},), False),
        (1.7, ({"id": "alb", "analyte": "s_alb", "value": 24, "unit": "g/L"},), False),
    ],
)
def test_a_total_calcium_without_albumin_can_be_urgent(
    calcium: float, more: tuple[dict[str, Any], ...], urgent: bool
) -> None:
    answer = answer_to({"analyte": "s_ca", "value": calcium, "unit": "mmol/L"}, *more)

    assert answer.urgent is urgent
    assert ("calcium_urgent_unadjusted" in codes(answer)) is urgent
    assert ("RF-02" in {rule.id for rule in answer.fired_rules}) is urgent


@pytest.mark.parametrize(("reported", "differs"), [(2.32, False), (2.10, True)])
def test_a_reported_adjusted_calcium_is_held_against_our_own(
    reported: float, differs: bool
) -> None:
    answer = answer_to(
        {"id": "ca", "analyte": "s_ca", "value": 2.10, "unit": "mmol/L"},
        {"id": "alb", "analyte": "s_alb", "value": 30, "unit": "g/L"},
        {"id": "adj", "analyte": "s_ca_adj", "value": reported, "unit": "mmol/L"},
    )

    assert ("reported_differs" in codes(answer)) is differs


def test_a_rule_that_concludes_the_same_is_named_once() -> None:
    answer = answer_to(observations=[a_result({"analyte": "s_phos", "value": 0.5})])
    said = [(rule.id, rule.conclusion) for rule in answer.fired_rules]

    assert "V-01" in dict(said)
    assert len(said) == len(set(said))


@pytest.mark.parametrize("order", [1, -1])
def test_one_result_under_one_version_with_two_contents_is_not_believed(order: int) -> None:
    two = [
        {"id": "twice", "analyte": "s_ca", "value": value, "unit": "mmol/L"} for value in (2.3, 2.9)
    ]
    answer = answer_to(*two[::order])

    assert [(one.observation, one.rule) for one in answer.rejected] == [("twice", "V-01")]
    assert "later version" in answer.rejected[0].reason


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("later", [{"version": 2}, {"status": "corrected"}])
def test_a_later_version_or_a_correction_stands_in_any_order(
    later: dict[str, Any], order: int
) -> None:
    first = {"analyte": "s_ca", "value": 2.9, "unit": "mmol/L"}
    answer = answer_to(*[first, first | later | {"value": 2.3}][::order])

    assert answer.rejected == []
    assert [one.value for one in answer.interpretations if one.observation == "sent"] == [2.3]
    used = {one.observation: (one.version, one.status) for one in answer.inputs}
    assert used["sent"] == (later.get("version", 1), later.get("status", "final"))


def test_an_answer_names_its_inputs_by_version_and_leaves_out_what_was_refused() -> None:
    answer = answer_to(
        {"id": "z", "analyte": "s_ca", "value": 2.3, "unit": "mmol/L", "version": 3},
        {"id": "a", "analyte": "s_alb", "value": 40, "unit": "g/L", "status": "preliminary"},
        {"id": "bare", "analyte": "s_alb", "value": 40},
    )

    assert [(one.observation, one.version, one.status) for one in answer.inputs] == [
        ("a", 1, "preliminary"),
        ("readable", 1, "final"),
        ("z", 3, "final"),
    ]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"patient": {"birth_date": "1979-04-02", "age_years": 30}}, "age_contradicts_birth"),
        ({"patient": {"birth_date": "1979-04-02", "age_years": 46}}, None),
        ({"patient": {"birth_date": "2026-04-02"}}, "born_later"),
        ({"patient": {"age_years": 46}, "findings": {"age_y": 30}}, "ages_contradict"),
        ({"patient": {"age_years": 46}, "findings": {"age_y": 46}}, None),
        ({"patient": {"sex": "female"}, "findings": {"sex": "male"}}, "sex_contradicts"),
        ({"patient": {"sex": "female"}, "findings": {"sex": "female"}}, None),
        ({"patient": {"age_years": 46}, "findings": {"sex": "male"}}, None),
        (
            {"drug_exposures": [{"agent": "burosumab"} | {"started_on": "2026-01-05"}]},
            "burosumab_phosphate",
        ),
        (
            {
                "drug_exposures": [
                    {"agent": "burosumab", "started_on": "2026-01-05", "stopped_on": "2025-01-05"}
                ]
            },
            "drug_dates",
        ),
        ({"acute_context": ["icu"]}, "acute_context_undated"),
        (
            {"acute_context": ["icu"], "findings": {"acute_until": "2026-01-01"}},
            None,
        ),
    ],
)
def test_what_contradicts_itself_is_said(more: dict[str, Any], code: str | None) -> None:
    found = codes(answer_to(**more))

    asked = {"age_contradicts_birth", "born_later", "drug_dates", "acute_context_undated"}
    asked |= {"ages_contradict", "sex_contradicts"}
    assert (code is None and not asked & found.keys()) or code in found


def test_a_drug_stopped_before_it_was_started_clears_no_sample() -> None:
    dates = {"started_on": "2026-01-05", "stopped_on": "2025-01-05"}
    found = codes(answer_to(drug_exposures=[{"agent": "burosumab", **dates}]))

    assert {"drug_dates", "burosumab_phosphate"} <= found.keys()
    assert "burosumab" in found["drug_dates"]


def test_an_old_result_is_read_by_the_age_of_its_day() -> None:
    """1.0 mmol/L is normal for a woman and low for the girl she was."""
    born = {"patient": {"sex": "female", "birth_date": "2005-06-15"}}
    value = {"analyte": "s_phos", "value": 1.0, "unit": "mmol/L"}
    then, now = (
        {one.observation: one for one in answer_to(value | taken, **born).interpretations}["sent"]
        for taken in ({"taken_at": "2015-06-14T08:00:00+00:00"}, {})
    )

    assert (then.interpretation, now.interpretation) == ("low", "normal")
    assert now.range_from == "INT_adult"
