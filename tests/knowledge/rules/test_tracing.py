"""When somebody is lost, and by which steps one is looked for."""

import tomllib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from knowledge.rules.tracing import TABLE, Attempt, check_details, standing, steps
from knowledge.terms.acts import ACTS
from knowledge.terms.obligation import Ladder

CASES = tomllib.loads(Path(__file__).with_name("tracing.toml").read_text("utf-8"))["attempt"]
ON = date(2026, 11, 22)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_attempts_count_by_when_they_were_made_in_whatever_order_they_are_told(
    case: dict[str, Any],
) -> None:
    tried = [
        Attempt(datetime.combine(day, time(10), UTC), means, outcome)
        for day, means, outcome in case["attempts"]
    ]
    for seed in range(5):
        Random(seed).shuffle(tried)

        found = standing(tried, ON)

        assert (found.reach, found.unanswered) == (case["reach"], case["unanswered"])
        since = None if found.lost_since is None else found.lost_since.date()
        assert since == case.get("lost")
        assert list(found.wrong) == case.get("wrong", [])


def test_every_outcome_that_can_be_told_stands_in_the_table() -> None:
    outcomes = {"reached", "no_answer", "left_message", "wrong_number", "returned", "refused"}

    assert set(TABLE.entries["outcomes"]) == outcomes


def test_a_search_goes_from_the_number_to_a_decision() -> None:
    since = date(2026, 3, 1)

    found = steps(since)

    days = [(step.rule, (step.due - since).days, step.act) for step in found]
    assert days == [
        ("TRACE-1", 0, "check_contact_details"),
        ("TRACE-2", 7, "call_next_of_kin"),
        ("TRACE-3", 14, "ask_referring_doctor"),
        ("TRACE-4", 30, "registered_letter"),
        ("TRACE-5", 60, "decide_about_lost"),
    ]
    assert [step.ladder for step in found] == [Ladder.OFFICE] * 4 + [Ladder.DECISION]
    assert all(step.act in ACTS and step.because for step in found)
    assert check_details(since + timedelta(days=1)).due == since + timedelta(days=1)
