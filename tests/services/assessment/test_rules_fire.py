"""Each rule by its own id, on both sides: when it fires, and when it must not."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest
from tests.services.assessment.vectors import a_day, body_of

FILE = tomllib.loads(Path(__file__).with_name("rules_fire.toml").read_text("utf-8"))
CASES: list[dict[str, Any]] = FILE["case"]


def request_of(case: dict[str, Any]) -> EvaluateRequest:
    """The request this case stands for."""
    laid = {"id": "invented", **FILE["base"][case["base"]], **case}
    gone = set(case.get("without", ()))
    for part in ("serum", "urine"):
        laid[part] = {key: value for key, value in laid.get(part, {}).items() if key not in gone}
    body = body_of(laid) | {"genetics": case.get("genes", [])}
    if "profile" in case:
        body["profile"] = case["profile"]
    if "acute_days" in case:
        names = ("acute_since", "acute_until")
        body["findings"] |= dict(zip(names, map(a_day, case["acute_days"]), strict=False))
    return EvaluateRequest.model_validate(body)


def answer_for(case: dict[str, Any]) -> Assessment:
    """What is concluded?"""
    return assess(request_of(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_a_rule_fires_when_the_specification_says_and_only_then(case: dict[str, Any]) -> None:
    answer = answer_for(case)
    fired = {rule.id for rule in answer.fired_rules}
    steps = {step.step for step in answer.next_tests}

    assert set(case.get("fires", ())) <= fired
    assert not set(case.get("silent", ())) & fired
    assert set(case.get("steps", ())) <= steps
    assert not set(case.get("not_steps", ())) & steps
    caveats = {caveat.code for caveat in answer.caveats}
    assert set(case.get("caveats", ())) <= caveats
    assert not set(case.get("not_caveats", ())) & caveats
    assert answer.tio_class == case.get("class", answer.tio_class)
    assert answer.urgent is case.get("urgent", answer.urgent)
    if "first" in case:
        assert answer.differential[0].diagnosis == case["first"]
    if "not_first" in case:
        assert answer.differential[0].diagnosis != case["not_first"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_every_answer_says_what_would_change_it(case: dict[str, Any]) -> None:
    assert answer_for(case).would_change_if
