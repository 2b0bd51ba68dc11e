"""What is refused before anything is assessed, and what of a result is kept as it was sent."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.assessment.assess import assess
from services.assessment.contract import EvaluateRequest

NOW = "2026-03-01T09:00:00+08:00"


def a_request(**said: Any) -> EvaluateRequest:
    """A request with one low phosphate, and whatever else is said."""
    observation = {"id": "o1", "analyte": "s_phos", "value": 1.2, "unit": "mg/dl"}
    observation |= said.pop("observation", {})
    return EvaluateRequest.model_validate({"as_of": NOW, "observations": [observation], **said})


@pytest.mark.parametrize("profile", ["ZZ_adult", "int_adult", ""])
def test_a_profile_nobody_knows_is_refused_not_replaced(profile: str) -> None:
    with pytest.raises(ValidationError):
        a_request(profile=profile)


@pytest.mark.parametrize("taken_at", [1767225600, 2026.0, "2026-02-01T08:00:00", "2026-02-01"])
def test_a_time_is_text_with_an_offset(taken_at: object) -> None:
    with pytest.raises(ValidationError):
        a_request(observation={"taken_at": taken_at})


def test_the_answer_keeps_the_unit_as_the_laboratory_wrote_it_beside_ours() -> None:
    [read] = assess(a_request()).interpretations

    assert (read.value, read.unit) == (1.2, "mg/dl")
    assert read.converted.unit == "mmol/L"
    assert round(read.converted.value, 3) == 0.387
