"""What a site may lay over the tables, and what not."""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from knowledge.rules.site_settings import NotAccepted, Wrong, site_of
from knowledge.site import FGF23_CUT, TMP_GFR_CUT, Site, SiteInUse
from knowledge.terms.person import Profile, Sex
from knowledge.terms.quantity import Quantity
from knowledge.terms.site_settings import SiteSettings

CASES: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("site_settings.toml").read_text("utf-8"), parse_float=Decimal
)
BEFORE, DAY = date(2026, 4, 30), date(2026, 5, 1)
KAINOS = FGF23_CUT.format(assay="KAINOS_ELISA")


def an_interval(**changes: Any) -> dict[str, Any]:
    whole = CASES["interval"] | changes
    return {name: value for name, value in whole.items() if value != "none"}


def a_cut_off(like: str = "fgf23", **changes: Any) -> dict[str, Any]:
    return {**CASES[like], **changes}


def a_site(**settings: Any) -> Site:
    return site_of(3, SiteSettings.model_validate(settings))


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["name"])
def test_what_may_not_stand_is_refused_with_its_place(case: dict[str, Any]) -> None:
    settings = SiteSettings.model_validate(
        {
            "preferred_units": case.get("preferred_units", {}),
            "intervals": [an_interval(**row) for row in case.get("intervals", ())],
            "cut_offs": [a_cut_off(**row) for row in case.get("cut_offs", ())],
        }
    )

    with pytest.raises(NotAccepted) as refused:
        site_of(1, settings)

    assert [(one.pointer, one.code) for one in refused.value.wrong] == [
        (case["pointer"], case["code"])
    ]
    assert all(one.reason for one in refused.value.wrong)


def test_everything_that_is_the_matter_is_said_at_once() -> None:
    settings = SiteSettings.model_validate(
        {
            "preferred_units": {"s_phos": "kg"},
            "intervals": [an_interval(unit="furlong"), an_interval(low=Decimal("0.2"))],
            "cut_offs": [a_cut_off(assay="MILLIPORE")],
        }
    )

    with pytest.raises(NotAccepted) as refused:
        site_of(1, settings)

    assert [one.pointer for one in refused.value.wrong] == [
        "/preferred_units/s_phos",
        "/intervals/0/unit",
        "/intervals/1/low",
        "/cut_offs/0/assay",
    ]
    assert Wrong("/intervals/1/low", "safety", "a severe phosphate would not be called low") in (
        refused.value.wrong
    )


@pytest.mark.parametrize("missing", ["effective", "source", "read_status", "sex", "unit"])
def test_a_row_without_its_citation_or_its_people_is_refused(missing: str) -> None:
    row = an_interval()
    del row[missing]

    with pytest.raises(ValidationError) as refused:
        SiteSettings.model_validate({"intervals": [row]})

    assert [error["loc"] for error in refused.value.errors()] == [("intervals", 0, missing)]


@pytest.mark.parametrize(
    "changes",
    [
        {"read_status": "hearsay"},
        {"source": ""},
        {"low": -1},
        {"urgent_below": 0.2},
        {"sex": "other"},
        {"age_unit": "months"},
    ],
    ids=str,
)
def test_a_row_that_says_what_no_row_says_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SiteSettings.model_validate({"intervals": [an_interval(**changes)]})


@pytest.mark.parametrize("name", ["urgent_below", "severe_below", "hard", "fepo4", "persistent"])
def test_what_is_urgent_or_impossible_is_nobodys_setting(name: str) -> None:
    with pytest.raises(ValidationError):
        SiteSettings.model_validate({"cut_offs": [a_cut_off(cut_off=name)]})
    with pytest.raises(ValidationError):
        SiteSettings.model_validate({name: 0.1})


