"""A message that tells one result in two ways tells nothing, whichever comes first."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

from services.followup.contract import FollowUp, PlanRequest
from services.followup.follow_up import follow_up


def a_phosphate(value: float, **more: Any) -> dict[str, Any]:
    """The same result, told with this value."""
    taken = {"taken_at": "2024-06-01T08:00:00Z", "fasting": True}
    said = {"id": "p", "analyte": "s_phos", "value": value, "unit": "mmol/L"}
    return said | taken | {"reference_range": {"low": 0.8, "high": 1.45}} | more


def told(*phosphates: dict[str, Any]) -> FollowUp:
    """The answer to one message with these results."""
    said = {"history": [{"kind": "observations", "observations": list(phosphates)}]}
    return follow_up(PlanRequest.model_validate(said), datetime(2024, 6, 2, tzinfo=UTC))


def test_two_values_of_one_version_are_both_refused_in_any_order() -> None:
    for two in permutations([a_phosphate(0.30), a_phosphate(1.00)]):
        answer = told(*two)
        assert [(one.observation, "two ways" in one.reason) for one in answer.rejected] == [
            ("p", True)
        ]
        assert answer.alerts == []


def test_a_newer_version_in_the_same_message_counts() -> None:
    for two in permutations([a_phosphate(1.00), a_phosphate(0.30, version=2)]):
        assert [alert.rule for alert in told(*two).alerts] == ["MON-02"]


def test_a_result_that_is_only_repeated_counts() -> None:
    assert [alert.rule for alert in told(a_phosphate(0.30), a_phosphate(0.30)).alerts] == ["MON-02"]
