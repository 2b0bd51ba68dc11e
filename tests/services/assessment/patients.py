"""Draws patients for the properties: the invented ones of the specification, changed at random."""

import copy
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from knowledge.terms.analyte import ANALYTES
from tests.services.assessment.vectors import AS_OF, an_observation, body_of, vectors

POOL: dict[str, list[float | str]] = {
    "s_phos": [0.25, 0.38, 0.45, 0.49, 0.55, 0.62, 0.75, 0.82, 0.9, 1.1, 1.3, "<0.4"],
    "u_phos": [0.3, 3.2, 9, 14, 20, 60],
    "s_creat": [35, 60, 80, 150, 250, 400],
    "u_creat": [0.8, 6, 8, 9],
    "s_fgf23_i": [8, 15, 22, 26, 35, 68, 130, "<10", ">800"],
    "s_fgf23_c": [100, 250, 790],
    "s_ca": [1.7, 2.05, 2.25, 2.72],
    "s_ca_adj": [2.05, 2.3, 2.72],
    "s_ca_ion": [1.05, 1.2, 1.45],
    "s_alb": [18, 30, 40, 48],
    "s_pth": [0.8, 4, 6, 8, 15],
    "s_25ohd": [15, 30, 55, 80],
    "s_125d": [30, 80, 250],
    "s_alp": [80, 260],
    "u_glu": [0.5, 20],
    "s_glu": [5.1, 12],
    "s_hco3": [17, 25],
    "s_urate": [95, 300],
    "u_ca": [1, 6],
    "u_phos_24h": [2, 30],
    "u_creat_24h": [9, 12],
    "tmp_gfr": [0.3, 0.75, 1.0],
    "trp": [0.6, 0.9, 0.97],
    "fepo4": [2, 8, 30],
    "egfr": [25, 35, 55, 95],
}
"""Values on either side of what decides; off every limit, so that a unit's rounding moves none."""

FINDINGS: dict[str, list[Any]] = {
    "bone_pain": [True, False],
    "symptom_onset_age": [3, 40],
    "family_history_low_phosphate": [True, False],
    "short_stature": [True, False],
    "known_cancer": [True, False],
    "prior_normal_adult_phosphate": [True, False],
    "alcohol_g_day": [10, 150],
    "vitamin_d_repleted": [True, False],
    "seizure": [True, False],
    "glucosuria": [True, False],
    "aminoaciduria": [True, False],
    "low_molecular_weight_proteinuria": [True, False],
    "weight_kg": [60],
    "monoclonal_protein": [True, False],
}
COMPUTED_ELSEWHERE = {"tmp_gfr", "trp", "fepo4", "egfr"}
"""What a letter reports; beside our own pair it would only contradict it."""

PERSONS = [
    {"sex": "female", "age_years": 46},
    {"sex": "male", "age_years": 52},
    {"sex": "male", "age_years": 8},
    {"sex": "female", "age_years": 18.5},
    {"sex": "unknown"},
]
ASSAYS = ["KAINOS_ELISA", "MINARIS_CLEIA", "QUIDEL_INTACT", None]


@st.composite
def an_extra(draw: st.DrawFn) -> dict[str, Any]:
    """One more result, of the pair or of another day."""
    analyte = draw(st.sampled_from(sorted(POOL)))
    one = an_observation(
        analyte,
        draw(st.sampled_from(POOL[analyte])),
        draw(st.sampled_from([0, 2, 10, 20, 60])),
        collection_id=draw(st.sampled_from([None, "pair"])),
        fasting=draw(st.sampled_from([True, True, False, None])),
        assay=draw(st.sampled_from(ASSAYS)) if analyte == "s_fgf23_i" else None,
    )
    if draw(st.booleans()) and draw(st.booleans()):
        one["taken_at"] = None
    return one


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A patient as JSON would carry it."""
    body = copy.deepcopy(body_of(draw(st.sampled_from(vectors()))))
    for one in body["observations"]:
        if one["analyte"] in POOL and one["unit"] and not draw(st.integers(0, 3)):
            changed = an_observation(one["analyte"], draw(st.sampled_from(POOL[one["analyte"]])), 0)
            one |= {"value": changed["value"], "comparator": changed["comparator"]}
    body["observations"] += draw(st.lists(an_extra(), max_size=5))
    measured = {one["analyte"] for one in body["observations"]}
    if measured & {"u_phos", "u_phos_24h", "s_creat"}:
        body["observations"] = [
            one for one in body["observations"] if one["analyte"] not in COMPUTED_ELSEWHERE
        ]
    for number, one in enumerate(body["observations"]):
        one["id"] = f"o{number:02}"
    for name in draw(st.lists(st.sampled_from(sorted(FINDINGS)), max_size=4, unique=True)):
        body["findings"][name] = draw(st.sampled_from(FINDINGS[name]))
    if "u_glu" in measured:
        body["findings"].pop("glucosuria", None)  # told and measured may contradict each other
    if not draw(st.integers(0, 4)):
        body["patient"] = draw(st.sampled_from(PERSONS))
    if not draw(st.integers(0, 9)):
        given_on = (AS_OF - timedelta(days=40)).date().isoformat()
        body["iv_iron"] = [{"product": "iron_sucrose", "given_on": given_on}]
    return body


def in_unit(one: dict[str, Any], unit: str) -> dict[str, Any]:
    """The same result in another unit of its analyte."""
    analyte = ANALYTES[one["analyte"]]
    if one["unit"] not in analyte.factors or analyte.working[one["unit"]] != analyte.working[unit]:
        return one
    value = analyte.converted(Decimal(str(one["value"])), one["unit"], unit)
    return {**one, "value": str(value), "unit": unit}
