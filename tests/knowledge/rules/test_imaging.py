"""What a study was, what it costs in radiation, and what stands behind each test."""

from datetime import date, timedelta
from decimal import Decimal
from math import sqrt

import pytest

from knowledge.rows import Entry
from knowledge.rules import (
    imaging,
    imaging_codes,
    imaging_orders,
    published_performance,
    radiation,
    regions,
    scan_yield,
)
from knowledge.rules.imaging import Kind, Technique

TODAY = date(2026, 11, 22)
Z = 1.959964


def test_a_dose_is_activity_times_factor_and_says_when_it_was_estimated() -> None:
    stated = radiation.tracer_dose("68Ga-DOTATATE", Decimal(100))
    usual = radiation.tracer_dose("ga68_dotatoc", None)

    assert stated is not None
    assert (stated.msv, stated.estimated) == (Decimal("2.57"), False)
    assert usual is not None
    assert (round(usual.msv, 1), usual.estimated) == (Decimal("4.3"), True)
    assert radiation.tracer_dose("cu64_dotatate", Decimal(148)) is None


def test_the_activity_of_dotatate_goes_by_weight_up_to_its_ceiling() -> None:
    doses = [radiation.usual_dose("ga68_dota", Decimal(kg)) for kg in (50, 100, 120)]

    assert doses == [Decimal("2.5700"), Decimal("5.1400"), Decimal("5.1400")]
    assert radiation.usual_dose("f18_alf_oct", Decimal(50)) is None


def test_a_tracer_that_is_not_in_the_table_counts_for_no_scan() -> None:
    functional = Technique(Kind.FUNCTIONAL, modality="pet_ct")
    assert imaging.technique("PT", "68Ga-FAPI") == functional
    assert imaging.technique("PT", "68Ga-XYZ") == functional
    assert imaging.technique("PT", None) == functional
    assert imaging.technique("crystal ball", None) is None
    assert imaging.is_research("68Ga-FAPI")
    assert not imaging.is_research("68Ga-DOTATATE")


def test_a_test_is_known_by_its_key_its_tracer_and_its_scan() -> None:
    names = ("ga68_dota", "DOTATATE", "sstr_pet_ct", "fdg pet/ct", "svs", "crystal ball")
    found = [imaging.method_named(name) for name in names]

    assert [method.key if method else None for method in found] == [
        *("ga68_dota", "ga68_dota", "ga68_dota", "fdg", "svs", None),
    ]


def wilson(found: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson."""
    p, z2 = found / of, Z * Z
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return middle - half, middle + half


COUNTED = [
    row
    for row in published_performance.TABLE.entries["series"].values()
    if row.citation.read_status == "computed"
]


@pytest.mark.parametrize("row", COUNTED, ids=lambda row: row.key)
def test_an_interval_that_is_called_computed_is_that_of_its_counts(row: Entry) -> None:
    said = row.fields
    for found, of, low, high in (
        ("found", "of", "low", "high"),
        ("detected", "suspected", "low", "high"),
        ("confirmed", "suspicious", "low", "high"),
        ("negative", "without", "specificity_low", "specificity_high"),
    ):
        if found in said and low in said:
            lower, upper = wilson(said[found], said[of])
            assert lower == pytest.approx(float(said[low]), abs=0.006)
            assert upper == pytest.approx(float(said[high]), abs=0.006)


def test_every_test_has_a_series_behind_it_and_lies_within_its_own_bounds() -> None:
    for key, row in imaging.TABLE.entries["tests"].items():
        assert published_performance.sources_of(key), key
        assert row.fields["low"] <= row.fields["sensitivity"] <= row.fields["high"], key


def test_the_shares_of_the_regions_are_a_whole() -> None:
    assert regions.share_of(regions.TABLE.entries["priors"]) == 1
    assert regions.share_of(["lower_limb", "upper_limb"]) == Decimal("0.56")
    assert regions.share_of(["moon"]) == 0


def test_what_has_no_verified_code_stays_local() -> None:
    fdg = imaging_codes.code_of("radiopharmaceuticals", "f18_fdg")
    hynic = imaging_codes.code_of("radiopharmaceuticals", "tc99m_hynic_toc")

    assert fdg is not None
    assert (fdg.system, fdg.code) == ("http://snomed.info/sct", "35321007")
    assert hynic is not None
    assert hynic.system == "local"
    assert imaging_codes.code_of("laterality", "up") is None


def test_a_test_is_also_known_by_its_name_as_it_is_shown() -> None:
    entries = imaging.TABLE.entries["tests"]
    named = imaging.by_name(entries.values())

    for key, entry in entries.items():
        assert named[imaging.plain(entry.fields["name"])].key == key
        assert named[imaging.plain(key)].key == key
    assert "" not in named


@pytest.mark.parametrize(
    ("name", "labelled"),
    [("68Ga-XYZ", True), ("68Ga", False), ("bone-scan", False), ("crystal ball", False)],
)
def test_a_substance_is_labelled_when_its_first_part_is_a_label(name: str, labelled: bool) -> None:
    assert imaging.is_labelled(name) is labelled


@pytest.mark.parametrize(("made", "belongs"), [(-1, False), (0, True), (1, True)])
def test_a_scan_of_the_day_of_the_order_may_be_the_one_that_was_ordered(
    made: int, belongs: bool
) -> None:
    made_on = TODAY + timedelta(days=made)
    assert imaging_orders.belongs_to(made_on, TODAY, None, TODAY) is belongs


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        ("0", "none"),
        ("0.1", "about 1 in 10"),
        ("0.33", "about 1 in 3"),
        ("0.5", "about 5 in 10"),
        ("0.72", "about 7 in 10"),
        ("1", "about 10 in 10"),
    ],
)
def test_a_chance_is_said_as_people_say_it(probability: str, said: str) -> None:
    assert scan_yield.chance(Decimal(probability)) == said


def test_an_act_that_no_test_of_ours_does_has_no_yield() -> None:
    assert scan_yield.expected_yield("crystal_ball", [], TODAY) is None


@pytest.mark.parametrize(
    ("done", "asked", "overlap"),
    [
        ("tc99m_hynic_spectct", "ga68_dota", "overlap_spect_then_pet"),
        ("ga68_dota", "f18_alf_oct", "overlap_same_target"),
        ("in111_pentetreotide", "tc99m_hynic_spectct", "overlap_same_target"),
        ("ga68_dota", "tc99m_hynic_spectct", "overlap_same_target"),
        ("ga68_dota", "fdg", "overlap_other_target"),
    ],
)
def test_only_pet_after_spect_sees_more_than_the_same_target_again(
    done: str, asked: str, overlap: str
) -> None:
    methods = imaging.method_of(done), imaging.method_of(asked)
    assert scan_yield._overlap(*methods, TODAY) == scan_yield.TABLE.number(overlap, TODAY)
