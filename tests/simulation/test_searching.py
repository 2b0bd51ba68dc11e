"""Searches in drawn patients: repeatable, true to the tables, and won by the planner."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from knowledge.rules import imaging
from simulation.searching.chances import Incoherent, Law, after_missing
from simulation.searching.patients import SCANS, Sought, patients
from simulation.searching.search import BEGAN
from tests.bench.planner import table

ON = BEGAN.date()
DRAWN = 20_000


@pytest.fixture(scope="module")
def cohort() -> list[Sought]:
    return list(patients(DRAWN, "at_hand", ON))


def without(cohort: Sequence[Sought], test: str) -> list[Sought]:
    return [patient for patient in cohort if not patient.seen_by(test)]


def with_tumor(cohort: Sequence[Sought]) -> list[Sought]:
    return [patient for patient in cohort if patient.tumor is not None]


def found(cohort: Sequence[Sought], test: str) -> float:
    return sum(test in patient.shows_tumor for patient in cohort) / len(cohort)


def test_the_same_seed_is_the_same_run() -> None:
    assert table(60, seed=1) == table(60, seed=1)
    assert table(60, seed=1) != table(60, seed=2)


def test_drawn_patients_agree_with_the_worked_check_of_the_specification(
    cohort: list[Sought],
) -> None:
    examined = without(cohort, "exam")
    scanned = without(examined, "ga68_dota")

    shares = [len(with_tumor(some)) / len(some) for some in (cohort, examined, scanned)]
    assert shares == pytest.approx([0.75, 0.689, 0.275], abs=0.015)
    assert found(scanned, "fdg") == pytest.approx(0.12, abs=0.015)


@pytest.mark.parametrize(("missed", "then"), [*pairwise(SCANS), (SCANS[0], SCANS[2])])
def test_what_a_scan_missed_the_next_one_finds_as_seldom_as_the_table_says(
    cohort: list[Sought], missed: str, then: str
) -> None:
    tumors = with_tumor(cohort)
    overlooked = [patient for patient in tumors if missed not in patient.shows_tumor]

    as_said = float(after_missing(then, [missed], ON))
    assert found(overlooked, then) == pytest.approx(as_said, abs=0.03)
    sensitivity = float(imaging.TABLE.entries["tests"][then].fields["sensitivity"])
    assert found(tumors, then) == pytest.approx(sensitivity, abs=0.01)


def test_the_overlaps_fit_together_in_the_order_of_the_pathway_only() -> None:
    """With FDG first, SSTR PET would have to miss more tumors than it does."""
    with pytest.raises(Incoherent):
        Law(("fdg", "ga68_dota"), ON)


def test_the_planner_localizes_at_least_as_many_as_any_fixed_sequence_at_no_more_dose() -> None:
    for world in table(400).values():
        compared = world["against_best_fixed"]
        planner, fixed = (world["policies"][name] for name in ("planner", compared["best_fixed"]))
        assert planner["localized"]["patients"] >= fixed["localized"]["patients"]
        assert planner["msv_per_localized"]["each"] <= fixed["msv_per_localized"]["each"]
