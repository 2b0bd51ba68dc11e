"""The patient timelines of treatment-followup.md 9, day by day."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.followup.contract import PlanRequest
from services.followup.follow_up import conclude, follow_up
from tests.services.followup.timelines import (
    TIMELINES,
    expect_answered,
    expect_owed,
    expect_reminders,
    the_events,
    the_results,
)


@pytest.mark.parametrize("timeline", [pytest.param(t, id=t["name"]) for t in TIMELINES])
def test_a_patient_is_followed_day_by_day(timeline: dict[str, Any]) -> None:
    history: list[Any] = []
    for step in timeline["steps"]:
        history += the_events(step)
        if "results" in step:
            history.append(the_results(step["on"], step["results"], timeline["patient"]))
        person = {name: timeline["patient"][name] for name in ("sex", "age_years")}
        body: dict[str, Any] = {"patient": person, "history": history}
        body["label_profile"] = timeline.get("label_profile")
        request = PlanRequest.model_validate(body)
        as_of = datetime.fromisoformat(step["on"]).replace(hour=12, tzinfo=UTC)

        answer = follow_up(request, as_of)
        conclusion = conclude(uuid4(), request, as_of)

        day = step["on"]
        expect_answered(step, answer)
        expect_reminders(step, answer, "Europe/Berlin")
        assert conclusion.state == answer.state
        expect_owed(step, {o.rule for o in conclusion.obligations if o.status == "open"})
        if "proposal" in step:
            assert conclusion.proposal == step["proposal"], day
        keys = [(o.rule, o.occurrence) for o in conclusion.obligations]
        assert len(keys) == len(set(keys)), day
