"""Which test comes first among equals (localization.md 3.3). Its weights stand in the .toml."""

from datetime import date
from decimal import Decimal

import pytest

from knowledge.rules.scan_planner import Option, Utility, cost_of, ranked

TODAY = date(2026, 11, 22)
NOUGHT = Decimal(0)


def an_option(name: str, dose: int | None, wait: int | None, distance: int | None) -> Option:
    """A test that is worth as much as any other here."""
    worth = Utility(NOUGHT, NOUGHT, NOUGHT, NOUGHT, NOUGHT)
    given = (None if one is None else Decimal(one) for one in (dose, distance))
    dose_msv, distance_km = given
    return Option(name, worth, dose_msv, wait, distance_km)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((0, 30, 500), (5, 0, 0)),
        ((5, 3, 500), (5, 4, 0)),
        ((5, 0, 500), (5, 1, 0)),
        ((5, 3, 10), (5, 3, 20)),
        # what nobody said of a test is not held against it
        ((5, None, 20), (5, 1, 10)),
        ((5, None, 10), (5, 0, 20)),
        ((5, 3, None), (5, 3, 20)),
    ],
)
def test_among_equals_the_lower_dose_then_the_shorter_wait_then_the_shorter_way_counts(
    first: tuple[int, int | None, int | None], second: tuple[int, int | None, int | None]
) -> None:
    for order in (1, -1):
        options = [an_option("first", *first), an_option("second", *second)][::order]
        assert [option.test for option in ranked(options, TODAY)] == ["first", "second"]


def test_a_cost_is_read_or_not_known() -> None:
    assert cost_of("ga68_dota") == 12
    assert cost_of("crystal_ball") is None
