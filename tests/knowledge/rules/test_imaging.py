"""Points, states, next scans and yields, as localization.md 3, 5 and 6 have them."""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules import imaging, scan_yield
from knowledge.rules.imaging import Kind, Point, Reading, Standing, Technique, Uptake

CASES = tomllib.loads(Path(__file__).with_name("imaging.toml").read_text("utf-8"))
TODAY = date(2026, 11, 22)


def each(kind: str) -> pytest.MarkDecorator:
    """One test per case, under the case's own name."""
    return pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES[kind]])


def a_reading(study: str, **said: Any) -> Reading:
    """A reading as a case writes it."""
    tracer = said.pop("tracer", None)
    if said.get("lump"):
        how = Technique(Kind.EXAMINATION)
    elif tracer:
        found = imaging.technique("pet_ct", tracer)
        assert found is not None
        how = found
    else:
        how = Technique(Kind.ANATOMICAL)
    if "uptake" in said:
        said["uptake"] = Uptake(said["uptake"])
    return Reading(study, TODAY, how, **{**said, "features": tuple(said.get("features", ()))})


@each("score")
def test_a_candidate_has_the_points_of_its_evidence(case: dict[str, Any]) -> None:
    standing = imaging.standing([a_reading(**reading) for reading in case["readings"]], TODAY)

    assert standing.score == case["score"]
    assert [point.item for point in standing.points] == case["items"]
    assert all(point.study in {r["study"] for r in case["readings"]} for point in standing.points)


@each("verdict")
def test_a_tumor_is_located_only_by_a_clear_leader(case: dict[str, Any]) -> None:
    standings = [
        Standing(
            points=(Point("any", score, "", "s", TODAY),),
            functional=True,
            anatomical=case.get("anatomical", True),
            concordant=case.get("concordant", False),
            explained=case.get("explained", True),
        )
        for score in case["scores"]
    ]

    state, _ = imaging.state(complete=case.get("complete", True), standings=standings, on=TODAY)

    assert state == case["state"]


@each("next")
def test_scans_come_in_the_order_of_the_pathway(case: dict[str, Any]) -> None:
    done = {name: case.get(name, "none") for name in ("sstr_pet", "sstr_spect", "fdg")}
    availability = {"pet_available": case.get("pet", "unknown"), "spect_available": "unknown"}

    act, rule = imaging.next_scan(done, availability)

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


def test_a_dose_is_activity_times_factor_and_says_when_it_was_estimated() -> None:
    stated = scan_yield.tracer_dose("68Ga-DOTATATE", Decimal(100))
    usual = scan_yield.tracer_dose("ga68_dotatoc", None)

    assert stated is not None
    assert (stated.msv, stated.estimated) == (Decimal("2.57"), False)
    assert usual is not None
    assert (round(usual.msv, 1), usual.estimated) == (Decimal("4.3"), True)
    assert scan_yield.tracer_dose("cu64_dotatate", Decimal(148)) is None


def test_a_tracer_that_is_not_in_the_table_counts_for_no_scan() -> None:
    assert imaging.technique("PT", "68Ga-FAPI") == Technique(Kind.FUNCTIONAL)
    assert imaging.technique("PT", None) == Technique(Kind.FUNCTIONAL)
    assert imaging.technique("crystal ball", None) is None
