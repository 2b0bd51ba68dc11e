"""TRP, FEPO4 and TmP/GFR against the printed vectors, and the rows of the decision."""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.rules import renal_phosphate as rule
from knowledge.rules.renal_phosphate import Handling
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.person import Subject
from knowledge.terms.quantity import Quantity

CASES = tomllib.loads(
    Path(__file__).with_name("renal_phosphate.toml").read_text("utf-8"), parse_float=Decimal
)
DAY = date(2026, 11, 22)
SHARES = st.decimals(min_value=Decimal("0"), max_value=Decimal("1"), places=6)


def figures(value: Decimal) -> Decimal:
    """Three significant figures, as the tables print them."""
    return Decimal(f"{value:.3g}")


def trp_of(case: dict[str, Any]) -> Decimal:
    return rule.trp(
        Decimal(case["s_phos"]),
        Decimal(case["u_phos"]),
        Decimal(case["s_creat"]),
        Decimal(case["u_creat"]),
    )


@pytest.mark.parametrize("case", CASES["si"], ids=lambda case: f"{case['id']}: {case['says']}")
def test_the_formulas_give_the_printed_vectors(case: dict[str, Any]) -> None:
    reabsorbed, serum = trp_of(case), Decimal(case["s_phos"])

    assert figures(reabsorbed) == Decimal(case["trp"])
    assert figures(rule.fepo4(reabsorbed)) == Decimal(case["fepo4"])
    assert figures(rule.tmp_gfr_adult(reabsorbed, serum, DAY)) == Decimal(case["adult"])
    assert figures(rule.tmp_gfr_child(reabsorbed, serum)) == Decimal(case["child"])


@pytest.mark.parametrize("case", CASES["conventional"], ids=lambda case: case["id"])
def test_the_formulas_give_the_same_from_conventional_units(case: dict[str, Any]) -> None:
    converted = {
        key: ANALYTES[key].to_working_unit(Quantity(Decimal(case[key]), "mg/dL")).value
        for key in ("s_phos", "u_phos", "s_creat", "u_creat")
    }
    reabsorbed = trp_of(converted)
    threshold = rule.tmp_gfr_adult(reabsorbed, converted["s_phos"], DAY)

    assert figures(reabsorbed) == Decimal(case["trp"])
    assert figures(rule.fepo4(reabsorbed)) == Decimal(case["fepo4"])
    assert figures(threshold) == Decimal(case["mmol_l"])
    in_mg_dl = threshold / ANALYTES["s_phos"].factors["mg/dL"]
    assert figures(in_mg_dl) == Decimal(case["mg_dl"])


def test_a_wrong_pair_gives_an_impossible_trp() -> None:
    wrong = CASES["impossible"]
    assert figures(trp_of(wrong)) == wrong["trp"]
    assert figures(rule.fepo4(trp_of(wrong))) == wrong["fepo4"]


@pytest.mark.parametrize(("serum", "at_080", "at_070"), CASES["crossings"])
def test_the_adult_formula_crosses_its_limits_where_the_specification_says(
    serum: Decimal, at_080: Decimal, at_070: Decimal
) -> None:
    for limit, printed in ((Decimal("0.80"), at_080), (Decimal("0.70"), at_070)):
        if not printed:
            assert rule.tmp_gfr_adult(Decimal(1), serum, DAY) < limit, "however hard it conserves"
            continue
        half = Decimal("0.05")
        ends = [rule.tmp_gfr_adult(1 - (printed + by) / 100, serum, DAY) for by in (-half, half)]
        assert ends[0] > limit > ends[1], "more is lost, less is kept"


@given(SHARES)
def test_the_factor_never_exceeds_one_and_a_half(reabsorbed: Decimal) -> None:
    factor = rule.tmp_gfr_adult(reabsorbed, Decimal(1), DAY)
    assert 0 <= factor <= Decimal("1.5") + Decimal("1e-20")
    assert rule.tmp_gfr_child(reabsorbed, Decimal(1)) <= 1


@given(SHARES, st.sampled_from(["read", "warn", "no_tmp_gfr", "no_fgf23"]))
def test_a_conserving_kidney_is_never_called_wasting(reabsorbed: Decimal, kidney: str) -> None:
    excreted = Quantity(rule.fepo4(reabsorbed), "%")
    low = Quantity(Decimal("0.1"), "mmol/L")
    found = rule.renal_handling(
        Handling(None, None, excreted, low, rule.PAYNE, ()), kidney, Subject(DAY, age=Decimal(40))
    )
    assert (found.code == rule.CONSERVED) == (excreted.value < 5)
    if kidney in ("no_tmp_gfr", "no_fgf23"):
        assert found.code in (rule.CONSERVED, rule.UNKNOWN)
