"""The numbers that the peer judges by, read from our tables."""

from datetime import date
from decimal import Decimal
from typing import Any

from knowledge.rules import (
    calcium_and_pth,
    fgf23,
    fgf23_independent,
    hypophosphatemia,
    kidney_function,
    non_renal,
    reference_intervals,
    renal_phosphate,
    validity,
)
from knowledge.tables import Table
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.person import Sex, Subject
from services.assessment.contract import EvaluateRequest
from tests.bench.panels import CONVENTIONAL

ANALYTE_CODES = {
    "Phosphate": "s_phos",
    "Urine phosphate": "u_phos",
    "Creatinine": "s_creat",
    "Urine creatinine": "u_creat",
    "Urine calcium": "u_ca",
    "Calcium": "s_ca",
    "Albumin": "s_alb",
    "PTH": "s_pth",
    "25-OH vitamin D": "s_25ohd",
    "Calcitriol": "s_125d",
    "Alkaline phosphatase": "s_alp",
    "Intact FGF23": "s_fgf23_i",
    "Potassium": "s_k",
    "Bicarbonate": "s_hco3",
    "Urate": "s_urate",
    "Glucose": "s_glu",
    "Magnesium": "s_mg",
    "Haemoglobin": "b_hb",
}
"""Our analytes under the names that rules.cql gives them."""

KIDNEY, RENAL, LOW = kidney_function.TABLE, renal_phosphate.TABLE, hypophosphatemia.TABLE
CALCIUM, TUBULAR = calcium_and_pth.TABLE, fgf23_independent.TABLE


