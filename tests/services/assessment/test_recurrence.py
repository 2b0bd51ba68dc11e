"""A tumor once confirmed: cured is not unlikely, low again is a recurrence, the class stays."""

from typing import Any

import pytest

from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest
from tests.services.assessment.vectors import a_day, an_observation, body_of, vectors

CURED = next(case for case in vectors() if case["id"] == "DC16")


def after_cure(*results: dict[str, Any], **findings: Any) -> Assessment:
    body = body_of(CURED)
    body["observations"] += [{**one, "id": f"later-{n}"} for n, one in enumerate(results)]
    body["findings"] |= findings
    return assess(EvaluateRequest.model_validate(body))


def caveats(answer: Assessment) -> set[str]:
    return {caveat.code for caveat in answer.caveats}


def steps(answer: Assessment) -> set[str]:
    return {step.step for step in answer.next_tests}


def test_cured_is_confirmed_and_nothing_is_due() -> None:
    answer = after_cure()
    assert answer.tio_class == "TIO_CONFIRMED"
    assert not answer.next_tests
    assert answer.differential[0].diagnosis == "TIO"
    assert "recurrence_suspected" not in caveats(answer)


def test_low_again_keeps_the_class_and_starts_over() -> None:
    answer = after_cure(an_observation("s_phos", 0.6, 1))
    assert answer.tio_class == "TIO_CONFIRMED"
    assert "recurrence_suspected" in caveats(answer)
    assert {"M-01", "M-05"} <= steps(answer)
    assert "R-02" not in {rule.id for rule in answer.fired_rules}, "the old pair no longer counts"


def test_kidney_and_fgf23_are_judged_anew_by_what_came_later() -> None:
    answer = after_cure(
        an_observation("s_phos", 0.45, 1, collection_id="new"),
        an_observation("s_creat", 60, 1, collection_id="new"),
        an_observation("u_phos", 20, 1, collection_id="new"),
        an_observation("u_creat", 8, 1, collection_id="new"),
        an_observation("s_fgf23_i", 90, 1),
    )
    fired = {rule.id for rule in answer.fired_rules}
    assert {"C-08", "R-02", "F-01"} <= fired
    assert "F-03" not in fired, "the FGF23 of the cure is not the FGF23 of the recurrence"
    assert answer.tio_class == "TIO_CONFIRMED"


def test_phosphate_back_without_fgf23_is_not_yet_confirmed() -> None:
    body = body_of({**CURED, "more": []})
    answer = assess(EvaluateRequest.model_validate(body))
    assert answer.tio_class == "TIO_PROBABLE"
    assert "incomplete_confirmation" in caveats(answer)


def test_fgf23_still_high_after_the_operation_is_incomplete() -> None:
    body = body_of({**CURED, "more": [{"analyte": "s_fgf23_i", "value": 75, "day": 10}]})
    assert assess(EvaluateRequest.model_validate(body)).tio_class == "TIO_PROBABLE"


def test_a_normal_phosphate_on_tablets_confirms_nothing() -> None:
    body = body_of({**CURED, "drugs": ["oral_phosphate"]})
    assert assess(EvaluateRequest.model_validate(body)).tio_class != "TIO_CONFIRMED"


def test_another_histology_does_not_confirm() -> None:
    body = body_of(CURED)
    body["findings"]["tumor_histology"] = "lipoma"
    answer = assess(EvaluateRequest.model_validate(body))
    assert answer.tio_class == "TIO_PROBABLE"


def test_a_lump_that_was_no_such_tumor_and_changed_nothing_says_nothing() -> None:
    body = body_of({**CURED, "earlier_phosphate": [{"day": 10, "value": 0.5}], "more": []})
    body["findings"]["tumor_histology"] = "lipoma"
    answer = assess(EvaluateRequest.model_validate(body))
    assert "C-08b" not in {rule.id for rule in answer.fired_rules}


@pytest.mark.parametrize(("value", "again"), [(1.1, False), (0.6, True)])
def test_confirmed_in_an_earlier_assessment_is_remembered(value: float, again: bool) -> None:
    answer = assess(
        EvaluateRequest.model_validate(
            {
                "patient": {"sex": "female", "age_years": 46},
                "as_of": "2026-03-02T09:00:00+00:00",
                "observations": [an_observation("s_phos", value, 3)],
                "findings": {"tio_confirmed_on": a_day(300)},
            }
        )
    )
    assert answer.tio_class == "TIO_CONFIRMED"
    assert ("recurrence_suspected" in caveats(answer)) is again
    assert ({"M-01", "M-05"} <= steps(answer)) is again


def test_a_cure_asks_which_drugs_were_taken_where_nobody_said() -> None:
    body = body_of(CURED)
    for exposures, asked in ((None, True), ([], False)):
        answer = assess(EvaluateRequest.model_validate({**body, "drug_exposures": exposures}))
        assert answer.tio_class == "TIO_CONFIRMED"
        assert ("treatment_not_stated" in caveats(answer)) is asked
        assert any("Which drugs" in line for line in answer.would_change_if) is asked


@pytest.mark.parametrize("analyte", ["s_phos", "s_fgf23_i"])
def test_a_preliminary_result_confirms_no_cure(analyte: str) -> None:
    body = body_of(CURED)
    for one in body["observations"]:
        if one["analyte"] == analyte:
            one["status"] = "preliminary"
    assert assess(EvaluateRequest.model_validate(body)).tio_class == "TIO_PROBABLE"


@pytest.mark.parametrize(("value", "tio_class"), [(150, "TIO_CONFIRMED"), (250, "TIO_PROBABLE")])
def test_c_terminal_fgf23_back_in_its_interval_is_back(value: int, tio_class: str) -> None:
    body = body_of({**CURED, "more": [{"analyte": "s_fgf23_c", "value": value, "day": 10}]})
    assert assess(EvaluateRequest.model_validate(body)).tio_class == tio_class


def test_c_terminal_fgf23_does_not_outvote_an_intact_one_that_is_high() -> None:
    high = {"analyte": "s_fgf23_i", "value": 75, "day": 10}
    body = body_of({**CURED, "more": [high, {"analyte": "s_fgf23_c", "value": 100, "day": 9}]})
    assert assess(EvaluateRequest.model_validate(body)).tio_class == "TIO_PROBABLE"
