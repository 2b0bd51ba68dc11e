"""The order of scans, and what a test may still find, as localization.md 3 has them."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules import scan_yield, search

TODAY = date(2026, 11, 22)
HERE = Path(__file__)
CASES = tomllib.loads(HERE.with_name("search.toml").read_text("utf-8"))
CASES |= tomllib.loads(HERE.with_name("scan_yield.toml").read_text("utf-8"))


def each(kind: str) -> pytest.MarkDecorator:
    """One test per case, under the case's own name."""
    return pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES[kind]])


@each("next")
def test_scans_come_in_the_order_of_the_pathway(case: dict[str, Any]) -> None:
    done = {name: case.get(name, "none") for name in ("sstr_pet", "sstr_spect", "fdg")}
    availability = {"pet_available": case.get("pet", "unknown"), "spect_available": "unknown"}

    act, rule = search.next_scan(
        done,
        availability,
        recurrence=case.get("recurrence", "no"),
        equivocal=case.get("equivocal", False),
    )

    assert act == case.get("act")
    assert rule.id == case["rule"]


@each("yield")
def test_a_yield_is_shown_with_its_bounds(case: dict[str, Any]) -> None:
    found = scan_yield.expected_yield(case["act"], case["negative"], TODAY)

    assert found is not None
    assert [round(float(x), 3) for x in (found.expected, found.low, found.high)] == [
        case["expected"],
        case["low"],
        case["high"],
    ]
    assert found.about == case["about"]
    assert found.said.startswith(f"{case['about']} (between ")


@each("believed")
def test_a_finding_is_believed_as_far_as_the_test_allows(case: dict[str, Any]) -> None:
    found = scan_yield.believed(case["test"], tuple(case["negative"]), TODAY)

    assert round(float(found), 3) == case["expected"]


@each("present")
def test_a_later_negative_test_says_less_where_scans_miss_the_same_tumors(
    case: dict[str, Any],
) -> None:
    left = scan_yield.present_after(tuple(case["negative"]), TODAY)

    assert round(float(left), 3) == case["after"]


@pytest.mark.parametrize(
    ("wanted", "pregnant", "unsafe", "left"),
    [
        (("ultrasound", "mri"), False, False, ("ultrasound", "mri")),
        (("radiograph", "ct"), True, False, ("ultrasound", "mri")),
        (("ct", "mri"), True, False, ("mri",)),
        (("mri",), False, True, ("ct", "ultrasound")),
        (("mri",), True, True, ("ultrasound",)),
        (("ct",), True, True, ("ultrasound",)),
    ],
)
def test_what_a_patient_may_not_have_is_replaced(
    wanted: tuple[str, ...], pregnant: bool, unsafe: bool, left: tuple[str, ...]
) -> None:
    found = search.allowed_modalities(wanted, pregnant=pregnant, mri_unsafe=unsafe)

    assert found == left


@pytest.mark.parametrize(
    ("site", "how", "first"),
    [
        ("91609006", {}, "ct"),
        ("local-lung", {}, "ct"),
        ("71341001", {}, "mri"),
        ("71341001", {"cortical": True}, "ct"),
        ("56459004", {"superficial": True}, "ultrasound"),
        ("113197003", {"fracture": True}, "radiograph"),
    ],
)
def test_each_place_is_imaged_as_its_tissue_asks(
    site: str, how: dict[str, bool], first: str
) -> None:
    asked = {"superficial": False, "fracture": False} | how
    assert search.anatomical_choice(site, **asked)[0] == first


def test_a_step_up_elsewhere_has_to_be_said_to_make_anything_equivocal() -> None:
    nothing, _ = search.state(complete=True, standings=[], on=TODAY)
    stepped, _ = search.state(complete=True, standings=[], on=TODAY, elsewhere=True)

    assert (nothing, stepped) == (search.State.NOT_LOCALIZED, search.State.EQUIVOCAL)


def test_a_first_search_is_neither_a_recurrence_nor_equivocal_unless_somebody_says_so() -> None:
    done = dict.fromkeys(("sstr_pet", "sstr_spect", "fdg"), "none")
    had = {"pet_available": "yes", "spect_available": "unknown"}

    first = search.next_scan(done, had)

    assert first == search.next_scan(done, had, recurrence="no", equivocal=False)
    assert first[0] == "sstr_pet_ct"
