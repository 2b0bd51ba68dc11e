"""A scan ends an item only if it looked at the part of the body for which it was asked."""

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.followup.contract import PlanRequest
from services.followup.follow_up import follow_up

TABLE = tomllib.loads(Path(__file__).with_name("coverage.toml").read_text("utf-8"))
CASES = [pytest.param(case, id=case["says"]) for case in TABLE["case"]]
SAID = ("coverage_not_stated", "coverage_elsewhere")


@pytest.mark.parametrize("case", CASES)
def test_a_scan_closes_what_it_covers_and_nothing_else(case: dict[str, Any]) -> None:
    told = [*TABLE["setup"][case["on"]]["history"], *case.get("before", ()), case["scan"]]
    asked = datetime(2025, 1, 15, 12, tzinfo=UTC)
    answer = follow_up(PlanRequest.model_validate({"history": told}), asked)
    day = date.fromisoformat(case["scan"]["performed_at"])

    ended = [item for item in answer.schedule if item.rule == case["rule"]]
    assert (day in [item.done_on for item in ended]) == case["closes"]
    said = {one.code for one in answer.caveats if one.code in SAID and str(day) in one.text}
    assert said == ({case["caveat"]} if "caveat" in case else set())
