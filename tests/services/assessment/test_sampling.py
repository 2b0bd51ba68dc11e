"""How a sample was drawn, handled and under which drug: the rule says so, and what it may show."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from services.assessment.assess import assess
from services.assessment.contract import EvaluateRequest

CASES = tomllib.loads(Path(__file__).with_name("sampling.toml").read_text("utf-8"))["case"]


def a_result(sent: dict[str, Any]) -> dict[str, Any]:
    usual = {"id": "sent", "taken_at": "2026-02-25T08:00:00+08:00", "fasting": True}
    whole = usual | sent
    return whole | {"fasting": None if whole["fasting"] == "unknown" else whole["fasting"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_how_it_was_drawn_says_what_it_may_show(case: dict[str, Any]) -> None:
    answer = assess(
        EvaluateRequest.model_validate(
            {
                "patient": {"sex": "female", "age_years": case.get("age", 46)},
                "as_of": "2026-03-02T09:00:00+08:00",
                "observations": [a_result(one) for one in case["sent"]],
                "drug_exposures": [
                    {"agent": agent, "started_on": "2026-01-01"} for agent in case.get("drugs", ())
                ],
            }
        )
    )

    fired = {rule.id for rule in answer.fired_rules}
    codes = {caveat.code for caveat in answer.caveats}
    assert {case["fires"]} <= fired if "fires" in case else True
    assert {case["caveat"]} <= codes if "caveat" in case else True
    assert case.get("without") not in codes
    assert case.get("not_fired") not in fired
    assert answer.tio_class == case.get("class", answer.tio_class)
    if "derived" in case:
        wanted = case["derived"]
        shown = [one for one in answer.derived if one.quantity == wanted["quantity"]]
        assert [{name: getattr(shown[0], name) for name in wanted}] == [wanted]


def test_a_case_stands_for_every_rule_of_sampling() -> None:
    """PA-03, PA-05 and PA-07 stand where urine, haemolysis and acute illness are tried."""
    tried = {case.get("fires") for case in CASES}
    assert tried >= {"PA-01", "PA-02", "PA-06", "PA-08", "PA-09", "PA-10"}
    assert tried >= {"V-02", "V-03", "V-04", "V-08", "V-09", "V-10", "V-12"}
