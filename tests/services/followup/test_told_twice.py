"""What tells one result in two ways tells nothing, in one message or two, whichever is first."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from services.followup.contract import FollowUp, PlanRequest
from services.followup.follow_up import follow_up


def a_phosphate(value: float, **more: Any) -> dict[str, Any]:
    """The same result, told with this value."""
    taken = {"taken_at": "2024-06-01T08:00:00Z", "fasting": True}
    said = {"id": "p", "analyte": "s_phos", "value": value, "unit": "mmol/L"}
    return said | taken | {"reference_range": {"low": 0.8, "high": 1.45}} | more


IN_ONE, EACH_IN_ITS_OWN = True, False
HOW = pytest.mark.parametrize("together", [IN_ONE, EACH_IN_ITS_OWN])


def told(*phosphates: dict[str, Any], together: bool = IN_ONE) -> FollowUp:
    """The answer to one message with these results, or to one message for each."""
    messages = [phosphates] if together else [(one,) for one in phosphates]
    history = [{"kind": "observations", "observations": list(one)} for one in messages]
    said = {"opened_on": "2024-01-01", "history": history}
    return follow_up(PlanRequest.model_validate(said), datetime(2024, 6, 2, tzinfo=UTC))


def alarms(answer: FollowUp) -> list[str]:
    """Which rules alarm?"""
    return [alert.rule for alert in answer.alerts]


@HOW
@pytest.mark.parametrize("version", [{}, {"version": 1}, {"version": 3}])
def test_two_values_of_one_version_are_both_refused_in_any_order(
    version: dict[str, Any], together: bool
) -> None:
    for two in permutations([a_phosphate(0.30, **version), a_phosphate(1.00, **version)]):
        answer = told(*two, together=together)
        assert [(one.observation, "two ways" in one.reason) for one in answer.rejected] == [
            ("p", True)
        ]
        assert answer.alerts == []


@HOW
@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({}, {"version": 2}),
        ({}, {"status": "corrected"}),
        ({"status": "preliminary"}, {}),
        ({"status": "corrected"}, {"version": 2}),
    ],
    ids=["a higher version", "a correction", "final after preliminary", "a version goes first"],
)
def test_of_two_that_differ_the_later_word_counts_whichever_comes_first(
    earlier: dict[str, Any], later: dict[str, Any], together: bool
) -> None:
    for two in permutations([a_phosphate(1.00, **earlier), a_phosphate(0.30, **later)]):
        answer = told(*two, together=together)
        assert (alarms(answer), answer.rejected) == (["MON-02"], [])


@HOW
@pytest.mark.parametrize("again", [{}, {"version": 1}])
def test_a_result_that_is_only_repeated_counts(again: dict[str, Any], together: bool) -> None:
    answer = told(a_phosphate(0.30), a_phosphate(0.30, **again), together=together)
    assert (alarms(answer), answer.rejected) == (["MON-02"], [])


@pytest.mark.parametrize("value", ["1e999999999", "1e-999999999", "1e400"])
def test_a_number_that_nobody_can_have_takes_nothing_else_with_it(value: str) -> None:
    answer = told(a_phosphate(0.30, id="other"), a_phosphate(0) | {"value": value})
    assert alarms(answer) == ["MON-02"]
    assert [(one.observation, one.reason) for one in answer.rejected] == [
        ("p", "the value cannot be")
    ]


@HOW
def test_an_id_that_is_used_again_for_another_sample_is_another_result(together: bool) -> None:
    """So that no value is lost: it is told apart by its time, as in a stored plan."""
    before = a_phosphate(0.25, taken_at="2024-05-01T08:00:00Z")
    after = a_phosphate(1.00)
    mended = a_phosphate(0.30, status="corrected")
    answer = told(before, after, together=together)
    assert [(one.rule, one.status) for one in answer.earlier_alerts] == [("MON-02", "resolved")]
    assert alarms(told(before, after, mended, together=together)) == ["MON-02"]
