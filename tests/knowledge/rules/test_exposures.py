"""Drugs by the names under which they are told."""

import pytest

from knowledge.rules.exposures import drug_named, iron_named


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
