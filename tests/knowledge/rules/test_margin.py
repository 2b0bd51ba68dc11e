"""How exactly TmP/GFR is known. The imprecision itself has its cases in margin.toml."""

import pytest

from knowledge.rules.margin import of_threshold, precision_of
from tests.knowledge.questions.things import DAY


def test_where_nothing_is_taken_back_the_threshold_is_known_as_phosphate_is() -> None:
    assert of_threshold(0.0, child=False, on=DAY) == precision_of("s_phos", DAY)


@pytest.mark.parametrize(("reabsorbed", "curved"), [(0.86, False), (0.87, True)])
def test_the_curve_of_the_adult_formula_begins_above_its_switch(
    reabsorbed: float, curved: bool
) -> None:
    adult = of_threshold(reabsorbed, child=False, on=DAY)
    child = of_threshold(reabsorbed, child=True, on=DAY)

    assert (adult.percent > child.percent) is curved
