"""The patient timelines of treatment-followup.md 9, day by day."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.followup.contract import PlanRequest
from services.followup.follow_up import conclude, follow_up
from tests.services.followup.timelines import TIMELINES, expect_answered, the_results


@pytest.mark.parametrize("timeline", [pytest.param(t, id=t["name"]) for t in TIMELINES])
def test_a_patient_is_followed_day_by_day(timeline: dict[str, Any]) -> None:
    history: list[dict[str, Any]] = []
    for step in timeline["steps"]:
        history += step.get("events", [])
        if "results" in step:
            history.append(the_results(step["on"], step["results"], timeline["patient"]))
        request = PlanRequest.model_validate({"patient": timeline["patient"], "history": history})
        as_of = datetime.fromisoformat(step["on"]).replace(hour=12, tzinfo=UTC)

        answer = follow_up(request, as_of)
        conclusion = conclude(uuid4(), request, as_of)

        day = step["on"]
        expect_answered(step, answer)
        assert conclusion.state == answer.state
        if "proposal" in step:
            assert conclusion.proposal == step["proposal"], day
        keys = [(o.rule, o.occurrence) for o in conclusion.obligations]
        assert len(keys) == len(set(keys)), day
