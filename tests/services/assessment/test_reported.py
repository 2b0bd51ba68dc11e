"""A letter that reports TRP or TmP/GFR alone, beside the phosphate of its sample."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest
from tests.services.assessment.vectors import an_observation, body_of, vectors

TYPICAL = next(case for case in vectors() if case["id"] == "DC1")
EARLIER = "o9"
"""The low phosphate of two weeks before, once the urine is left out."""

FILE = tomllib.loads(Path(__file__).with_name("reported.toml").read_text("utf-8"))


def answer_to(case: dict[str, Any]) -> Assessment:
    """DC1 with what was reported in the place of its urine."""
    serum = TYPICAL["serum"] | {"s_phos": case.get("s_phos", 0.45)}
    body = body_of({**TYPICAL, "serum": serum, "urine": {}})
    reported = [
        an_observation(key, value, case.get("day", 20), unit=unit)
        for key, value, unit in case["reported"]
    ]
    if case.get("timeless"):
        body["observations"] = [one for one in body["observations"] if one["id"] != EARLIER]
        for one in (*reported, *body["observations"]):
            one |= {"taken_at": None, "collection_id": None}
    body["observations"] += reported
    body["patient"] |= {"age_years": case.get("age", 46)}
    return assess(EvaluateRequest.model_validate(body))


@pytest.mark.parametrize("case", FILE["case"], ids=lambda case: case["says"])
def test_one_reported_value_and_its_phosphate_make_the_other(case: dict[str, Any]) -> None:
    answer = answer_to(case)

    fired = {rule.id for rule in answer.fired_rules}
    assert ("computed_from_reported" in {one.code for one in answer.caveats}) is case["computed"]
    assert sorted(id for id in fired - {"R-07", "R-08"} if id.startswith("R-")) == case["fires"]
    computed = {one.quantity: one for one in answer.derived if not one.reported}
    for quantity, value in case.get("derived", {}).items():
        assert computed[quantity].value == pytest.approx(value, rel=0.005)
        assert len(computed[quantity].inputs) == 1 + len(case["reported"])
    assert answer.tio_class == case["class"]
