"""The patient timelines of treatment-followup.md 9, lived through on the real system."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from tests.journeys.system import System, a_system
from tests.journeys.timelines import Days, Followed, a_day_that_lasts, where_it_is_noon
from tests.services.followup.timelines import (
    TIMELINES,
    Step,
    expect_answered,
    expect_owed,
    open_items,
)

EVERY_DAY = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
AT_ONCE = 3
"""So many patients live side by side; each journey has its own clock."""


@pytest.fixture(scope="module")
def lives(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[None]]]:
    """The patients that are asked for, on one rehearsal; the longest lives begin first."""
    asked = {item.name for item in request.session.items}
    wanted = [one for one in TIMELINES if any(f"[{one['name']}]" in name for name in asked)]
    wanted.sort(key=lambda one: one["steps"][0]["on"])
    data = tmp_path_factory.mktemp("timelines") / "data"
    with a_system(data) as system, ThreadPoolExecutor(AT_ONCE) as side_by_side:
        # The days of the specification name no weekday: here people work on every one.
        answer = system.send("PUT", "/coordination/v1/working-time", {"weekdays": EVERY_DAY})
        assert answer.status_code == 200, answer.text
        yield {one["name"]: side_by_side.submit(live_through, system, one) for one in wanted}


@pytest.mark.parametrize("name", [pytest.param(one["name"], id=one["name"]) for one in TIMELINES])
def test_a_patient_lives_through_a_timeline(lives: dict[str, Future[None]], name: str) -> None:
    lives[name].result()


def live_through(system: System, timeline: dict[str, Any]) -> None:
    """Day by day, on a journey of its own."""
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
    question = stands["task"] and stands["task"]["question"]
    for name, expected in step.get("journey", {}).items():
        shown = question if name == "question" else stands[name]
        assert shown == expected, (day, name, stands)
    answer = patient.answer()
    expect_answered(step, answer)
    if stands["phase"] != "surveillance":
        return
    assert stands["state"] == answer.state, day
    if "proposal" in step:
        assert stands["conclusion"]["proposal"] == step["proposal"], day
    owed: dict[str, list[str]] = {}
    for one in stands["obligations"]:
        assert (one["status"] == "open") == (one["disposition"] is None), (day, one)
        if one["status"] == "open":
            owed.setdefault(one["rule"], []).append(one["due"])
    expect_owed(step, owed)
    for rule, due in open_items(answer).items():
        assert sorted(owed.get(rule, [])) == sorted(due), (day, rule)
    said = patient.reminded(day)
    for reminder in step.get("reminders", []):
        assert tuple(reminder) in said, (day, reminder, said)
