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


def measured(study: str, size: str, modality: str, days: int | None) -> Reading:
    """A size, from one modality on one day."""
    on = None if days is None else TODAY + timedelta(days=days)
    return Reading(study, on, technique(modality, None), size_mm=Decimal(size))


@pytest.mark.parametrize(
    ("earlier", "later", "grew"),
    [
        (("10", "mri", -90), ("20", "mri", 0), True),
        (("10", "ct", -90), ("20", "mri", 0), False),  # two scanners measure two things
        (("10", "mri", 0), ("20", "mri", 0), False),  # two series of one day
        (("10", "mri", None), ("20", "mri", 0), False),
        (("10", "mri", -90), ("20", "mri", None), False),
        (("20", "mri", -90), ("10", "mri", 0), False),
    ],
)
def test_it_grew_when_one_modality_measured_it_later_and_larger(
    earlier: tuple[str, str, int | None], later: tuple[str, str, int | None], grew: bool
) -> None:
    readings = [measured("first", *earlier), measured("second", *later)]
    for order in (1, -1):
        points = candidates.standing(readings[::order], TODAY).points
        assert [(p.item, p.study) for p in points] == ([("grew", "second")] if grew else [])


@pytest.mark.parametrize("undated", ["first", "second"])
def test_a_scan_without_a_day_shows_nothing_new(undated: str) -> None:
    fdg = technique("pet_ct", "f18_fdg")
    first = Reading("first", TODAY - timedelta(days=200), fdg, missed=True)
    second = Reading("second", TODAY, fdg, Uptake.ABOVE_BACKGROUND)
    for reading in (first, second):
        if reading.study == undated:
            reading.on = None

    assert candidates.standing([first, second], TODAY).points == ()


@pytest.mark.parametrize(
    ("correlate", "mimic", "explained"),
    [
        (True, "none", True),
        (False, "none", True),
        (True, None, False),  # nobody looked for a look-alike
        (None, "none", False),  # nobody looked for a mass
        (None, None, False),
        (None, "physiological", True),
    ],
)
def test_a_focus_is_explained_when_both_a_mass_and_a_look_alike_were_looked_for(
    correlate: bool | None, mimic: str | None, explained: bool
) -> None:
    dota = technique("pet_ct", "ga68_dotatate")
    reading = Reading("pet", TODAY, dota, Uptake.ABOVE_LIVER, correlate, mimic)

    assert candidates.standing([reading], TODAY).explained is explained


def test_a_standing_says_whether_a_lump_was_felt_and_how_far_fgf23_steps_up() -> None:
    felt = Reading("exam", TODAY, Technique(Kind.EXAMINATION), lump=True)

    stands = candidates.standing([felt], TODAY, Beside(ratio=Decimal(2)))

    assert (stands.lump, stands.ratio) == (True, Decimal(2))
    assert candidates.standing([], TODAY).lump is False
    assert candidates.standing([], TODAY).ratio is None


def test_typical_features_are_told_of_the_study_that_showed_them() -> None:
    vague = Reading("ct", TODAY, technique("ct", None), features=("odd",))
    clear = Reading("mri", TODAY, technique("mri", None), features=("enhancing", "T2 bright"))
    silent = Reading("xray", TODAY, technique("radiograph", None))

    [point] = candidates.standing([silent, vague, clear], TODAY).points

    assert (point.item, point.study) == ("typical_features", "mri")
    assert point.text


@pytest.mark.parametrize(
    ("mimic", "refers"),
    [("thyroid_disease", True), ("meningioma", True), ("fracture", False), (None, False)],
)
def test_a_look_alike_that_is_a_disease_is_referred(mimic: str | None, refers: bool) -> None:
    assert candidates.needs_referral(mimic) is refers


def test_what_nobody_knows_of_its_removal_lies_between_simple_and_disabling() -> None:
    simple, unknown, odd, disabling = map(candidates.effort, ("simple", None, "odd", "disabling"))

    assert simple < unknown == odd < disabling
    assert not candidates.needs_sampling_alone(None)
    assert candidates.needs_sampling_alone("complex")
