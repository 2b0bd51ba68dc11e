"""One dose has one day: the calendar and the proposal count it by the same arithmetic."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.rules.dose_days import next_dose_day
from services.followup.contract import FollowUp, PlanRequest
from services.followup.follow_up import follow_up

CASES = tomllib.loads(Path(__file__).with_name("dose_days.toml").read_text("utf-8"))["case"]
EVERY, WINDOW = timedelta(days=28), timedelta(days=3)


def told(days: list[str]) -> FollowUp:
    """The answer ten days after the last of these doses."""
    doses = [
        {"agent": "burosumab", "given_on": day, "dose": 30, "dose_unit": "mg", "every_days": 28}
        for day in days
    ]
    patient = {"sex": "male", "age_years": 47, "weight_kg": 62}
    body = {"patient": patient, "label_profile": "US", "history": doses}
    asked = datetime.fromisoformat(f"{days[-1]}T12:00:00+00:00") + timedelta(days=10)
    return follow_up(PlanRequest.model_validate(body), asked.astimezone(UTC))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["says"]) for case in CASES])
def test_the_calendar_and_the_proposal_name_the_same_day(case: dict[str, Any]) -> None:
    answer = told(case["given"])
    planned = [i.due for i in answer.schedule if i.rule == "FUP-37" and i.status == "open"]
    proposed = [dose.due for dose in answer.dose_proposals]

    assert planned == proposed == [date.fromisoformat(case["next"])]


@given(st.lists(st.integers(min_value=15, max_value=60), max_size=8))
def test_no_dose_is_planned_sooner_than_its_interval_less_the_window(apart: list[int]) -> None:
    days = [date(2025, 1, 13)]
    for one in apart:
        days.append(days[-1] + timedelta(days=one))

    assert EVERY - WINDOW <= next_dose_day(days, EVERY, WINDOW) - days[-1] <= EVERY + WINDOW
