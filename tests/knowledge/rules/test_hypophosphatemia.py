"""Low, persistent, excluded, urgent: each limit stood upon."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from knowledge.rules import hypophosphatemia as rule
from knowledge.rules.hypophosphatemia import Sample
from knowledge.rules.reference_intervals import read
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation
from knowledge.terms.person import Sex, Subject
from knowledge.terms.quantity import Quantity

DAY = date(2026, 11, 22)
START = datetime(2026, 11, 1, 8, tzinfo=UTC)


def a_sample(
    value: str,
    day: int = 0,
    fasting: bool | None = True,
    treated: bool = False,
    flags: frozenset[str] = frozenset(),
) -> Sample:
    quantity = Quantity(Decimal(value), "mmol/L")
    result = Observation(
        "o",
        ANALYTES["s_phos"],
        quantity,
        quantity,
        taken_at=START + timedelta(days=day),
        fasting=fasting,
        flags=flags,
    )
    return Sample(result, read(result, Subject(DAY, Sex.FEMALE, Decimal(40))), treated)


@pytest.mark.parametrize(
    ("days", "fasting", "persistent"),
    [((0, 7), True, True), ((0, 6), True, False), ((0,), True, False), ((0, 30), None, False)],
)
def test_persistence_needs_two_fasting_lows_a_week_apart(
    days: tuple[int, ...], fasting: bool | None, persistent: bool
) -> None:
    samples = [a_sample("0.6", day, fasting) for day in days]
    assert rule.is_persistent(samples, DAY) is persistent


def test_a_haemolysed_low_is_low_and_a_haemolysed_normal_shows_nothing() -> None:
    haemolysed = frozenset({"haemolysed"})
    assert rule.is_low([a_sample("0.6", flags=haemolysed)]) is True
    assert rule.is_low([a_sample("0.95", flags=haemolysed)]) is None
    assert rule.is_low([a_sample("0.95", fasting=None)]) is None
    assert rule.is_low([a_sample("0.95", treated=True)]) is None
    assert rule.is_low([a_sample("0.95")]) is False
    assert rule.is_low([]) is None


def test_two_normals_exclude_only_when_nothing_low_came_after_them() -> None:
    normals = [a_sample("1.1", 0), a_sample("1.2", 9)]
    assert rule.is_excluded(normals, DAY)
    assert not rule.is_excluded(normals[:1], DAY)
    assert not rule.is_excluded([*normals, a_sample("0.6", 20)], DAY)
    assert rule.is_excluded([a_sample("0.6", -20), *normals], DAY)
    assert not rule.is_excluded([a_sample("0.6", -30), a_sample("0.6", -20), *normals], DAY)
    assert not rule.is_excluded([a_sample("1.1", 0, treated=True), normals[1]], DAY)


@pytest.mark.parametrize(
    ("value", "sign", "urgent"),
    [
        ("0.30", None, False),
        ("0.299", None, True),
        ("0.49", True, True),
        ("0.50", True, False),
        ("0.49", None, False),
        ("0.49", False, False),
    ],
)
def test_exactly_at_the_limit_is_not_urgent(value: str, sign: bool | None, urgent: bool) -> None:
    assert rule.is_urgent([a_sample(value)], sign, DAY) is urgent


def test_an_old_dangerous_value_is_not_urgent_today() -> None:
    assert not rule.is_urgent([a_sample("0.25", -400), a_sample("0.6", 0)], None, DAY)


def test_the_band_called_severe_ends_where_the_stricter_rules_have_begun() -> None:
    assert rule.is_in_severe_band([a_sample("0.29")], DAY)
    assert not rule.is_in_severe_band([a_sample("0.30")], DAY)
    assert rule.is_severe([a_sample("0.49")], DAY)
    assert not rule.is_severe([a_sample("0.50")], DAY)
