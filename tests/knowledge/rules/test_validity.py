"""What can be believed (assessment.md 1.4). Each limit has its cases in validity.toml."""

from decimal import Decimal

import pytest

from knowledge.rules import validity
from knowledge.terms.analyte import ANALYTES
from tests.knowledge.questions.things import quantity


@pytest.mark.parametrize(
    ("table", "analyte", "low", "high"),
    [
        ("hard", "s_phos", "0.05", "8"),
        ("soft", "s_phos", "0.30", None),
        ("soft_adult", "s_phos", None, "2.6"),
        ("soft", "u_creat", "1.0", "40"),
    ],
)
def test_limits_are_those_of_the_specification_in_the_unit_rules_work_in(
    table: str, analyte: str, low: str | None, high: str | None
) -> None:
    ends = (None if low is None else Decimal(low), None if high is None else Decimal(high))
    assert validity._in_working_units(table)[analyte] == ends


@pytest.mark.parametrize(
    ("analyte", "low", "high"),
    [
        ("s_phos", "0.30", "2.6"),  # the strictest of hard, soft and adult
        ("s_creat", "20", "500"),
        ("u_phos", "0", "100"),
        ("s_pth", "0.1", "50"),  # no soft lower end: the hard one
        ("s_ca_adj", "0.8", "6"),  # no soft ends at all
        ("u_ca", "0", "Infinity"),  # no limits: anything that is an amount
    ],
)
def test_nobody_wonders_at_what_lies_within_every_limit(analyte: str, low: str, high: str) -> None:
    assert validity._never_wondered_at(analyte) == (Decimal(low), Decimal(high))


def test_an_amount_below_nought_is_called_so() -> None:
    assert validity.impossible(ANALYTES["u_ca"], quantity("-0.1", "mmol/L")) == "below nought"