def parameters(first: EvaluateRequest) -> dict[str, Any]:
    """Every parameter of rules.cql, for adults on the day of this request."""
    assert first.as_of is not None
    at = first.as_of
    on = at.date()

    def number(table: Table, name: str) -> dict[str, Any]:
        return {"value": float(table.number(name, on))}

    def whole(table: Table, name: str) -> dict[str, Any]:
        return {"value": table.whole(name, on)}

    def band(table: Table, name: str, place: int) -> dict[str, Any]:
        row = table.bands[name].on(on)
        limit = row.bands[place].start
        assert limit is not None
        return {"value": float(limit), "unit": row.unit}

    def interval(key: str, sex: Sex = Sex.FEMALE) -> tuple[dict[str, Any], dict[str, Any]]:
        subject = Subject(on, sex, Decimal(40), "INT_adult")
        row = reference_intervals.interval_for(key, subject)
        assert row is not None
        assert row.low is not None
        assert row.high is not None
        factor = ANALYTES[key].factors[row.unit]
        unit = ANALYTES[key].unit
        low = row.low_in.get(unit, row.low * factor)
        return (
            {"value": float(low), "unit": unit},
            {"value": float(row.high * factor), "unit": unit},
        )

    def factor(key: str, unit: str) -> dict[str, Any]:
        return {"value": float(ANALYTES[key].factors[unit])}

    calciuria = TUBULAR.interval(
        "calcium_creatinine", profile="mol/mol", sex=Sex.UNKNOWN, age=Decimal(40), on=on
    )
    assert calciuria is not None
    assert calciuria.high is not None
    severe = LOW.value("severe_below", on)
    return {
        **{f"{name} limits": _limits(key, on) for name, key in ANALYTE_CODES.items()},
        "As of": {"at": at.isoformat(timespec="milliseconds")},
        "Phosphate factor": factor("s_phos", "mg/dL"),
        "Calcium factor": factor("s_ca", "mg/dL"),
        "Vitamin D factor": factor("s_25ohd", "ng/mL"),
        "PTH factor": factor("s_pth", "pg/mL"),
        "Phosphate low": interval("s_phos")[0],
        "Severe below": {"value": float(severe.value), "unit": severe.unit},
        "Persistent samples": whole(LOW, "persistent_samples"),
        "Persistent days": whole(LOW, "persistent_days"),
        "Normal samples": whole(LOW, "normal_samples"),
        "Pair within": whole(RENAL, "pair_within"),
        "Switch TRP": number(RENAL, "switch_trp"),
        "Factor a": number(RENAL, "factor_a"),
        "Factor b": number(RENAL, "factor_b"),
        "FEPO4 conserved below": {"value": band(RENAL, "fepo4", 1)["value"]},
        "FEPO4 high from": {"value": band(RENAL, "fepo4", 2)["value"]},
        "TmP low below": band(RENAL, "tmp_gfr_adult", 1),
        "eGFR factor": number(KIDNEY, "ckd_epi_factor"),
        "eGFR kappa female": number(KIDNEY, "ckd_epi_kappa_female"),
        "eGFR kappa male": number(KIDNEY, "ckd_epi_kappa_male"),
        "eGFR alpha female": number(KIDNEY, "ckd_epi_alpha_female"),
        "eGFR alpha male": number(KIDNEY, "ckd_epi_alpha_male"),
        "eGFR beta": number(KIDNEY, "ckd_epi_beta"),
        "eGFR per year": number(KIDNEY, "ckd_epi_per_year"),
        "eGFR female": number(KIDNEY, "ckd_epi_female"),
        "Creatinine factor": number(KIDNEY, "umol_l_per_mg_dl"),
        "TmP readable from": {"value": band(KIDNEY, "filtration", 2)["value"]},
        "FGF23 readable from": {"value": band(KIDNEY, "filtration", 1)["value"]},
        "Kainos grey from": band(fgf23.TABLE, "KAINOS_ELISA", 1),
        "Kainos mediated from": band(fgf23.TABLE, "KAINOS_ELISA", 2),
        "Liaison grey from": band(fgf23.TABLE, "DIASORIN_LIAISON", 1),
        "Liaison mediated from": band(fgf23.TABLE, "DIASORIN_LIAISON", 2),
        "Calcium low below": interval("s_ca_adj")[0],
        "Calcium high above": interval("s_ca_adj")[1],
        "Total calcium low below": interval("s_ca")[0],
        "Total calcium high above": interval("s_ca")[1],
        "Adjustment slope": number(CALCIUM, "adjustment_slope"),
        "Adjustment albumin": number(CALCIUM, "adjustment_albumin"),
        "PTH low below": interval("s_pth")[0],
        "PTH high above": interval("s_pth")[1],
        "PTH upper half": number(CALCIUM, "pth_upper_half"),
        "Vitamin D deficient below": band(non_renal.TABLE, "vitamin_d", 1),
        "Vitamin D adequate from": band(non_renal.TABLE, "vitamin_d", 2),
        "Calcitriol high above, female": interval("s_125d", Sex.FEMALE)[1],
        "Calcitriol high above, male": interval("s_125d", Sex.MALE)[1],
        "Bicarbonate low below": interval("s_hco3")[0],
        "Urate low below, female": interval("s_urate", Sex.FEMALE)[0],
        "Urate low below, male": interval("s_urate", Sex.MALE)[0],
        "Calciuria high above": {"value": float(calciuria.high)},
        "Fanconi markers": whole(TUBULAR, "fanconi_markers"),
    }


def _limits(key: str, on: date) -> dict[str, Any]:
    """What rules.cql asks of one analyte, in our working unit; null where we have no limit."""
    analyte = ANALYTES[key]
    mass, _ = CONVENTIONAL.get(key, ("", 0))

    def quantity(value: Decimal | None) -> dict[str, Any] | None:
        return None if value is None else {"value": float(value), "unit": analyte.unit}

    limits: dict[str, Any] = {
        "mass": mass,
        "factor": float(analyte.factors.get(mass, 1)),
        "unit": analyte.unit,
    }
    ends = (("least", "most", validity.HARD), ("confirmBelow", "confirmAbove", validity.SOFT))
    for below, above, table in ends:
        low, high = table.get(key, validity.NO_LIMITS)
        limits |= {below: quantity(low), above: quantity(high)}
    for sex in (Sex.FEMALE, Sex.MALE):
        row = reference_intervals.interval_for(key, Subject(on, sex, Decimal(40), "INT_adult"))
        factor = Decimal(1) if row is None else analyte.factors[row.unit]
        low = None if row is None or row.low is None else row.low * factor
        high = None if row is None or row.high is None else row.high * factor
        name = sex.value.title()
        limits |= {f"low{name}": quantity(low), f"high{name}": quantity(high)}
    return {"limits": limits}
