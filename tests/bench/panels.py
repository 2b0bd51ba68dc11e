"""What is assessed: one panel as a clinic sends it, and two hundred of which no two are alike."""

from datetime import date, timedelta
from random import Random
from typing import Any

NOW = "2026-03-01T09:00:00+08:00"
NEWEST = "2026-02-15T08:00:00+08:00"
BEFORE = "2026-02-01T08:00:00+08:00"
SEED = 3
MANY = 200

PANEL: dict[str, Any] = {
    "patient": {"id": "bench", "sex": "female", "birth_date": "1979-04-02"},
    "as_of": NOW,
    "profile": "INT_adult",
    "observations": [
        {"id": f"o{number}", "analyte": analyte, "value": value, "unit": unit}
        | {"taken_at": taken_at, "fasting": True, "status": "final"}
        | ({"collection_id": "c1"} if number < 5 else {})
        | ({"assay": "KAINOS_ELISA"} if analyte == "s_fgf23_i" else {})
        for number, (analyte, value, unit, taken_at) in enumerate(
            (
                ("s_phos", 0.45, "mmol/L", NEWEST),
                ("u_phos", 20, "mmol/L", NEWEST),
                ("s_creat", 60, "umol/L", NEWEST),
                ("u_creat", 8, "mmol/L", NEWEST),
                ("s_phos", 0.48, "mmol/L", BEFORE),
                ("s_ca", 2.25, "mmol/L", NEWEST),
                ("s_alb", 40, "g/L", NEWEST),
                ("s_pth", 5.0, "pmol/L", NEWEST),
                ("s_25ohd", 55, "nmol/L", NEWEST),
                ("s_125d", 40, "pmol/L", NEWEST),
                ("s_alp", 260, "U/L", NEWEST),
                ("s_fgf23_i", 130, "pg/mL", NEWEST),
            )
        )
    ],
    "findings": {"bone_pain": True, "family_history_low_phosphate": False, "symptom_onset_age": 44},
}
"""Twelve results of a likely tumor: the body of one request."""


def panels() -> list[dict[str, Any]]:
    """Two hundred adults with twenty results each, the same in every run; every class occurs."""
    draw = Random(SEED)
    return [_panel(draw, number) for number in range(MANY)]


def _panel(draw: Random, number: int) -> dict[str, Any]:
    """One adult. Most have a low phosphate, half of them results in conventional units."""
    sex = draw.choice(("female", "male"))
    born = date(1950, 1, 1) + timedelta(days=draw.randrange(50 * 365))
    low = draw.random() < 0.85
    phosphate = draw.uniform(0.35, 0.78) if low else draw.uniform(0.85, 1.3)
    earlier = phosphate * draw.uniform(0.9, 1.1) if draw.random() < 0.7 else draw.uniform(0.9, 1.3)
    creatinine = draw.uniform(50, 95)
    urine_creatinine = draw.uniform(4, 12)
    lost = draw.choice((0.02, 0.08, 0.12, 0.25, 0.35)) * draw.uniform(0.9, 1.1)
    urine_phosphate = lost * phosphate * urine_creatinine * 1000 / creatinine
    calcium = draw.choices((draw.uniform(2.2, 2.4), draw.uniform(2.7, 3.0)), (5, 1))[0]
    fgf23 = draw.choice((draw.uniform(5, 18), draw.uniform(25, 29), draw.uniform(35, 400)))
    vitamin_d = draw.choice((draw.uniform(10, 24), draw.uniform(30, 48), draw.uniform(55, 110)))
    pth = draw.choice((draw.uniform(0.5, 1.0), draw.uniform(1.5, 3.5), draw.uniform(7.5, 14)))
    measured: list[tuple[str, float, str, str]] = [
        ("s_phos", phosphate, "mmol/L", NEWEST),
        ("u_phos", urine_phosphate, "mmol/L", NEWEST),
        ("s_creat", creatinine, "umol/L", NEWEST),
        ("u_creat", urine_creatinine, "mmol/L", NEWEST),
        ("u_ca", urine_creatinine * draw.choice((0.2, 0.9)), "mmol/L", NEWEST),
        ("s_phos", earlier, "mmol/L", BEFORE),
        ("s_ca", calcium, "mmol/L", NEWEST),
        ("s_ca", calcium * draw.uniform(0.98, 1.02), "mmol/L", BEFORE),
        ("s_alb", draw.uniform(36, 44), "g/L", NEWEST),
        ("s_pth", pth, "pmol/L", NEWEST),
        ("s_25ohd", vitamin_d, "nmol/L", NEWEST),
        ("s_125d", draw.choice((draw.uniform(20, 120), draw.uniform(200, 300))), "pmol/L", NEWEST),
        ("s_alp", draw.uniform(50, 400), "U/L", NEWEST),
        ("s_fgf23_i", fgf23, "pg/mL", NEWEST),
        ("s_k", draw.uniform(3.6, 4.8), "mmol/L", NEWEST),
        ("s_hco3", draw.choices((25.0, 18.0), (5, 1))[0], "mmol/L", NEWEST),
        ("s_urate", draw.choices((300.0, 110.0), (5, 1))[0], "umol/L", NEWEST),
        ("s_glu", draw.uniform(4.5, 6.5), "mmol/L", NEWEST),
        ("s_mg", draw.uniform(0.75, 0.95), "mmol/L", NEWEST),
        ("b_hb", draw.uniform(115, 150), "g/L", NEWEST),
    ]
    conventional = draw.random() < 0.5
    return {
        "patient": {"id": f"p{number}", "sex": sex, "birth_date": born.isoformat()},
        "as_of": NOW,
        "profile": "INT_adult",
        "observations": [
            _observation(place, *one, conventional=conventional)
            | ({"assay": draw.choice(ASSAYS)} if one[0] == "s_fgf23_i" else {})
            for place, one in enumerate(measured)
        ],
        "findings": {
            "bone_pain": True,
            "family_history_low_phosphate": draw.random() < 0.1,
            "glucosuria": draw.random() < 0.15,
            "aminoaciduria": draw.random() < 0.1,
            "symptom_onset_age": 30,
        },
    }


ASSAYS = ("KAINOS_ELISA", "DIASORIN_LIAISON")

CONVENTIONAL = {
    "s_phos": ("mg/dL", 0.32285),
    "u_phos": ("mg/dL", 0.32285),
    "s_creat": ("mg/dL", 88.402),
    "s_ca": ("mg/dL", 0.24951),
    "s_25ohd": ("ng/mL", 2.496),
    "s_pth": ("pg/mL", 0.1061),
    "s_alb": ("g/dL", 10),
}
"""How some laboratories print it, and what one of those is in the unit used above."""


def _observation(
    place: int, analyte: str, value: float, unit: str, taken_at: str, *, conventional: bool
) -> dict[str, Any]:
    if conventional and analyte in CONVENTIONAL:
        unit, one_is = CONVENTIONAL[analyte]
        value /= one_is
    return {
        "id": f"o{place}",
        "analyte": analyte,
        "value": round(value, 3),
        "unit": unit,
        "taken_at": taken_at,
        "fasting": True,
        "status": "final",
    } | ({"collection_id": "c1"} if taken_at == NEWEST and place < 5 else {})
