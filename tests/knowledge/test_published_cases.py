"""Published patients with their printed numbers and units: what has to hold for every one.

What counts as low, and which prints are odd, is read from the file, not from a list of patients.
"""

from decimal import Decimal
from typing import Any

import pytest

from services.assessment.assess import assess
from services.assessment.contract import Assessment
from tests.knowledge.cases import published_cases, request_of

CASES = {case["id"]: case for case in published_cases()}
LOW = {"mg/dl": Decimal("2.5"), "mmol/l": Decimal("0.807")}
"""Where an adult's phosphate is low when the paper prints no interval."""
ODD = ("as printed", "implausible", "inconsistent", "impossible")
"""Words by which whoever extracted the cases marked a number that cannot stand."""
FIRST_SHARE = Decimal("0.8")


def answer_for(case: dict[str, Any]) -> Assessment:
    """What is concluded from what the paper printed."""
    return assess(request_of(case))


def place_of_truth(case: dict[str, Any]) -> int | None:
    """At which place does the diagnosis that was made stand? None: not at all."""
    ranked = [cause.diagnosis for cause in answer_for(case).differential]
    truth = case["diagnosis_final"]
    return ranked.index(truth) + 1 if truth in ranked else None


def is_low(lab: dict[str, Any]) -> bool:
    """Is this a phosphate with a unit, low by the paper's own interval or the usual one?"""
    limit = LOW.get(lab["unit"].lower())
    if lab["analyte"] != "phosphate" or lab["value"] is None or limit is None:
        return False
    return Decimal(str(lab["value"])) < Decimal(str(lab["reference_low"] or limit))


WITH_LOW_PHOSPHATE = [id for id, case in CASES.items() if any(map(is_low, case["labs"]))]
ODDITIES = [
    (id, number)
    for id, case in CASES.items()
    for number, lab in enumerate(case["labs"])
    if any(word in lab.get("note", "") for word in ODD)
]


@pytest.mark.parametrize("id", CASES)
def test_a_published_patient_is_answered_with_what_the_data_allow(id: str) -> None:
    answer = answer_for(CASES[id])

    assert answer.tio_class != "TIO_CONFIRMED", "biochemistry alone confirms nothing"
    assert answer.fired_rules
    assert answer.would_change_if
    for place, cause in enumerate(answer.differential, 1):
        assert cause.rank == place
        assert cause.supporting


@pytest.mark.parametrize("id", CASES)
def test_no_tumor_is_called_unlikely_and_nothing_else_a_probable_tumor(id: str) -> None:
    wrong = "TIO_UNLIKELY" if CASES[id]["diagnosis_final"] == "TIO" else "TIO_PROBABLE"

    assert answer_for(CASES[id]).tio_class != wrong


def test_the_true_diagnosis_leads_in_four_of_five() -> None:
    first = [id for id, case in CASES.items() if place_of_truth(case) == 1]

    assert len(first) >= FIRST_SHARE * len(CASES), sorted(CASES.keys() - first)


@pytest.mark.parametrize("id", WITH_LOW_PHOSPHATE)
def test_with_a_low_phosphate_the_true_diagnosis_is_among_the_first_three(id: str) -> None:
    assert place_of_truth(CASES[id]) in (1, 2, 3)


def test_nearly_everybody_in_the_file_has_a_low_phosphate() -> None:
    """Otherwise the test before this one would test nothing."""
    assert len(WITH_LOW_PHOSPHATE) > FIRST_SHARE * len(CASES)


@pytest.mark.parametrize(("id", "number"), ODDITIES)
def test_what_cannot_be_right_is_asked_back_and_the_rest_assessed(id: str, number: int) -> None:
    answer = answer_for(CASES[id])
    refused = {refusal.observation: refusal for refusal in answer.rejected}
    sent = {one.id for one in request_of(CASES[id]).observations}

    if f"lab-{number}" not in refused:
        assert CASES[id]["labs"][number]["note"].startswith("printed as"), "read as what it is"
        assert CASES[id]["labs"][number]["unit"] == "mmol/L"
        return
    assert refused[f"lab-{number}"].rule == "V-01"
    assert "please" in refused[f"lab-{number}"].reason
    assert {one.observation for one in answer.interpretations} == sent - refused.keys()


def test_oddities_were_kept_in_the_file_on_purpose() -> None:
    assert len(ODDITIES) >= 5


@pytest.mark.parametrize("id", CASES)
def test_a_number_without_a_unit_is_never_used(id: str) -> None:
    answer = answer_for(CASES[id])
    bare = {
        one.id for one in request_of(CASES[id]).observations if one.value is None or not one.unit
    }

    assert bare == bare & {refusal.observation for refusal in answer.rejected}
