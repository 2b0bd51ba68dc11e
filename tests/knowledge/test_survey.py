"""Real standard biochemistry of people who are no patients: every second participant of NHANES.

The file is the survey's own (2017-2018, public domain): each person's results in both units.
"""

import csv
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from knowledge.terms.analyte import ANALYTES
from knowledge.terms.quantity import Quantity
from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest
from tests.knowledge.nudges import step_of

FILE = Path(__file__).with_name("nhanes_2017_2018_biochemistry.csv")
with FILE.open("r", newline="") as rows:
    PEOPLE = list(csv.DictReader(rows))
AS_OF = datetime(2018, 12, 31, tzinfo=UTC)

IN_BOTH = [
    ("s_phos", "phosphate_mg_dl", "mg/dL", "phosphate_mmol_l", "mmol/L", "0.323"),
    ("s_ca", "calcium_mg_dl", "mg/dL", "calcium_mmol_l", "mmol/L", "0.25"),
    ("s_creat", "creatinine_mg_dl", "mg/dL", "creatinine_umol_l", "umol/L", "88.4"),
    ("s_alb", "albumin_g_dl", "g/dL", "albumin_g_l", "g/L", "10"),
]
"""What the survey gives twice, and the rounded factor by which it converted."""
ONCE = [
    ("s_alp", "alp_u_l", "U/L"),
    ("s_urate", "urate_mg_dl", "mg/dL"),
    ("s_glu", "glucose_mg_dl", "mg/dL"),
    ("s_k", "potassium_mmol_l", "mmol/L"),
    ("s_hco3", "bicarbonate_mmol_l", "mmol/L"),
]
HALF = Decimal("0.5")


def answer_for(person: dict[str, str], *, si: bool) -> Assessment:
    """What is concluded from one visit, sent in SI or in conventional units?"""
    sent = [
        (key, si_column, si_unit) if si else (key, column, unit)
        for key, column, unit, si_column, si_unit, _ in IN_BOTH
    ]
    observations = [
        {"id": key, "analyte": key, "value": person[column], "unit": unit, "collection_id": "visit"}
        for key, column, unit in (*sent, *ONCE)
        if person[column]
    ]
    who = {"sex": person["sex"], "age_years": person["age_years"]}
    body = {"patient": who, "as_of": AS_OF, "observations": observations}
    return assess(EvaluateRequest.model_validate(body))


def test_everybody_of_the_survey_is_here() -> None:
    assert len(PEOPLE) == 3178


@pytest.mark.parametrize(("key", "column", "unit", "si_column", "si_unit", "factor"), IN_BOTH)
def test_our_conversion_is_the_surveys_to_its_rounding(
    key: str, column: str, unit: str, si_column: str, si_unit: str, factor: str
) -> None:
    """Its factor is rounded, and so is what it prints."""
    rounded = step_of(Decimal(factor)) * HALF if "." in factor else Decimal(0)
    for person in PEOPLE:
        if not person[column]:
            continue
        value, theirs = Decimal(person[column]), Decimal(person[si_column])
        ours = ANALYTES[key].to_working_unit(Quantity(value, unit))
        assert ours.unit == si_unit
        tolerance = value * rounded + step_of(theirs) * HALF
        assert abs(ours.value - theirs) <= tolerance, (person["person"], key)


def test_each_person_gets_one_answer_in_either_unit_and_nobody_is_a_probable_tumor() -> None:
    classes: Counter[str] = Counter()
    for person in PEOPLE:
        conventional, si = answer_for(person, si=False), answer_for(person, si=True)
        assert conventional.tio_class == si.tio_class, person["person"]
        assert conventional.urgent == si.urgent, person["person"]
        assert not conventional.rejected, person["person"]
        classes[conventional.tio_class] += 1

    assert set(classes) <= {"INDETERMINATE", "TIO_UNLIKELY", "TIO_POSSIBLE"}


def test_both_units_of_one_phosphate_agree_on_which_adult_is_low() -> None:
    """By the lower limit as each unit states it: 2.5 mg/dL, printed as 0.807 mmol/L."""
    lows = 0
    for person in PEOPLE:
        if int(person["age_years"]) < 18 or not person["phosphate_mg_dl"]:
            continue
        levels = {
            si: next(
                one.interpretation
                for one in answer_for(person, si=si).interpretations
                if one.observation == "s_phos"
            )
            for si in (True, False)
        }
        low = Decimal(person["phosphate_mg_dl"]) < Decimal("2.5")
        assert (levels[True] == "low", levels[False] == "low") == (low, low), person["person"]
        lows += low

    assert lows > 10
