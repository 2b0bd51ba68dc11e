"""Low, normal or high. Every interval is stood upon in reference_intervals.toml."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.rules.reference_intervals import Level, interval_for, level_between, read
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation, ReferenceRange
from knowledge.terms.person import Sex, Subject
from knowledge.terms.quantity import Comparator, Quantity
from tests.knowledge.questions.things import quantity, result

DAY = date(2026, 11, 22)
NUMBERS = st.decimals(min_value=0, max_value=100, places=3)


def level_of(
    key: str,
    value: str,
    unit: str,
    age: str | None = "40",
    profile: str = "INT_adult",
    sex: str = "female",
    own: ReferenceRange | None = None,
) -> Level:
    printed = Quantity(Decimal(value), unit)
    analyte = ANALYTES[key]
    observation = Observation(
        "o", analyte, printed, analyte.to_working_unit(printed), reference_range=own
    )
    years = None if age is None else Decimal(age)
    return read(observation, Subject(DAY, Sex(sex), years, profile)).level


def test_an_analyte_without_an_interval_is_undetermined() -> None:
    assert level_of("s_ferritin", "10", "ug/L") is Level.UNDETERMINED


def test_the_laboratorys_own_interval_goes_first() -> None:
    own = ReferenceRange(Decimal("0.7"), Decimal("1.6"))
    assert level_of("s_phos", "0.75", "mmol/L", own=own) is Level.NORMAL
    assert level_of("s_phos", "0.75", "mmol/L") is Level.LOW


@pytest.mark.parametrize(
    ("key", "value", "unit", "low", "high", "level"),
    [
        ("s_phos", "0.45", "mmol/L", None, "1.5", Level.LOW),
        ("s_phos", "1.39", "mg/dL", None, "4.5", Level.LOW),
        ("s_phos", "1.0", "mmol/L", None, "1.5", Level.NORMAL),
        ("s_phos", "1.6", "mmol/L", None, "1.5", Level.HIGH),
        ("s_phos", "0.82", "mmol/L", "0.85", None, Level.LOW),
        ("s_phos", "2.0", "mmol/L", "0.85", None, Level.HIGH),
        ("s_hco3", "17", "mmol/L", None, "29", Level.LOW),
        ("s_pth", "0.9", "pmol/L", None, "6.9", Level.LOW),
        ("s_k", "2.9", "mmol/L", None, "5.1", Level.LOW),
        ("s_ferritin", "10", "ug/L", None, "300", Level.UNDETERMINED),
        ("s_ferritin", "400", "ug/L", None, "300", Level.HIGH),
        ("s_ferritin", "10", "ug/L", "30", None, Level.LOW),
        ("s_fgf23_c", "100", "[arb'U]/mL", None, "180", Level.NORMAL),
        ("u_aa", "1", "mmol/mol", None, "2", Level.NORMAL),
        ("u_aa", "1", "mmol/mol", "0.5", None, Level.UNDETERMINED),
    ],
)
def test_one_end_of_an_interval_says_nothing_about_the_other_side(
    key: str, value: str, unit: str, low: str | None, high: str | None, level: Level
) -> None:
    """The missing end is that of the tables; where they know none, nothing within is normal."""
    own = ReferenceRange(*(None if end is None else Decimal(end) for end in (low, high)))
    assert level_of(key, value, unit, own=own) is level


def test_one_end_alone_does_not_speak_where_children_are_read_by_two_sets() -> None:
    own = ReferenceRange(None, Decimal("1.74"))
    assert level_of("s_phos", "1.2", "mmol/L", age="3", own=own) is Level.UNDETERMINED
    assert level_of("s_phos", "0.7", "mmol/L", age="3", own=own) is Level.LOW


@pytest.mark.parametrize(
    ("value", "low", "high", "level"),
    [
        ("<0.8", "0.8", "1.5", Level.LOW),
        ("<0.9", "0.8", "1.5", Level.UNDETERMINED),
        ("<=0.8", "0.8", "1.5", Level.UNDETERMINED),
        ("<=0.7", "0.8", "1.5", Level.LOW),
        (">1.5", "0.8", "1.5", Level.HIGH),
        (">1.4", "0.8", "1.5", Level.UNDETERMINED),
        (">=1.5", "0.8", "1.5", Level.UNDETERMINED),
        (">=1.6", "0.8", "1.5", Level.HIGH),
        ("<1.5", None, "1.5", Level.NORMAL),
        ("<1.6", None, "1.5", Level.UNDETERMINED),
        ("<1.5", None, None, Level.UNDETERMINED),
        (">0.8", "0.8", None, Level.NORMAL),
        (">0.7", "0.8", None, Level.UNDETERMINED),
        (">1", None, None, Level.UNDETERMINED),
    ],
)
def test_a_bound_is_read_only_where_every_value_beyond_it_reads_the_same(
    value: str, low: str | None, high: str | None, level: Level
) -> None:
    ends = (None if end is None else Decimal(end) for end in (low, high))
    assert level_between(quantity(value, "mmol/L"), *ends) is level


@pytest.mark.parametrize(
    ("own", "shown", "origin"),
    [
        (("0.7", "1.6"), ("0.7", "1.6"), "laboratory"),
        ((None, "1.6"), ("0.807", "1.6"), "laboratory+INT_adult"),
        (("0.7", None), ("0.7", "1.453"), "laboratory+INT_adult"),  # 4.5 mg/dL
    ],
)
def test_a_result_is_shown_with_the_interval_it_was_read_by_and_where_that_is_from(
    own: tuple[str | None, str | None], shown: tuple[str, str], origin: str
) -> None:
    ends = ReferenceRange(*(None if end is None else Decimal(end) for end in own))
    reading = read(result("s_phos", 1, reference_range=ends), Subject(DAY, Sex.FEMALE, Decimal(40)))

    assert (reading.level, reading.range_from, reading.unit) == (Level.NORMAL, origin, "mmol/L")
    assert [round(end, 3) for end in (reading.low, reading.high) if end is not None] == [
        Decimal(end) for end in shown
    ]


def test_an_end_that_no_table_completes_is_shown_alone() -> None:
    ends = ReferenceRange(None, Decimal(300))
    sample = result("s_ferritin", 400, reference_range=ends)
    reading = read(sample, Subject(DAY, Sex.FEMALE, Decimal(40)))

    assert (reading.level, reading.range_from) == (Level.HIGH, "laboratory")
    assert (reading.low, reading.high, reading.unit) == (None, Decimal(300), "ug/L")


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from([None, *Comparator]))
def test_what_a_comparator_says_holds_for_every_true_value(
    number: Decimal, limit: Decimal, truth: Decimal, comparator: Comparator | None
) -> None:
    """Three-valued: below and above are only claimed when every possible value agrees."""
    possible = {
        None: truth == number,
        Comparator.LESS: truth < number,
        Comparator.LESS_OR_EQUAL: truth <= number,
        Comparator.GREATER: truth > number,
        Comparator.GREATER_OR_EQUAL: truth >= number,
    }[comparator]
    measured, against = Quantity(number, "mmol/L", comparator), Quantity(limit, "mmol/L")
    if possible:
        assert measured.below(against) in (None, truth < limit)
        assert measured.above(against) in (None, truth > limit)
        exact = level_between(Quantity(truth, "mmol/L"), limit, limit + 1)
        assert level_between(measured, limit, limit + 1) in (exact, Level.UNDETERMINED)


def test_where_two_sets_disagree_both_are_named() -> None:
    reading = read(result("s_phos", "1.2"), Subject(DAY, Sex.FEMALE, Decimal(3)))

    assert reading.level is Level.UNDETERMINED
    assert reading.range_from == "INT_paed+SOLDIN_paed"


def test_an_interval_is_that_of_the_profile_sex_and_age_else_the_general_one() -> None:
    def ends(profile: str, sex: Sex, age: int) -> str:
        found = interval_for("s_alp", Subject(DAY, sex, Decimal(age), profile))
        assert found is not None
        return f"{found.low}-{found.high}"

    assert ends("CN_adult", Sex.MALE, 30) == "45-125"
    assert ends("CN_adult", Sex.FEMALE, 30) == "35-100"
    assert ends("CN_adult", Sex.FEMALE, 85) == "35-104"
    assert ends("INT_adult", Sex.MALE, 14) == "116-468"
    assert interval_for("s_alp", Subject(DAY, Sex.MALE)) is None


@pytest.mark.parametrize(("value", "level"), [("0.80", Level.LOW), ("0.82", Level.UNDETERMINED)])
def test_at_an_unknown_age_only_what_is_low_for_any_adult_is_low(value: str, level: Level) -> None:
    for profile in ("INT_adult", "CN_adult"):
        assert level_of("s_phos", value, "mmol/L", age=None, profile=profile) is level
