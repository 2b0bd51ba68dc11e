"""Published patients with their printed numbers and units: what has to hold for every one."""

from typing import Any

import pytest

from services.assessment.assess import assess
from services.assessment.contract import Assessment
from tests.knowledge.cases import published_cases, request_of

CASES = {case["id"]: case for case in published_cases()}
IMPOSSIBLE = {
    "uniroma-intraop-fgf23": "the unit is not known",
    "reumclin-2012-case1": "not in ng/mL",
    "ejim-2022-acetabulum": "outside of what can be",
    "qdu-2021-xlhr-index": "not in ug/L",
}
LEADS = {
    "reumclin-2012-case1": "TIO",
    "parshwanath-2010-case1": "TIO",
    "fan-2017-case1": "TIO",
    "clinicamedica-2023-12796": "TIO",
    "malik-2017-case1": "FANCONI_DRUG",
    "qxmd-24706031-tdf": "FANCONI_DRUG",
    "li-2020-adefovir24m": "FANCONI_DRUG",
    "edem-2017-case1": "IRON_INFUSION",
    "gulyousafkhan-2023-fcm": "IRON_INFUSION",
    "chung-2018-fcm-ckd": "IRON_INFUSION",
    "davis-2024-adhr": "ADHR",
    "valadares-2016-ens": "CSHS",
    "qdu-2021-xlhr-index": "XLH",
    "deng-2019-lymphoma": "REDISTRIBUTION",
}


def answer_for(case: dict[str, Any]) -> Assessment:
    return assess(request_of(case))


@pytest.mark.parametrize("id", CASES)
def test_a_published_patient_is_answered_with_what_the_data_allow(id: str) -> None:
    answer = answer_for(CASES[id])
    lows = [
        one
        for one in answer.interpretations
        if one.interpretation == "low" and one.observation.startswith("lab-")
    ]

    assert answer.tio_class != "TIO_CONFIRMED", "biochemistry alone confirms nothing"
    assert answer.would_change_if
    if any(rule.id in ("H-01", "H-03") for rule in answer.fired_rules):
        assert answer.differential
        assert lows
    for place, cause in enumerate(answer.differential, 1):
        assert cause.rank == place
        assert cause.supporting


@pytest.mark.parametrize("id", IMPOSSIBLE)
def test_an_impossible_number_or_unit_is_asked_back(id: str) -> None:
    answer = answer_for(CASES[id])
    assert any(IMPOSSIBLE[id] in refusal.reason for refusal in answer.rejected)
    assert {refusal.rule for refusal in answer.rejected} == {"V-01"}


@pytest.mark.parametrize("id", LEADS)
def test_the_cause_that_was_found_leads_the_differential(id: str) -> None:
    assert answer_for(CASES[id]).differential[0].diagnosis == LEADS[id]


def test_no_tumor_is_called_unlikely() -> None:
    for case in CASES.values():
        if case["diagnosis_final"] == "TIO":
            assert answer_for(case).tio_class != "TIO_UNLIKELY", case["id"]
