"""A site's own intervals when results are read by them: of which sex, age and assay."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from knowledge.rules import fgf23
from knowledge.rules.reference_intervals import Level, interval_for, read
from knowledge.rules.site_rows import same_people
from knowledge.site import SiteInUse
from knowledge.terms.person import Sex, Subject
from tests.knowledge.questions.things import result
from tests.knowledge.rules.test_site_settings import DAY, a_site, an_interval


def of_women_and_men(**row: Any) -> SiteInUse:
    """A site whose women read by the row, and whose men by one a tenth higher."""
    men = {end: row[end] * Decimal("1.1") for end in ("low", "high") if end in row}
    rows = [an_interval(**row, sex="female"), an_interval(**row | men, sex="male")]
    return SiteInUse(a_site(intervals=rows))


@pytest.mark.parametrize(("sex", "low"), [(Sex.FEMALE, "0.80"), (Sex.MALE, "0.88")])
def test_a_site_s_interval_is_that_of_the_person_s_sex(sex: Sex, low: str) -> None:
    site = of_women_and_men(low=Decimal("0.80"), high=Decimal("1.40"))
    subject = Subject(DAY, sex, Decimal(40), site=site)

    found = interval_for("s_phos", subject)

    assert found is not None
    assert found.low == Decimal(low)
    reading = read(result("s_phos", "0.85"), subject)
    assert reading.level is (Level.NORMAL if sex is Sex.FEMALE else Level.LOW)
    assert reading.low == Decimal(low)


@pytest.mark.parametrize(
    ("sex", "value", "level", "back"),
    [
        (Sex.FEMALE, "11", Level.LOW, True),
        (Sex.FEMALE, "20", Level.NORMAL, True),
        (Sex.FEMALE, "41", Level.HIGH, False),
        (Sex.MALE, "41", Level.NORMAL, True),
        (Sex.MALE, "45", Level.HIGH, False),
    ],
)
def test_fgf23_is_read_by_the_site_s_interval_of_its_assay_and_sex(
    sex: Sex, value: str, level: Level, back: bool
) -> None:
    row = {"analyte": "s_fgf23_i", "assay": "QUIDEL_INTACT", "unit": "pg/mL"}
    site = of_women_and_men(**row, low=Decimal(12), high=Decimal(40))
    subject = Subject(DAY, sex, Decimal(40), site=site)
    sample = result("s_fgf23_i", value, "pg/mL", assay="QUIDEL_INTACT")

    reading = fgf23.healthy_reading(sample, subject)

    assert reading is not None
    assert reading.level is level
    ends = ("12", "40") if sex is Sex.FEMALE else ("13.2", "44.0")
    assert (reading.low, reading.high) == tuple(map(Decimal, ends))
    assert reading.unit == "pg/mL"
    assert fgf23.back_in_interval(sample, subject) is back
    other = result("s_fgf23_i", value, "pg/mL", assay="BIOMEDICA")
    assert fgf23.healthy_reading(other, subject) is None
    assert fgf23.back_in_interval(other, subject) is None


@pytest.mark.parametrize(
    ("sex", "value", "supports", "back"),
    [
        (Sex.FEMALE, "151", True, False),
        (Sex.FEMALE, "150", False, True),
        (Sex.MALE, "151", False, True),
    ],
)
def test_a_c_terminal_fgf23_is_read_by_the_site_s_interval_of_the_sex(
    sex: Sex, value: str, supports: bool, back: bool
) -> None:
    row = {"analyte": "s_fgf23_c", "unit": "RU/mL"}
    site = of_women_and_men(**row, low=Decimal(30), high=Decimal(150))
    subject = Subject(DAY, sex, Decimal(40), site=site)
    sample = result("s_fgf23_c", value)

    assert (fgf23.c_terminal(sample, subject).code == fgf23.SUPPORTIVE) is supports
    assert fgf23.back_in_interval(sample, subject) is back
    reading = fgf23.healthy_reading(sample, subject)
    assert reading is not None
    assert reading.level is (Level.NORMAL if back else Level.HIGH)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"age_from": 120, "age_below": 121}, False),
        ({"age_from": 0, "age_below": 18}, False),  # one ends where the other begins
        ({"age_from": 0, "age_below": 19}, True),
        ({"sex": "female"}, True),
        ({"effective": date(2026, 6, 1)}, False),
    ],
)
def test_two_rows_are_of_the_same_people_when_one_person_could_be_read_by_both(
    other: dict[str, Any], same: bool
) -> None:
    [one], [two] = (
        a_site(intervals=[an_interval(**row)]).intervals["s_phos"] for row in ({}, other)
    )
    for a, b in ((one.interval, two.interval), (two.interval, one.interval)):
        assert same_people(a, b) is same


def test_women_and_men_are_not_the_same_people() -> None:
    rows = [an_interval(sex="female"), an_interval(sex="male")]
    women, men = a_site(intervals=rows).intervals["s_phos"]

    assert not same_people(women.interval, men.interval)
    assert same_people(women.interval, women.interval)
