"""A site's settings laid over the tables, as the verb does it."""

from dataclasses import replace

import pytest

from services.assessment.assess import assess
from services.assessment.contract import Assessment, Derived, Interpreted
from tests.services.assessment.a_site import (
    a_kainos_cut,
    a_pair,
    a_panel,
    a_phosphate,
    a_site,
    a_tmp_gfr_cut,
    an_interval,
)
from tests.services.assessment.vectors import an_observation, request_of, vectors


def the_phosphate(answer: Assessment) -> Interpreted:
    return answer.interpretations[0]


def derived(answer: Assessment, quantity: str) -> Derived:
    return next(one for one in answer.derived if one.quantity == quantity)


def fired(answer: Assessment) -> set[str]:
    return {rule.id for rule in answer.fired_rules}


def caveats(answer: Assessment) -> dict[str, str]:
    return {one.code: one.text for one in answer.caveats}


def test_without_a_site_nothing_is_said_of_one() -> None:
    assert assess(a_panel(a_phosphate(0.45))).site is None


@pytest.mark.parametrize("case", vectors(), ids=lambda case: case["id"])
def test_a_site_that_sets_nothing_changes_nothing(case: dict[str, object]) -> None:
    request = request_of(case)

    answer = assess(request, site=a_site())

    assert answer.site is not None
    assert (answer.site.version, answer.site.used) == (2, [])
    assert replace(answer, site=None) == assess(request)


def test_the_sites_interval_goes_before_the_profiles() -> None:
    request = a_panel(a_phosphate(0.84))

    assert the_phosphate(assess(request)).interpretation == "normal"
    answer = assess(request, site=a_site(intervals=[an_interval(low=0.85, high=1.5)]))

    assert the_phosphate(answer).interpretation == "low"
    assert the_phosphate(answer).range_from == "site"
    assert answer.site is not None
    assert answer.site.used == ["site/2/intervals/0"]


def test_the_laboratorys_own_interval_goes_before_the_sites() -> None:
    request = a_panel(a_phosphate(0.84, reference_range={"low": 0.80, "high": 1.4}))

    answer = assess(request, site=a_site(intervals=[an_interval(low=0.85, high=1.5)]))

    assert the_phosphate(answer).interpretation == "normal"
    assert the_phosphate(answer).range_from == "laboratory"
    assert answer.site is not None
    assert answer.site.used == []


@pytest.mark.parametrize(
    ("value", "unit", "level"),
    [
        (2.4, "mg/dL", "low"),
        (2.5, "mg/dL", "normal"),
        (4.5, "mg/dL", "normal"),
        (4.6, "mg/dL", "high"),
        (0.80, "mmol/L", "low"),
        (0.81, "mmol/L", "normal"),
    ],
)
def test_a_limit_stated_in_other_units_cuts_where_it_says(
    value: float, unit: str, level: str
) -> None:
    site = a_site(intervals=[an_interval(low=2.5, high=4.5, unit="mg/dL")])

    answer = assess(a_panel(a_phosphate(value, unit=unit)), site=site)

    assert the_phosphate(answer).interpretation == level


def test_a_childs_phosphate_is_read_by_the_sites_own_interval_where_two_sets_disagree() -> None:
    child = {"patient": {"sex": "male", "age_years": 3}}
    request = a_panel(a_phosphate(1.2), **child)
    own = an_interval(low=1.1, high=1.9, age_from=1, age_below=5)

    assert the_phosphate(assess(request)).interpretation == "undetermined"
    assert the_phosphate(assess(request, site=a_site(intervals=[own]))).interpretation == "normal"


@pytest.mark.parametrize(("own_low", "level"), [(0.78, "undetermined"), (0.85, "low")])
def test_at_an_unknown_age_only_what_is_low_by_every_limit_is_low(
    own_low: float, level: str
) -> None:
    request = a_panel(a_phosphate(0.79), patient={"sex": "female"})

    answer = assess(request, site=a_site(intervals=[an_interval(low=own_low, high=1.5)]))

    assert the_phosphate(answer).interpretation == level


