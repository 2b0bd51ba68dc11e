"""Drugs by the names under which they are told."""

from datetime import date, timedelta

import pytest

from knowledge.rules.exposures import Drug, drug_named, formulation_to_ask, iron_named


@pytest.mark.parametrize(
    ("told", "drug"),
    [
        ("adefovir", "adefovir"),
        ("Adefovir dipivoxil", "adefovir"),
        ("adefovir 10 mg/day for 3 years", "adefovir"),
        ("adefovir,", "adefovir"),
        ("(calcitriol)", "calcitriol"),
        ("J05AF08", "adefovir"),
        ("j05af08", "adefovir"),
        ("Oral-phosphate", "oral_phosphate"),
        ("oral phosphate", "oral_phosphate"),
        ("tenofovir disoproxil fumarate", "tenofovir"),
        ("Wonderbar forte", None),
        ("", None),
    ],
)
def test_a_drug_is_known_by_name_code_and_leading_words(told: str, drug: str | None) -> None:
    found = drug_named(told)
    assert (found[0] if found else None) == drug


@pytest.mark.parametrize(
    ("told", "product"),
    [
        ("ferric carboxymaltose, one dose", "ferric_carboxymaltose"),
        ("Ferric-carboxymaltose", "ferric_carboxymaltose"),
        ("iron_sucrose", "iron_sucrose"),
        ("iron", None),
        ("other", None),
    ],
)
def test_intravenous_iron_told_among_the_drugs_is_known(told: str, product: str | None) -> None:
    assert iron_named(told) == product


@pytest.mark.parametrize(
    ("started", "stopped", "within"),
    [
        (None, None, True),
        (date(2026, 3, 2), None, True),
        (date(2026, 3, 3), None, False),
        (date(2026, 1, 1), date(2026, 2, 28), True),
        (date(2026, 1, 1), date(2026, 2, 27), False),
        (None, date(2026, 2, 27), False),
    ],
)
def test_a_drug_counts_from_its_first_day_until_its_window_has_passed(
    started: date | None, stopped: date | None, within: bool
) -> None:
    drug = Drug("calcitriol", ("treats_phosphate",), started, stopped)
    assert drug.within(date(2026, 3, 2), timedelta(days=2)) is within


def test_amphotericin_is_asked_for_its_formulation_within_two_days() -> None:
    named = drug_named("amphotericin B")
    assert named is not None
    drug = Drug(*named, None, date(2026, 3, 2))

    assert formulation_to_ask([drug], date(2026, 3, 4))
    assert not formulation_to_ask([drug], date(2026, 3, 5))
