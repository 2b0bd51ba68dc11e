"""Points of a candidate and who leads, as localization.md 5.2 and 6 have them."""

import tomllib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules import candidates, search
from knowledge.rules.candidates import Beside, Fact, Point, Reading, Standing, Uptake
from knowledge.rules.imaging import Kind, Technique
from tests.knowledge.questions.search import standing_at, technique

CASES = tomllib.loads(Path(__file__).with_name("candidates.toml").read_text("utf-8"))
TODAY = date(2026, 11, 22)


def each(kind: str) -> pytest.MarkDecorator:
    """One test per case, under the case's own name."""
    return pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES[kind]])


def a_reading(study: str, **said: Any) -> Reading:
    """A reading as a case writes it."""
    tracer = said.pop("tracer", None)
    day = TODAY + timedelta(days=said.pop("days", 0))
    if said.get("lump"):
        how = Technique(Kind.EXAMINATION)
    else:
        how = technique("pet_ct", tracer) if tracer else Technique(Kind.ANATOMICAL)
    if "uptake" in said:
        said["uptake"] = Uptake(said["uptake"])
    return Reading(study, day, how, **{**said, "features": tuple(said.get("features", ()))})


@each("score")
def test_a_candidate_has_the_points_of_its_evidence(case: dict[str, Any]) -> None:
    beside = Beside()
    for name in case.get("beside", ()):
        setattr(beside, name, Fact(name, TODAY))
    readings = [a_reading(**reading) for reading in case["readings"]]

    standing = candidates.standing(readings, TODAY, beside)

    assert standing.score == case["score"]
    assert [point.item for point in standing.points] == case["items"]
    known = {r["study"] for r in case["readings"]} | set(case.get("beside", ()))
    assert all(point.study in known and point.rule for point in standing.points)


@each("verdict")
def test_a_tumor_is_located_only_by_a_clear_leader(case: dict[str, Any]) -> None:
    standings = [
        Standing(
            points=(Point("any", score, "", "s", TODAY),),
            functional=case.get("functional", True),
            anatomical=case.get("anatomical", True),
            concordant=case.get("concordant", False),
            explained=case.get("explained", True),
            lump=case.get("lump", False),
        )
        for score in case["scores"]
    ]

    state, _ = search.state(
        complete=case.get("complete", True),
        standings=standings,
        on=TODAY,
        elsewhere=case.get("elsewhere", False),
    )

    assert state == case["state"]


def test_ties_go_to_sampling_then_brightness_then_the_easier_removal() -> None:
    sampled, plain = standing_at(5), standing_at(5)
    sampled.ratio = Decimal(2)
    order = [
        candidates.rank(standing_at(6), Decimal(0), "disabling"),
        candidates.rank(sampled, Decimal(0), "disabling"),
        candidates.rank(plain, Decimal(2), "disabling"),
        candidates.rank(plain, Decimal(1), "simple"),
        candidates.rank(plain, Decimal(1), "complex"),
        candidates.rank(plain, Decimal(1), "unresectable"),
    ]
    shuffled = [order[place] for place in (3, 0, 5, 1, 4, 2)]

    assert sorted(shuffled) == order
