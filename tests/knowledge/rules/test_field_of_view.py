"""A scan counts as a whole-body scan by what it covers, never by what it is called."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules.field_of_view import (
    TABLE,
    areas_to_examine,
    complements,
    missing_field,
    no_areas,
    parts_covered,
    shows,
    site_named,
)

CASES = tomllib.loads(Path(__file__).with_name("field_of_view.toml").read_text("utf-8"))
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES["coverage"]])
def test_a_scan_is_known_by_the_sites_it_covers(case: dict[str, Any]) -> None:
    covered, unknown = parts_covered(case["sites"])

    assert list(missing_field(covered)) == case["missing"]
    assert list(unknown) == case.get("unknown", [])


def test_every_site_is_found_by_its_id_and_by_each_of_its_names() -> None:
    for row in TABLE.entries["sites"].values():
        for name in (row.key, row.fields["name"].upper(), *row.fields["also"]):
            found = site_named(name)
            assert found is not None
            assert found.code == row.key


def test_an_area_that_is_not_named_was_not_examined() -> None:
    everything = dict.fromkeys(TABLE.entries["examination"], "normal")

    assert areas_to_examine(everything) == ()
    assert areas_to_examine(everything | {"mouth": "not_examined"}) == ("mouth",)
    assert areas_to_examine({}) == tuple(everything)
    assert no_areas({"palm": "normal", "hand": "normal"}) == ["palm"]


def test_an_anatomical_study_shows_the_sites_it_names_and_the_side_it_names() -> None:
    assert shows(["left femur"], "71341001", "left")
    assert not shows(["left femur"], "71341001", "right")
    assert shows(["entire body"], "71341001", "right")
    assert not shows(["tibia"], "71341001", "left")


def test_two_partial_scans_complement_each_other_up_to_their_limit() -> None:
    limit = TABLE.whole("complement_within", TODAY)

    assert complements(TODAY, TODAY + timedelta(days=limit), TODAY)
    assert not complements(TODAY, TODAY + timedelta(days=limit + 1), TODAY)


@pytest.mark.parametrize("spelled", ["Left_foot", "left-foot", " LEFT  foot "])
def test_a_site_is_found_however_its_name_is_spelled(spelled: str) -> None:
    assert parts_covered([spelled]) == parts_covered(["left foot"])
    assert parts_covered([spelled])[1] == ()


def test_an_area_that_is_on_no_checklist_is_named_and_others_are_not() -> None:
    areas = list(areas_to_examine({}))[:2]

    assert no_areas(dict.fromkeys(areas, "normal")) == []
    assert no_areas({areas[0]: "normal", "tail": "normal", "gills": "lesion"}) == ["tail", "gills"]
