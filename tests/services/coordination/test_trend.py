"""Phosphate over time: one unit in the picture, what was sent in the table."""

from datetime import UTC, datetime
from typing import Any

from services.coordination.trend import trend


def told(*observations: dict[str, Any], day: int = 1) -> tuple[datetime, dict[str, Any]]:
    return datetime(2026, 3, day, tzinfo=UTC), {"observations": list(observations)}


def phosphate(**changes: Any) -> dict[str, Any]:
    return {"id": "o1", "analyte": "s_phos", "value": 0.45, "unit": "mmol/L"} | changes


def test_values_of_two_units_stand_on_one_scale_and_keep_what_was_sent() -> None:
    drawn = trend([told(phosphate()), told(phosphate(id="o2", value=3.0, unit="mg/dL"), day=9)])

    assert drawn is not None
    assert [str(round(point.value, 3)) for point in drawn.points] == ["0.450", "0.969"]
    assert [point.sent for point in drawn.points] == ["0.45 mmol/L", "3.0 mg/dL"]
    assert drawn.points[0].x < drawn.points[1].x
    assert drawn.points[0].y > drawn.points[1].y


def test_a_corrected_value_replaces_the_one_before() -> None:
    drawn = trend([told(phosphate()), told(phosphate(value=0.54, status="corrected"), day=2)])

    assert drawn is not None
    assert [point.sent for point in drawn.points] == ["0.54 mmol/L"]


def test_a_value_entered_in_error_is_gone() -> None:
    assert trend([told(phosphate()), told(phosphate(status="entered-in-error"), day=2)]) is None


def test_what_cannot_be_read_is_left_out() -> None:
    for wrong in (
        phosphate(unit=None),
        phosphate(unit="furlong"),
        phosphate(value="low"),
        phosphate(value=True),
        phosphate(value=None),
        phosphate(taken_at="2026-03-01T08:00:00"),
        phosphate(taken_at="yesterday"),
        phosphate(analyte="s_ca"),
        phosphate(value="NaN"),
    ):
        assert trend([told(wrong)]) is None
    assert trend([(datetime(2026, 3, 1, tzinfo=UTC), {"observations": "none"})]) is None


def test_each_value_is_read_against_its_own_laboratory() -> None:
    low = phosphate(reference_range={"low": 0.85, "high": 1.51})
    fine = phosphate(id="o2", value=3.0, unit="mg/dL", reference_range={"low": 2.6, "high": 4.7})
    bare = phosphate(id="o3", loinc="14879-1", analyte=None)

    drawn = trend([told(low), told(fine, day=2), told(bare, day=3)])

    assert drawn is not None
    assert [point.in_words for point in drawn.points] == ["low", "in range", "no range given"]
    assert drawn.band is not None