def test_an_interval_that_does_not_count_yet_is_not_used() -> None:
    own = an_interval(low=0.85, high=1.5, effective="2026-03-03")

    answer = assess(a_panel(a_phosphate(0.84)), site=a_site(intervals=[own]))

    assert the_phosphate(answer).range_from == "INT_adult"


def test_the_sites_profile_stands_where_the_request_names_none() -> None:
    request = a_panel(a_phosphate(0.84))

    answer = assess(request, site=a_site(profile="CN_adult"))

    assert the_phosphate(answer).interpretation == "low"
    assert the_phosphate(answer).range_from == "CN_adult"
    assert answer.site is not None
    assert answer.site.used == ["site/2/profile"]


def test_a_profile_that_the_request_names_wins_even_if_it_is_everybodys() -> None:
    request = a_panel(a_phosphate(0.84), profile="INT_adult")

    answer = assess(request, site=a_site(profile="CN_adult"))

    assert the_phosphate(answer).range_from == "INT_adult"
    assert answer.site is not None
    assert answer.site.used == []


def test_results_are_shown_in_the_sites_units_beside_what_was_sent() -> None:
    units = {"s_phos": "mg/dL", "tmp_gfr": "mg/dL", "trp": "%"}
    request = a_panel(*a_pair(0.45, 20))

    plain, answer = assess(request), assess(request, site=a_site(preferred_units=units))

    shown = the_phosphate(answer)
    assert (shown.value, shown.unit) == (0.45, "mmol/L")
    assert shown.converted.unit == "mg/dL"
    assert shown.converted.value == pytest.approx(1.39382, abs=1e-5)
    threshold, before = derived(answer, "tmp_gfr"), derived(plain, "tmp_gfr")
    assert threshold.unit == "mg/dL"
    assert threshold.value == pytest.approx(before.value * 3.0973762, rel=1e-5)
    assert threshold.reference_range is not None
    assert threshold.reference_range.low == pytest.approx(0.70 * 3.0973762, rel=1e-5)
    assert derived(answer, "trp").unit == "%"
    assert derived(answer, "trp").value == pytest.approx(66.6667, abs=1e-3)
    assert answer.tio_class == plain.tio_class
    assert answer.fired_rules == plain.fired_rules
    assert answer.site is not None
    assert set(answer.site.used) == {f"site/2/preferred_units/{key}" for key in units}


def test_a_number_that_was_sent_in_the_sites_unit_is_shown_as_it_was_sent() -> None:
    request = a_panel(a_phosphate(1.4, unit="mg/dL"))

    answer = assess(request, site=a_site(preferred_units={"s_phos": "mg/dL"}))

    assert the_phosphate(answer).converted.value == 1.4


def test_the_sites_own_cut_of_an_assay_decides_and_is_named() -> None:
    request = a_panel(*a_pair(0.45, 20), an_observation("s_fgf23_i", 35, 1))

    assert "F-01" in fired(assess(request))
    answer = assess(request, site=a_site(cut_offs=[a_kainos_cut()]))

    assert "F-01" not in fired(answer)
    assert "F-02" in fired(answer)
    assert "site/2/cut_offs/0" in caveats(answer)["site_cut_off"]
    assert answer.site is not None
    assert answer.site.used == ["site/2/cut_offs/0"]


@pytest.mark.parametrize(
    ("value", "rule"), [(29.9, "F-03"), (30, "F-02"), (39.9, "F-02"), (40, "F-01")]
)
def test_standing_on_the_sites_cut(value: float, rule: str) -> None:
    request = a_panel(*a_pair(0.45, 20), an_observation("s_fgf23_i", value, 1))

    assert rule in fired(assess(request, site=a_site(cut_offs=[a_kainos_cut()])))


