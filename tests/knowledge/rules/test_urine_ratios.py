"""Ratios of a urine and what is lost of urate. The vectors of 2.8 and 2.9 stand beside, as data."""

import pytest

from knowledge.rules.reference_intervals import Level
from knowledge.rules.urine_ratios import CALCIUM_RATIO, by_mass, urate_level
from knowledge.terms.quantity import Comparator
from tests.knowledge.questions.things import DAY, quantity


def test_a_bound_stays_a_bound_in_the_other_unit() -> None:
    assert by_mass(CALCIUM_RATIO, quantity("<0.6", "mol/mol")).comparator is Comparator.LESS
    assert by_mass(CALCIUM_RATIO, quantity("0.6", "mol/mol")).comparator is None


@pytest.mark.parametrize(
    ("lost", "level"),
    [("35.6", Level.HIGH), ("7", Level.NORMAL), ("<90", Level.UNDETERMINED), (">90", Level.HIGH)],
)
def test_what_is_not_known_of_lost_urate_is_not_called_normal(lost: str, level: Level) -> None:
    found, sources = urate_level(quantity(lost, "%"), DAY)

    assert found is level
    assert sources