def test_a_row_counts_from_its_day_for_its_people() -> None:
    site = SiteInUse(a_site(intervals=[an_interval(sex="female")]))

    assert site.interval("s_phos", Sex.FEMALE, Decimal(18), BEFORE) is None
    assert site.interval("s_phos", Sex.MALE, Decimal(18), DAY) is None
    assert site.interval("s_phos", Sex.FEMALE, Decimal("17.9"), DAY) is None
    assert site.interval("s_phos", Sex.FEMALE, Decimal(120), DAY) is None
    assert site.interval("s_phos", Sex.FEMALE, None, DAY) is None
    assert not site.used
    found = site.interval("s_phos", Sex.FEMALE, Decimal(18), DAY)
    assert found is not None
    assert found.low == Decimal("0.82")
    assert list(site.used) == ["site/3/intervals/0"]
    assert not site.decided


def test_a_later_row_takes_over_on_its_day() -> None:
    later = date(2026, 6, 1)
    rows = [an_interval(low=Decimal("0.85"), effective=later), an_interval()]
    site = SiteInUse(a_site(intervals=rows))

    before = site.interval("s_phos", Sex.MALE, Decimal(40), date(2026, 5, 31))
    after = site.interval("s_phos", Sex.MALE, Decimal(40), later)

    assert before is not None
    assert before.low == Decimal("0.82")
    assert after is not None
    assert after.low == Decimal("0.85")


def test_days_of_life_are_told_from_years() -> None:
    row = an_interval(age_from=1, age_below=31, age_unit="d", low=1, high=2)
    site = SiteInUse(a_site(intervals=[row]))

    assert site.interval("s_phos", Sex.MALE, Decimal(30) / Decimal("365.25"), DAY) is not None
    assert site.interval("s_phos", Sex.MALE, Decimal(1), DAY) is None


@pytest.mark.parametrize(
    ("value", "band"),
    [("25.9", "SUPPRESSED"), ("26", "GREY"), ("34.9", "GREY"), ("35", "MEDIATED")],
)
def test_a_cut_of_the_site_cuts_where_it_says(value: str, band: str) -> None:
    site = SiteInUse(a_site(cut_offs=[a_cut_off()]))

    bands = site.bands(KAINOS, DAY)

    assert bands is not None
    assert bands.unit == "ng/L"
    assert bands.band_of(Decimal(value)) == band
    assert list(site.decided) == ["site/3/cut_offs/0"]
    assert site.bands(KAINOS, BEFORE) is None


def test_a_site_may_do_without_a_grey_zone() -> None:
    site = SiteInUse(a_site(cut_offs=[a_cut_off(suppressed_below=30, mediated_from=30)]))

    bands = site.bands(KAINOS, DAY)

    assert bands is not None
    assert [band.name for band in bands.bands] == ["SUPPRESSED", "MEDIATED"]
    assert bands.possible(Quantity(Decimal(30), "ng/L")) == ("MEDIATED",)


def test_an_adults_limit_is_shown_as_it_decides() -> None:
    cut = a_cut_off("tmp_gfr", definite_below=Decimal("2.5"), equivocal_below=Decimal("2.8"))
    site = SiteInUse(a_site(cut_offs=[cut | {"unit": "mg/dL"}]))

    interval = site.interval("tmp_gfr", Sex.UNKNOWN, Decimal(19), DAY)
    bands = site.bands(TMP_GFR_CUT, DAY)

    assert interval is not None
    assert bands is not None
    assert interval.low == bands.bands[0].below
    assert interval.high == Decimal("1.35")
    assert site.interval("tmp_gfr", Sex.UNKNOWN, Decimal("18.9"), DAY) is None


def test_settings_that_say_nothing_lay_nothing_over() -> None:
    site = SiteInUse(a_site())

    assert site.profile() is None
    assert site.preferred_unit("s_phos") is None
    assert site.bands(KAINOS, DAY) is None
    assert not site.used


def test_profile_and_units_are_named_when_they_are_used() -> None:
    site = SiteInUse(a_site(profile="CN_adult", preferred_units={"s_phos": "mg/dl"}))

    assert site.profile() is Profile.CN_ADULT
    assert site.preferred_unit("s_phos") == "mg/dL"
    assert list(site.used) == ["site/3/profile", "site/3/preferred_units/s_phos"]
