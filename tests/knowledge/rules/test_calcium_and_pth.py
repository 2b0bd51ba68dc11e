"""Where PTH lies, and when two calcium values differ. The limits stand in calcium_and_pth.toml."""

from decimal import Decimal

import pytest

from knowledge.rules.calcium_and_pth import adjusted_differs, much_raised, pth_position
from knowledge.rules.non_renal import below_adequate
from knowledge.rules.reference_intervals import UNREAD, Level, Reading
from tests.knowledge.questions.things import DAY, quantity, result

LOW, HIGH = Decimal(1), Decimal(7)


@pytest.mark.parametrize(
    ("value", "level", "low", "high", "position"),
    [
        (3, Level.NORMAL, LOW, HIGH, "normal"),
        (4, Level.NORMAL, LOW, HIGH, "normal"),
        ("4.1", Level.NORMAL, LOW, HIGH, "upper_half"),
        (8, Level.HIGH, LOW, HIGH, "high"),
        ("0.5", Level.LOW, LOW, HIGH, "low"),
        # with one end nobody knows where the middle is
        (5, Level.NORMAL, None, HIGH, "normal"),
        (5, Level.NORMAL, LOW, None, "normal"),
    ],
)
def test_pth_lies_in_the_upper_half_above_the_middle_of_its_interval(
    value: int | str, level: Level, low: Decimal | None, high: Decimal | None, position: str
) -> None:
    reading = Reading(level, "laboratory", low, high, "pmol/L")
    assert pth_position(result("s_pth", value), reading, DAY) == position


def test_a_pth_that_was_not_measured_or_not_read_lies_nowhere() -> None:
    assert pth_position(None, UNREAD, DAY) == "undetermined"
    assert pth_position(result("s_pth", 20), UNREAD, DAY) == "undetermined"
    assert pth_position(None, Reading(Level.NORMAL), DAY) == "undetermined"


@pytest.mark.parametrize(
    ("value", "level", "high", "raised"),
    [
        (12, Level.HIGH, HIGH, True),
        ("10.5", Level.HIGH, HIGH, False),
        (8, Level.HIGH, HIGH, False),
        (12, Level.UNDETERMINED, HIGH, False),
        (12, Level.HIGH, None, False),
    ],
)
def test_pth_is_much_raised_from_one_and_a_half_times_its_limit(
    value: int | str, level: Level, high: Decimal | None, raised: bool
) -> None:
    reading = Reading(level, "laboratory", LOW, high, "pmol/L")
    assert much_raised(result("s_pth", value), reading, DAY) is raised


@pytest.mark.parametrize(
    ("reported", "unit", "differs"),
    [
        ("2.60", "mmol/L", True),
        ("2.31", "mmol/L", False),
        ("<2.60", "mmol/L", False),  # a bound differs from nothing
        ("9.2", "mg/dL", False),  # compared in one unit or not at all
    ],
)
def test_a_reported_calcium_differs_by_more_than_the_rounding_of_both(
    reported: str, unit: str, differs: bool
) -> None:
    assert adjusted_differs(quantity(reported, unit), quantity("2.30", "mmol/L"), DAY) is differs


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("unknown", "unknown"),
        ("adequate", "adequate"),
        ("insufficient", "below_50"),
        ("severe_deficiency", "below_50"),
    ],
)
def test_a_vitamin_d_that_nobody_measured_is_not_called_low(status: str, said: str) -> None:
    assert below_adequate(status) == said
