"""Every row of the calendar is scheduled, counted from what was really done, closed, and missed."""

from collections import defaultdict
from typing import Any

import pytest

from knowledge.rules import surveillance_calendar
from tests.services.followup.calendar_cases import DAY_0, ROWS, answer

LIFE = {"scheduled", "re-based", "closed", "missed"}
NEVER_DUE = {"FUP-08"}
LOOKS = [
    pytest.param(row, look, id=f"{row['rule']}: {row['says']}, day {look['on']}")
    for row in ROWS
    for look in row["looks"]
]


def test_every_row_is_shown_from_its_beginning_to_each_of_its_ends() -> None:
    shown: dict[str, set[str]] = defaultdict(set)
    for row in ROWS:
        for look in row["looks"]:
            shown[row["rule"]].update(look.get("shows", ()))
    rules = {id for id in surveillance_calendar.TABLE.rules if id.startswith("FUP-")}

    assert {rule: LIFE - shown[rule] for rule in rules - NEVER_DUE if LIFE - shown[rule]} == {}


@pytest.mark.parametrize(("row", "look"), LOOKS)
def test_a_row_stands_as_the_specification_says(row: dict[str, Any], look: dict[str, Any]) -> None:
    items = [item for item in answer(row, look["on"]).schedule if item.rule == row["rule"]]
    stand = [[(item.due - DAY_0).days, item.status.value] for item in items]

    if "items" in look:
        assert stand == look["items"]
    for status in ("open", "missed"):
        if status in look:
            assert [due for due, says in stand if says == status] == look[status]
    if "windows" in look:
        days = [[(i.opens - DAY_0).days, (i.closes - DAY_0).days] for i in items]
        assert days == look["windows"]
    if "may_wait" in look:
        until = [item.may_wait_until for item in items if item.may_wait_until is not None]
        assert [(day - DAY_0).days for day in until] == look["may_wait"]
    overdue = [(item.due - DAY_0).days for item in items if item.overdue]
    assert overdue == look.get("overdue", overdue)


@pytest.mark.parametrize(("row", "look"), LOOKS)
def test_each_item_ends_once_and_says_why(row: dict[str, Any], look: dict[str, Any]) -> None:
    schedule = answer(row, look["on"]).schedule
    keys = [(item.rule, item.occurrence) for item in schedule]

    assert len(keys) == len(set(keys))
    for item in schedule:
        if item.status == "open":
            assert (item.ended_on, item.disposition) == (None, None)
            continue
        ends = {"done": "DONE", "missed": "MISSED", "cancelled": "NOT_INDICATED"}
        assert item.disposition == ends[item.status]
        assert item.ended_on is not None
        assert item.reason
        assert (item.owner is not None) == (item.status == "missed")
