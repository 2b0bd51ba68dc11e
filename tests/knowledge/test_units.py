"""Conversion against printed factors, there and back; refusal of the rest."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.terms.analyte import ANALYTES, BY_LOINC
from knowledge.terms.quantity import NotConvertible, Quantity, UnknownUnit

PRINTED = [
    ("s_phos", "mg/dL", "0.3229"),
    ("u_phos_24h", "mg/(24.h)", "0.03229"),
    ("u_phos_24h", "g/(24.h)", "32.29"),
    ("s_phos", "mg/L", "0.03229"),
    ("s_phos", "umol/L", "0.001"),
    ("s_creat", "mmol/L", "1000"),
    ("u_ca", "mg/L", "0.02495"),
    ("s_creat", "mg/dL", "88.4"),
    ("u_creat", "mg/dL", "0.0884"),
    ("u_creat_24h", "mg/(24.h)", "0.00884"),
    ("s_ca", "mg/dL", "0.2495"),
    ("s_alb", "g/dL", "10"),
    ("s_pth", "pg/mL", "0.1061"),
    ("s_25ohd", "ng/mL", "2.496"),
    ("s_125d", "pg/mL", "2.400"),
    ("s_fgf23_i", "pg/mL", "1"),
    ("s_mg", "mg/dL", "0.4114"),
    ("s_glu", "mg/dL", "0.0555"),
    ("s_urate", "mg/dL", "59.48"),
    ("s_ferritin", "ng/mL", "1"),
    ("b_hb", "g/dL", "10"),
    ("s_alp", "ukat/L", "60"),
    ("s_balp", "ukat/L", "60"),
    ("s_ca", "meq/L", "0.5"),
    ("u_urate", "mmol/L", "1000"),
    ("u_ca_creat", "mg/mg", str(1 / Decimal("0.3543"))),
    ("trp", "%", "0.01"),
    ("tmp_gfr", "mg/dL", "0.3229"),
]
ROWS = tomllib.loads(Path(__file__).with_name("analytes.toml").read_text("utf-8"))["row"]
CONVERTIBLE = [(key, unit) for key, analyte in ANALYTES.items() for unit in analyte.factors]


@pytest.mark.parametrize(("key", "unit", "factor"), PRINTED)
def test_the_factor_is_the_printed_one(key: str, unit: str, factor: str) -> None:
    ours, printed = ANALYTES[key].factors[unit], Decimal(factor)
    assert abs(ours - printed) <= abs(printed) * Decimal("0.001")


@given(st.sampled_from(CONVERTIBLE), st.decimals(min_value=0, max_value=10000, places=4))
def test_converting_there_and_back_changes_nothing(pair: tuple[str, str], value: Decimal) -> None:
    key, unit = pair
    analyte = ANALYTES[key]
    there = analyte.to_working_unit(Quantity(value, unit))
    assert there.unit == analyte.working[unit]
    back = there.value / analyte.factors[unit]
    assert abs(back - value) <= abs(value) * Decimal("1e-11")


@pytest.mark.parametrize(
    ("key", "printed", "code"),
    [
        ("s_alp", "IU/L", "U/L"),
        ("s_alp", "µkat/L", "ukat/L"),
        ("s_balp", "IU/L", "U/L"),
        ("u_vol_24h", "L", "L/(24.h)"),
        ("u_vol_24h", "ml", "mL/(24.h)"),
        ("u_ca_creat", "mmol/mmol", "mol/mol"),
        ("s_ca", "mEq/L", "meq/L"),
        ("s_fgf23_c", "RU/mL", "[arb'U]/mL"),
        ("s_creat", "µmol/L", "umol/L"),
        ("s_creat", "μmol/L", "umol/L"),
        ("s_k", "mEq/L", "meq/L"),
        ("u_phos_24h", "mg/24h", "mg/(24.h)"),
        ("u_phos_24h", "mg/24 horas", "mg/(24.h)"),
        ("s_phos", "mg/dl", "mg/dL"),
        ("s_phos", "MG/DL", "mg/dL"),
        ("s_phos", "mg/L", "mg/L"),
        ("s_phos", "umol/L", "umol/L"),
        ("s_phos", "mmol/litre", "mmol/L"),
        ("s_creat", "mmol/L", "mmol/L"),
        ("u_phos_24h", "g/24h", "g/(24.h)"),
        ("u_phos_24h", "g/day", "g/(24.h)"),
        ("s_alb", "gm/dL", "g/dL"),
        ("s_fgf23_c", "U/mL", "[arb'U]/mL"),
        ("egfr", "mL/min/1.73m^2", "mL/min/{1.73_m2}"),
    ],
)
def test_what_laboratories_print_is_recognised(key: str, printed: str, code: str) -> None:
    assert ANALYTES[key].read_unit(printed) == code


@pytest.mark.parametrize(
    ("key", "printed"),
    [
        ("s_phos", None),
        ("s_phos", ""),
        ("s_phos", "/L"),
        ("s_phos", "mm/L"),
        ("s_phos", "M/L"),
        ("s_phos", "g/L"),
        ("s_phos", "nmol/L"),
        ("s_alp", "U/mL"),
        ("s_fgf23_i", "U/mL"),
        ("s_creat", "g/24h"),
        ("s_125d", "ng/mL"),
        ("s_fgf23_c", "pg/mL"),
        ("s_fgf23_i", "RU/mL"),
        ("s_pth", "ug/L"),
    ],
)
def test_another_unit_is_asked_back_never_guessed(key: str, printed: str | None) -> None:
    with pytest.raises((UnknownUnit, NotConvertible)):
        ANALYTES[key].read_unit(printed)


def test_bone_phosphatase_by_mass_and_by_activity_are_never_turned_into_each_other() -> None:
    analyte = ANALYTES["s_balp"]
    by_activity = analyte.to_working_unit(Quantity(Decimal("0.5"), "ukat/L"))
    by_mass = analyte.to_working_unit(Quantity(Decimal(20), "ng/mL"))
    assert (by_activity.value, by_activity.unit) == (Decimal(30), "U/L")
    assert (by_mass.value, by_mass.unit) == (Decimal(20), "ug/L")


def test_every_row_of_the_analyte_table_is_there_with_its_codes() -> None:
    missing = {row["key"]: row for row in ROWS if row["key"] not in ANALYTES}
    assert not missing
    for row in ROWS:
        analyte = ANALYTES[row["key"]]
        assert set(analyte.loinc) == set(row["loinc"]), row["key"]
        assert analyte.unit == row["unit"], row["key"]


def test_a_loinc_code_names_one_analyte() -> None:
    assert len(BY_LOINC) == sum(len(analyte.loinc) for analyte in ANALYTES.values())
    assert BY_LOINC["62290-2"].key == "s_125d", "one public list calls it 25-OH vitamin D"
