"""eGFR and adjusted calcium against the printed vectors, and the limits of reading."""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from knowledge.rules import calcium_and_pth, kidney_function
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.person import Sex
from knowledge.terms.quantity import Quantity

CASES = tomllib.loads(
    Path(__file__).with_name("kidney_function.toml").read_text("utf-8"), parse_float=Decimal
)
DAY = date(2026, 11, 22)


def figures(value: Decimal) -> Decimal:
    return Decimal(f"{value:.3g}")


@pytest.mark.parametrize(("creatinine", "age", "sex", "egfr"), CASES["adult"])
def test_ckd_epi_gives_the_printed_vectors(
    creatinine: Decimal, age: int, sex: str, egfr: Decimal
) -> None:
    found = kidney_function.egfr_adult(Decimal(creatinine), Decimal(age), Sex(sex), DAY)
    assert figures(found) == egfr


@pytest.mark.parametrize(("height", "creatinine", "egfr"), CASES["child"])
def test_schwartz_gives_the_printed_vectors(height: int, creatinine: int, egfr: Decimal) -> None:
    found = kidney_function.egfr_child(Decimal(creatinine), Decimal(height), DAY)
    # 133.5 is printed as 134 in one row.
    assert abs(found - Decimal(egfr)) <= Decimal("0.6")


@pytest.mark.parametrize(("total", "albumin", "adjusted"), CASES["calcium"])
def test_calcium_is_adjusted_as_printed(total: Decimal, albumin: int, adjusted: Decimal) -> None:
    assert figures(calcium_and_pth.adjusted_calcium(total, Decimal(albumin), DAY)) == adjusted


@pytest.mark.parametrize(("total", "albumin", "adjusted"), CASES["calcium_mg_dl"])
def test_calcium_is_adjusted_the_same_in_mg_dl(
    total: Decimal, albumin: Decimal, adjusted: Decimal
) -> None:
    factor = ANALYTES["s_ca"].factors["mg/dL"]
    found = calcium_and_pth.adjusted_calcium(total * factor, albumin * 10, DAY) / factor
    assert abs(found - adjusted) < Decimal("0.006")


@pytest.mark.parametrize(
    ("egfr", "may"),
    [
        ("60", "read"),
        ("59.9", "warn"),
        ("40", "warn"),
        ("39.9", "no_tmp_gfr"),
        ("30", "no_tmp_gfr"),
        ("29.9", "no_fgf23"),
    ],
)
def test_exactly_at_a_limit_of_filtration_it_may_still_be_read(egfr: str, may: str) -> None:
    estimate = Quantity(Decimal(egfr), kidney_function.UNIT)
    assert kidney_function.filtration(estimate, DAY) == may
