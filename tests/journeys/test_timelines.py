"""The patient timelines of treatment-followup.md 9, lived through on the real system."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.journeys.system import System, a_system
from tests.journeys.timelines import Days, Followed, a_day_that_lasts, where_it_is_noon
from tests.services.followup.timelines import TIMELINES, Step, expect_answered, open_items


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One rehearsal for all patients."""
    with a_system(tmp_path_factory.mktemp("timelines") / "data") as system:
        yield system


@pytest.mark.parametrize("timeline", [pytest.param(t, id=t["name"]) for t in TIMELINES])
def test_a_patient_lives_through_a_timeline(system: System, timeline: dict[str, Any]) -> None:
    now = a_day_that_lasts()
    days = Days.from_now(date.fromisoformat(timeline["steps"][0]["on"]), now.date())
    patient = Followed(system, timeline, days, where_it_is_noon(now), now.date())
    patient.begin()
    for step in timeline["steps"]:
        patient.live_until(step["on"])
        patient.take(step)
        expect_standing(step, patient)


def expect_standing(step: Step, patient: Followed) -> None:
    """The journey stands where the step says, and reminds of what follow-up says is due."""
    stands, day = patient.stands(), step["on"]
    for name, expected in step.get("journey", {}).items():
        shown = stands["task"] and stands["task"]["question"] if name == "question" else None
        assert (shown or stands.get(name)) == expected, (day, name, stands)
    answer = patient.answer()
    expect_answered(step, answer)
    if stands["phase"] != "surveillance":
        return
    assert stands["state"] == answer.state, day
    if "proposal" in step:
        assert stands["conclusion"]["proposal"] == step["proposal"], day
    owed: dict[str, list[str]] = {}
    for one in stands["obligations"]:
        if one["status"] == "open":
            owed.setdefault(one["rule"], []).append(one["due"])
    for rule, due in open_items(answer).items():
        assert sorted(owed.get(rule, [])) == sorted(due), (day, rule)
    said = patient.reminded(day)
    for expected in step.get("reminders", []):
        assert tuple(expected) in said, (day, expected, said)
