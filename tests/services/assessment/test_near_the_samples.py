"""An exposure counts by the days of the samples; waiting alone concludes nothing else."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.assessment.assess import assess
from services.assessment.contract import EvaluateRequest
from tests.services.assessment import test_rules_fire
from tests.services.assessment.vectors import AS_OF, a_day

CASES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("near_the_samples.toml").read_text("utf-8")
)["case"]
LATER = (0, 30, 200, 400)


def request_of(case: dict[str, Any], asked_again: int) -> EvaluateRequest:
    """What is known of this patient, asked so many days later."""
    body = test_rules_fire.request_of(case).model_dump(mode="json", by_alias=True)
    body["as_of"] = (AS_OF + timedelta(days=asked_again)).isoformat()
    for one in case.get("drugs_between", ()):
        days = dict(zip(("started_on", "stopped_on"), map(a_day, one["days"]), strict=False))
        body["drug_exposures"].append({"agent": one["agent"], **days})
    return EvaluateRequest.model_validate(body)


@pytest.mark.parametrize("asked_again", LATER)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_an_exposure_counts_by_the_days_of_the_samples(
    case: dict[str, Any], asked_again: int
) -> None:
    answer = assess(request_of(case, asked_again))
    fired = {rule.id for rule in answer.fired_rules}
    caveats = {caveat.code for caveat in answer.caveats}

    assert set(case.get("fires", ())) <= fired
    assert not set(case.get("silent", ())) & fired
    assert set(case.get("caveats", ())) <= caveats
    assert not set(case.get("not_caveats", ())) & caveats
    assert answer.tio_class == case.get("class", answer.tio_class)
    first = answer.differential[0].diagnosis
    assert first == case.get("first", first)
    assert first != case.get("not_first")


@pytest.mark.parametrize("asked_again", LATER)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_waiting_alone_changes_no_class(case: dict[str, Any], asked_again: int) -> None:
    now, then = assess(request_of(case, 0)), assess(request_of(case, asked_again))

    assert (then.tio_class, then.mechanism) == (now.tio_class, now.mechanism)
