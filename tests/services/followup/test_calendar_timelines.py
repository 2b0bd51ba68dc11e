"""What the timelines of treatment-followup.md 9 say of the calendar, day by day."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.followup.contract import PlanRequest
from services.followup.follow_up import conclude, follow_up
from tests.services.followup.timelines import expect_answered, the_results

TIMELINES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("calendar_timelines.toml").read_text("utf-8")
)["timeline"]


@pytest.mark.parametrize("timeline", [pytest.param(t, id=t["name"]) for t in TIMELINES])
def test_the_calendar_follows_a_patient(timeline: dict[str, Any]) -> None:
    told: list[dict[str, Any]] = []
    label = {"label_profile": timeline["label"]} if "label" in timeline else {}
    for step in timeline["steps"]:
        told += step.get("events", [])
        if "results" in step:
            told.append(the_results(step["on"], step["results"], timeline["patient"]))
        body = {"patient": timeline["patient"], "history": told, **label}
        request = PlanRequest.model_validate(body)
        as_of = datetime.fromisoformat(step["on"]).replace(hour=12, tzinfo=UTC)

        answer = follow_up(request, as_of)

        expect_answered(step, answer)
        for rule in step.get("missed", []):
            missed = [i for i in answer.schedule if (i.rule, i.status) == (rule, "missed")]
            assert missed, (step["on"], rule)
            assert all(item.owner for item in missed), (step["on"], rule)
        owed = conclude(uuid4(), request, as_of).obligations
        still = {(i.rule, i.occurrence) for i in answer.schedule if i.status == "open"}
        assert still <= {(one.rule, one.occurrence) for one in owed}, step["on"]
