"""How is the patient doing? Outcome measures over time, and what they close."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.followup.charted import MeasureSeries
from services.followup.contract import PlanRequest
from services.followup.follow_up import follow_up
from services.followup.trends import trends

ASKED = datetime(2025, 6, 1, 12, tzinfo=UTC)
SURGERY = {"performed_at": "2024-04-10", "site": "thigh", "margin": "wide"}
SCORES = {
    "six_minute_walk": (380, "m"),
    "sit_to_stand": (14, "s"),
    "bpi_worst_pain": (3, None),
    "bpi_interference": (2, None),
    "bfi": (4, None),
    "sf36_pcs": (41, None),
}


def a_measure(measure: str, value: Any, day: str, unit: str | None = None, **more: Any) -> Any:
    """One outcome as a ward tells it."""
    told = {"measure": measure, "value": value, "unit": unit, "measured_on": day}
    place = f" {more['site']}" if "site" in more else ""
    return {"kind": "measure", "id": f"{measure} {day}{place}"} | told | more


def the_series(history: list[Any]) -> list[MeasureSeries]:
    """Each measure over time."""
    request = PlanRequest.model_validate({"history": history})
    return trends(UUID(int=1), request, ASKED).measures


def test_change_is_counted_from_the_last_value_before_treatment() -> None:
    told = [
        a_measure("6MWT", 310, "2024-03-01", "m"),
        a_measure("6MWT", 300, "2024-04-01", "m"),
        a_measure("6MWT", 360, "2024-07-09", "m"),
        a_measure("6MWT", 370, "2025-01-05", "m"),
    ]

    [walk] = the_series([SURGERY, *told])

    assert (walk.baseline, walk.before_treatment) == ("6MWT 2024-04-01", True)
    changes = [p.from_baseline.importance if p.from_baseline else None for p in walk.points]
    assert changes == [None, None, "better", "better"]
    previous = [p.from_previous.importance if p.from_previous else None for p in walk.points]
    assert previous == [None, "none", "better", "none"]
    assert (walk.limit_read_status, walk.unit) == ("abstract", "m")
    assert "Not in this disease" in walk.limit_note


def test_without_a_value_before_treatment_the_first_one_stands_for_it_and_that_is_said() -> None:
    told = [a_measure("bfi", 6, "2024-07-09"), a_measure("bfi", 4, "2025-01-05")]

    [fatigue] = the_series([SURGERY, *told])

    assert (fatigue.baseline, fatigue.before_treatment) == ("bfi 2024-07-09", False)
    assert fatigue.limit_read_status == "unverified"


def test_what_is_lost_after_a_drug_was_stopped_is_shown_with_the_drug() -> None:
    drug = {"agent": "burosumab", "started_on": "2024-05-01", "stopped_on": "2024-12-01"}
    told = [
        a_measure("6MWT", 400, "2024-11-01", "m"),
        a_measure("6MWT", 330, "2025-02-01", "m"),
    ]

    [walk] = the_series([drug, *told])

    on_it, after = walk.points
    assert (on_it.treated_with, on_it.after_stop_of) == (["burosumab"], [])
    assert (after.treated_with, after.after_stop_of) == ([], ["burosumab"])
    assert after.from_previous is not None
    assert after.from_previous.importance == "worse"


def test_bone_densities_of_two_places_are_two_series_without_a_limit() -> None:
    told = [
        a_measure("dxa", 0.692, "2024-04-01", "g/cm2", site="L1-4"),
        a_measure("dxa", 1.289, "2025-04-01", "g/cm2", site="L1-4"),
        a_measure("dxa", 0.447, "2024-04-01", "g/cm2", site="femoral_neck"),
    ]

    found = {series.site: series for series in the_series([SURGERY, *told])}

    assert set(found) == {"L1-4", "femoral_neck"}
    last = found["L1-4"].points[-1].from_baseline
    assert last is not None
    assert (last.importance, last.limit) == ("undetermined", None)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (a_measure("6MWT", 300, "2024-07-09"), "unit is missing"),
        (a_measure("6MWT", 900, "2024-07-09", "ft"), "told in m"),
        (a_measure("bpi_worst_pain", 11, "2024-07-09"), "cannot be 11"),
        (a_measure("grip", 30, "2024-07-09", "kg"), "not known"),
    ],
)
def test_what_cannot_be_read_is_named_and_never_guessed(told: Any, why: str) -> None:
    answer = follow_up(PlanRequest.model_validate({"history": [SURGERY, told]}), ASKED)

    [rejected] = answer.rejected
    assert rejected.observation == told["id"]
    assert why in rejected.reason


def test_a_withdrawn_measure_is_gone_and_a_later_version_takes_its_place() -> None:
    first = a_measure("6MWT", 300, "2024-07-09", "m")
    right = first | {"value": 360, "version": 2}
    gone = first | {"version": 3, "status": "entered-in-error"}

    for told in ([first, right], [right, first]):
        [walk] = the_series([SURGERY, *told])
        assert [(p.value, p.version) for p in walk.points] == [(Decimal(360), 2)]
    assert the_series([SURGERY, first, right, gone]) == []


def test_two_values_under_one_version_are_asked_back_whichever_came_first() -> None:
    one, other = (a_measure("6MWT", value, "2024-07-09", "m") for value in (300, 360))

    for told in ([one, other], [other, one]):
        request = PlanRequest.model_validate({"history": [SURGERY, *told]})
        [rejected] = follow_up(request, ASKED).rejected
        assert "told twice and differently" in rejected.reason
        assert the_series([SURGERY, *told]) == []


def test_the_whole_set_closes_the_tests_of_function_and_a_part_of_it_does_not() -> None:
    whole = [a_measure(name, value, "2024-07-09", unit) for name, (value, unit) in SCORES.items()]

    for told, status, said in ((whole, "done", False), (whole[1:], "open", True)):
        request = PlanRequest.model_validate({"history": [SURGERY, *told]})
        answer = follow_up(request, datetime(2024, 7, 10, 12, tzinfo=UTC))
        first = next(item for item in answer.schedule if item.rule == "FUP-11")
        assert first.status == status
        codes = {caveat.code for caveat in answer.caveats}
        assert ("function_tests_incomplete" in codes) is said


def test_a_bone_density_closes_what_it_was_due_for() -> None:
    told = a_measure("dxa", 0.8, "2024-07-09", "g/cm2", site="L1-4")
    request = PlanRequest.model_validate({"history": [SURGERY, told]})

    answer = follow_up(request, datetime(2024, 7, 10, 12, tzinfo=UTC))

    first = next(item for item in answer.schedule if item.rule == "FUP-10")
    assert (first.status, str(first.done_on)) == ("done", "2024-07-09")