def test_a_cut_of_another_assay_decides_nothing() -> None:
    fgf23 = an_observation("s_fgf23_i", 35, 1, assay="MINARIS_CLEIA")

    answer = assess(a_panel(*a_pair(0.45, 20), fgf23), site=a_site(cut_offs=[a_kainos_cut()]))

    assert "F-01" in fired(answer)
    assert "site_cut_off" not in caveats(answer)


def test_a_cut_that_was_not_asked_is_no_caveat() -> None:
    request = a_panel(*a_pair(1.2, 20), an_observation("s_fgf23_i", 35, 1))

    answer = assess(request, site=a_site(cut_offs=[a_kainos_cut()]))

    assert "site_cut_off" not in caveats(answer)


@pytest.mark.parametrize(
    ("definite", "equivocal", "rule"),
    [(0.70, 0.80, "R-04"), (0.74, 0.80, "R-03"), (0.60, 0.70, "R-05")],
)
def test_the_sites_limits_of_an_adults_threshold_decide(
    definite: float, equivocal: float, rule: str
) -> None:
    request = a_panel(*a_pair(0.80, 12, 80, 10))
    threshold = derived(assess(request), "tmp_gfr").value
    assert 0.70 < threshold < 0.74

    answer = assess(request, site=a_site(cut_offs=[a_tmp_gfr_cut(definite, equivocal)]))

    assert rule in fired(answer)
    shown = derived(answer, "tmp_gfr")
    assert shown.reference_range is not None
    assert shown.reference_range.low == definite
    assert shown.interpretation == ("low" if threshold < definite else "normal")
    assert "site_cut_off" in caveats(answer)
    assert "site/2/cut_offs/0" in shown.sources


def test_at_an_unknown_age_a_sites_lower_limit_makes_less_certain_never_more() -> None:
    request = a_panel(*a_pair(0.66, 14, 80, 10), patient={"sex": "female"})

    def threshold_of(*cut: float) -> set[str]:
        sites = [a_tmp_gfr_cut(*cut)] if cut else []
        return fired(assess(request, site=a_site(cut_offs=sites))) & {"R-02", "R-03"}

    assert threshold_of()
    assert not threshold_of(0.5, 0.6)
    assert threshold_of(0.9, 1.0)


def test_the_sites_upper_limit_of_c_terminal_fgf23_decides_and_is_named() -> None:
    own = an_interval("s_fgf23_c", "RU/mL", high=120)
    request = a_panel(*a_pair(0.45, 20), an_observation("s_fgf23_c", 150, 1))

    assert "F-07" in fired(assess(request))
    answer = assess(request, site=a_site(intervals=[own]))

    assert "F-06" in fired(answer)
    assert "site/2/intervals/0" in caveats(answer)["site_cut_off"]


@pytest.mark.parametrize(("value", "rule"), [(5, "F-05"), (60, "F-05")])
def test_an_assay_without_a_cut_is_read_by_the_sites_interval_and_only_supports(
    value: float, rule: str
) -> None:
    own = an_interval("s_fgf23_i", "ng/L", assay="MILLIPORE", low=10, high=50)
    fgf23 = an_observation("s_fgf23_i", value, 1, assay="MILLIPORE")
    request = a_panel(*a_pair(0.45, 20), fgf23)

    assert "fgf23_no_interval" in caveats(assess(request))
    answer = assess(request, site=a_site(intervals=[own]))

    assert "fgf23_no_interval" not in caveats(answer)
    assert rule in fired(answer)
    assert "F-01" not in fired(answer)
    reading = next(one for one in answer.interpretations if one.unit == "ng/L")
    assert reading.range_from == "site"


def test_what_is_urgent_stays_urgent_whatever_a_site_sets() -> None:
    lowest = an_interval(low=0.5, high=1.5)
    request = a_panel(a_phosphate(0.29))

    answer = assess(request, site=a_site(intervals=[lowest]))

    assert answer.urgent
    assert {"H-04"} <= fired(answer)
