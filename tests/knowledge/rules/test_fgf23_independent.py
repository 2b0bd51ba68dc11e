"""Fanconi, HHRH and Dent. The counts and limits stand in fgf23_independent.toml."""

import pytest

from knowledge.rules import fgf23_independent as rule
from knowledge.rules.fgf23 import GREY, MEDIATED, MISSING, SUPPORTIVE, SUPPRESSED
from knowledge.terms.finding import Finding
from knowledge.terms.person import Sex
from tests.knowledge.questions.things import DAY, quantity

THREE = {"glucosuria": True, "low_urate": True, "low_bicarbonate": True, "low_potassium": None}
SHOWN = ("glucosuria", "low_bicarbonate", "low_urate")


@pytest.mark.parametrize(
    ("urine", "plasma", "found"),
    [
        ("20", "5", True),
        ("20", "12", False),  # plasma explains it
        ("20", None, None),  # nobody knows whether plasma does
        ("1", "5", False),
        ("<20", "5", None),  # the bound leaves it open
        ("<1", "5", False),
        (None, "5", None),
    ],
)
def test_glucose_in_urine_counts_when_plasma_surely_does_not_explain_it(
    urine: str | None, plasma: str | None, found: bool | None
) -> None:
    both = (None if one is None else quantity(one, "mmol/L") for one in (urine, plasma))
    lost, there = both
    assert rule.glucosuria(lost, there, DAY) is found


@pytest.mark.parametrize(
    ("fgf23", "below_interval", "finding"),
    [
        (SUPPRESSED, False, Finding(rule.FANCONI, "D-02", SHOWN)),
        (GREY, True, Finding(rule.FANCONI, "D-02", SHOWN)),
        (GREY, False, Finding(rule.NONE, "D-00", SHOWN)),
        (SUPPORTIVE, True, Finding(rule.NONE, "D-00", SHOWN)),
        (MEDIATED, False, Finding(rule.MIXED, "D-04", SHOWN)),
        (MISSING, False, Finding(rule.PRESUMED, "D-02b", SHOWN)),
    ],
)
def test_three_markers_mean_what_fgf23_lets_them_mean(
    fgf23: str, below_interval: bool, finding: Finding
) -> None:
    assert rule.fanconi(THREE, fgf23, DAY, below_interval=below_interval) == finding


def test_one_marker_is_no_syndrome_and_is_still_told() -> None:
    found = rule.fanconi({"low_urate": True}, SUPPRESSED, DAY)
    assert found == Finding(rule.NONE, "D-00", ("low_urate",))


@pytest.mark.parametrize(
    ("sex", "child", "dent"),
    [
        (Sex.MALE, True, True),
        (Sex.FEMALE, True, False),
        (Sex.MALE, False, False),
        (Sex.MALE, None, False),
        (Sex.UNKNOWN, True, False),
    ],
)
def test_dent_disease_is_one_of_boys(sex: Sex, child: bool | None, dent: bool) -> None:
    markers = {"low_molecular_weight_proteinuria": True}
    assert rule.dent(sex, child, markers, True, True, GREY) is dent
