"""What a pair means for the kidney (R-01 to R-06). The bands stand in renal_phosphate.toml."""

from decimal import Decimal

import pytest

from knowledge.rules import renal_phosphate as rule
from knowledge.rules.renal_phosphate import Handling
from knowledge.terms.person import Subject
from knowledge.terms.quantity import Quantity
from tests.knowledge.questions.things import DAY


@pytest.mark.parametrize(
    ("excreted", "threshold", "filtration", "of_a_day", "code", "said_by"),
    [
        (33, "0.30", "read", False, "WASTING_DEFINITE", "R-02"),
        (33, "0.30", "warn", False, "WASTING_DEFINITE", "R-02"),
        (33, "0.30", "no_tmp_gfr", False, "UNKNOWN", None),
        (33, "0.30", "read", True, "WASTING_PROBABLE", "R-06"),
        (10, "0.60", "read", False, "WASTING_PROBABLE", "R-03"),
        (10, "0.60", "read", True, "EQUIVOCAL", "R-06"),
        (10, "0.75", "read", False, "EQUIVOCAL", "R-04"),
        (10, "0.75", "read", True, "EQUIVOCAL", "R-04"),
        (2, "0.60", "read", True, "CONSERVED", "R-01"),
    ],
)
def test_only_a_day_s_urine_weakens_what_it_shows_and_poor_kidneys_show_nothing(
    excreted: int,
    threshold: str,
    filtration: str,
    of_a_day: bool,
    code: str,
    said_by: str | None,
) -> None:
    lost = Quantity(Decimal(excreted), "%")
    kept = Quantity(Decimal(threshold), "mmol/L")
    handling = Handling(None, None, lost, kept, rule.PAYNE, (), from_24h=of_a_day)

    found = rule.renal_handling(handling, filtration, Subject(DAY, age=Decimal(40)))

    assert found.code == code
    assert said_by in (None, found.rule)
    assert ("fallback_24h" in found.because) is of_a_day


@pytest.mark.parametrize("impossible", [True, False])
def test_without_a_pair_that_can_be_nothing_is_known_and_all_four_are_missing(
    impossible: bool,
) -> None:
    wrong = Handling(None, None, None, None, rule.PAYNE, (), impossible=True)
    found = rule.renal_handling(wrong if impossible else None, "read", Subject(DAY))

    assert found.code == rule.UNKNOWN
    assert found.missing == ("s_phos", "s_creat", "u_phos", "u_creat")
