"""Low, persistent, excluded, urgent. The limits are stood upon in hypophosphatemia.toml."""

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


@pytest.mark.parametrize(("fasting", "persistent"), [(True, True), (False, False), (None, False)])
def test_only_fasting_lows_show_that_it_persists(fasting: bool | None, persistent: bool) -> None:
    samples = [a_sample("0.6", day, fasting) for day in (0, 30)]
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


def test_an_acute_sign_that_nobody_asked_for_makes_nothing_urgent() -> None:
    assert rule.is_urgent([a_sample("0.49")], True, DAY)
    assert not rule.is_urgent([a_sample("0.49")], None, DAY)


def test_an_old_dangerous_value_is_not_urgent_today() -> None:
    assert not rule.is_urgent([a_sample("0.25", -400), a_sample("0.6", 0)], None, DAY)


def test_the_higher_of_two_lower_limits_is_that_of_the_chinese_standard() -> None:
    assert rule._chinese_low() == Quantity(Decimal("0.85"), "mmol/L")


@pytest.mark.parametrize(
    ("profile", "values", "between"),
    [
        ("CN_adult", ["0.82"], True),
        ("INT_adult", ["0.82"], False),
        ("CN_adult", ["0.82", "0.79"], False),
        ("CN_adult", ["1.1"], False),
    ],
)
def test_only_where_the_chinese_limit_is_used_lies_anything_between_both(
    profile: str, values: list[str], between: bool
) -> None:
    samples = []
    for value in values:
        sample = a_sample(value)
        sample.reading = read(sample.observation, Subject(DAY, Sex.FEMALE, Decimal(40), profile))
        samples.append(sample)

    assert rule.only_between_chinese_limits(samples, profile, DAY) is between


def test_two_lows_of_unknown_days_are_not_shown_to_be_days_apart() -> None:
    samples = [a_sample("0.6"), a_sample("0.6", 30)]
    for sample in samples:
        sample.observation.taken_at = None

    assert rule.apart(samples) == timedelta()
    assert not rule.is_persistent(samples, DAY)
