"""Drugs by the names under which they are told."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from knowledge.rules.exposures import (
    ACTIVE,
    RETESTED,
    Drawn,
    Drug,
    Infusion,
    childhood_onset,
    drug_named,
    formulation_to_ask,
    graft,
    iron,
    iron_named,
    on_treatment,
)


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


DRAWN_ON = date(2026, 3, 2)


def drawn_at(first: date, again: date) -> Drawn:
    """A low phosphate on the first day, and all of it again on another."""
    return Drawn((first,), phosphate=again, pair=again, fgf23=again)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (DRAWN_ON, ACTIVE),  # infused on the day the phosphate was drawn
        (DRAWN_ON + timedelta(days=1), None),
        (DRAWN_ON - timedelta(days=20), ACTIVE),
        (DRAWN_ON - timedelta(days=400), None),
        (None, ACTIVE),
    ],
)
def test_iron_explains_what_was_drawn_from_its_own_day_on(
    given: date | None, found: str | None
) -> None:
    doses = [Infusion("ferric_carboxymaltose", given)]
    assert iron(doses, drawn_at(DRAWN_ON, DRAWN_ON), DRAWN_ON) == found


@pytest.mark.parametrize(("days", "found"), [(90, ACTIVE), (91, RETESTED)])
def test_iron_is_retested_three_months_after_the_last_dose_that_could_count(
    days: int, found: str
) -> None:
    last = DRAWN_ON
    drawn = drawn_at(DRAWN_ON, last + timedelta(days=days))
    later = Infusion("ferric_carboxymaltose", DRAWN_ON + timedelta(days=60))

    doses = [Infusion("ferric_carboxymaltose", last)]
    assert iron(doses, drawn, DRAWN_ON) == found
    assert iron([*doses, later], drawn, DRAWN_ON) == found


GRAFTED = date(2025, 3, 2)


@pytest.mark.parametrize(
    ("first", "again", "found"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), ACTIVE),  # to the day a year
        (date(2026, 3, 2), date(2026, 3, 3), RETESTED),
        (date(2026, 3, 3), date(2026, 3, 3), None),
        (date(2025, 6, 1), date(2026, 2, 1), ACTIVE),  # again, and the graft still new
        (date(2025, 6, 1), date(2026, 4, 1), RETESTED),
        (date(2025, 3, 1), date(2025, 3, 1), None),  # before it
    ],
)
def test_a_graft_is_new_for_a_year_and_then_all_is_drawn_again(
    first: date, again: date, found: str | None
) -> None:
    assert graft(GRAFTED, drawn_at(first, again)) == found


@pytest.mark.parametrize(
    ("onset", "age", "child"),
    [
        (None, "17.9", True),
        (None, "18", None),  # a grown-up whose onset nobody told
        ("17.9", "40", True),
        ("18", "40", False),
        (None, None, None),
    ],
)
def test_onset_in_childhood_is_told_or_follows_from_being_a_child(
    onset: str | None, age: str | None, child: bool | None
) -> None:
    told, known = (None if one is None else Decimal(one) for one in (onset, age))
    assert childhood_onset(told, known, DRAWN_ON) is child


def test_without_a_drug_nobody_is_on_treatment() -> None:
    assert not on_treatment([], DRAWN_ON)


def test_a_phosphate_of_the_days_of_the_new_graft_is_not_drawn_again() -> None:
    last_new, later = date(2026, 3, 2), date(2026, 3, 3)
    partly = Drawn((last_new,), phosphate=last_new, pair=later, fgf23=later)

    assert graft(GRAFTED, partly) == ACTIVE
