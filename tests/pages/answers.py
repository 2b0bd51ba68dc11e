"""Whole answers, as the services give them."""

from typing import Any

ANSWERS: dict[str, dict[str, Any]] = {
    "assessment": {
        "class": "TIO_PROBABLE",
        "mechanism": "FGF23_MEDIATED",
        "urgent": True,
        "differential": [
            {
                "diagnosis": "TIO",
                "rank": 1,
                "for": [{"rule": "X-12", "text": "intact FGF23 is high for this phosphate"}],
                "against": [],
            },
            {
                "diagnosis": "XLH",
                "rank": 2,
                "for": [],
                "against": [{"rule": "X-03", "text": "symptoms began in adulthood"}],
            },
        ],
        "derived": [
            {
                "quantity": "tmp_gfr",
                "value": 0.3,
                "unit": "mmol/L",
                "interpretation": "low",
                "sources": ["payne-1998"],
                "inputs": ["p4"],
            }
        ],
        "next_tests": [
            {
                "step": "M-05",
                "order": ["s_phos", "sstr_pet_ct"],
                "within_days": 14,
                "because": "it separates the causes that are still open",
                "gates": [],
            }
        ],
        "fired_rules": [
            {
                "id": "R-02",
                "conclusion": "WASTING_DEFINITE",
                "strength": "strong",
                "sources": ["payne-1998"],
                "read_status": "secondary",
            },
            {
                "id": "F-04",
                "conclusion": "FGF23_INAPPROPRIATE",
                "strength": "consensus",
                "sources": ["jan-de-beur-2023"],
                "read_status": "abstract",
            },
        ],
        "would_change_if": ["FGF23 is normal in a second sample"],
        "caveats": [{"code": "not_fasting", "text": "one sample was not taken fasting"}],
        "rejected": [
            {
                "observation": "o9",
                "rule": "V-01",
                "reason": "the unit is missing; phosphate is reported in mmol/L or mg/dL",
            }
        ],
        "knowledge_version": "2026.11",
    },
    "followup": {
        "state": "POST_OP_WATCH",
        "schedule": [],
        "alerts": [],
        "fired_rules": [
            {
                "id": "FUP-02",
                "conclusion": "CHECK_DUE",
                "strength": "E",
                "sources": ["specification-follow-up"],
                "read_status": "proposal",
            }
        ],
        "caveats": [],
        "knowledge_version": "2026.11",
    },
    "localization": {
        "state": "LOCALIZED",
        "candidates": [
            {
                "site": "thigh",
                "site_name": "thigh",
                "laterality": "left",
                "size_mm": 14,
                "score": 9,
                "points": [],
                "studies": ["s1", "s2"],
                "functional": True,
                "anatomical": True,
                "mimic": "fracture_healing",
                "explained": False,
            }
        ],
        "next_steps": [
            {
                "rule": "LOC-020",
                "act": "local_mri",
                "because": "the extent decides the margin",
                "gates": [{"rule": "LOC-033", "reason": "an implant is not cleared for MRI"}],
            }
        ],
        "dose_ledger": {},
        "fired_rules": [],
        "caveats": [],
        "knowledge_version": "2026.11",
    },
}


def _point(id: str, taken: str, value: float, level: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "version": 1,
        "taken_at": taken,
        "value": value,
        "unit": "mmol/L",
        "comparator": None,
        "converted": value,
        "low": 0.85,
        "high": 1.51,
        "range_from": "laboratory",
        "level": level,
        "fasting": True,
        "computed": False,
        "masked": False,
        "masked_by": None,
        "masked_until": None,
        **more,
    }


PROPOSAL = "8d1c1f4e-9a41-4b1a-8c1e-6a3a2f1b0c9d"
STOPPED = "11111111-9a41-4b1a-8c1e-6a3a2f1b0c9d"
KNOWN: dict[str, dict[str, Any]] = {
    "/site-settings": {"settings": {"preferred_units": {"s_alp": "U/L"}}},
    "/trends": {
        "series": [
            {
                "analyte": "s_phos",
                "name": "phosphate, serum",
                "assay": None,
                "unit": "mmol/L",
                "joined": True,
                "points": [
                    _point("a", "2026-03-02T08:10:00+08:00", 0.52, "low"),
                    _point(
                        "b",
                        "2026-06-02T08:10:00+08:00",
                        0.95,
                        "normal",
                        masked=True,
                        masked_by="burosumab",
                    ),
                    _point("c", "2026-10-02T08:10:00+08:00", 1.1, "normal"),
                ],
            }
        ],
        "treatments": [
            {
                "agent": "burosumab",
                "started_on": "2026-04-01",
                "stopped_on": "2026-07-01",
                "given_on": None,
                "dose": 40,
                "dose_unit": "mg",
            }
        ],
        "operations": [{"performed_on": "2026-08-01", "site": "femur", "margin": "wide"}],
    },
    "/proposals": {
        "proposals": [
            {
                "id": PROPOSAL,
                "standing": True,
                "changed": False,
                "answer": "open",
                "decisions": [],
                "proposal": {
                    "id": PROPOSAL,
                    "rule": "BUR-04",
                    "kind": "increase",
                    "agent": "burosumab",
                    "text": "increase burosumab to 50 mg every 28 days",
                    "dose": 50,
                    "dose_unit": "mg",
                    "every_days": 28,
                    "arithmetic": ["62 kg x 0.8 mg/kg = 49.6 mg, rounded to 50 mg"],
                    "because": ["phosphate is below its range two weeks after the dose"],
                    "hard_stops": [],
                    "soft_stops": [{"rule": "BUR-11", "text": "the last ALP is three months old"}],
                    "missing": [],
                    "sources": [],
                    "read_status": "proposal",
                },
            },
            {
                "id": STOPPED,
                "standing": True,
                "changed": False,
                "answer": "open",
                "decisions": [],
                "proposal": {
                    "id": STOPPED,
                    "rule": "CON-01",
                    "kind": "start",
                    "agent": "calcitriol",
                    "text": "start calcitriol",
                    "hard_stops": [{"rule": "BUR-01", "text": "burosumab is still given"}],
                    "soft_stops": [],
                    "missing": [],
                    "sources": [],
                    "read_status": "proposal",
                },
            },
        ]
    },
    "/": {
        "state": "LOCALIZED",
        "candidates": [
            {**ANSWERS["localization"]["candidates"][0], "status": "ranked"},
            {
                "site": "mandible",
                "site_name": "mandible",
                "laterality": None,
                "size_mm": None,
                "score": 2,
                "points": [],
                "studies": ["s1"],
                "functional": True,
                "anatomical": False,
                "mimic": None,
                "explained": False,
                "status": "REFUTED",
            },
        ],
        "coverage": [
            {"study": "s0", "act": "sstr_pet_ct", "status": "inadequate", "missing": ["feet"]}
        ],
        "venous_sampling": [
            {
                "session": "22222222-9a41-4b1a-8c1e-6a3a2f1b0c9d",
                "date": "2026-02-01",
                "because": None,
                "highest_vein": "femoral vein",
                "highest_ratio": 1.8,
                "veins": [
                    {"vein": "right atrium", "laterality": None, "ratio": 1, "reference": True},
                    {"vein": "femoral vein", "laterality": "left", "ratio": 1.8, "steps_up": True},
                ],
            }
        ],
    },
}
PREVIEW: dict[str, Any] = {
    "items": [
        {
            "rule": "FUP-07",
            "occurrence": str(year),
            "act": "local_mri",
            "due": f"{year}-05-11",
            "opens": f"{year}-03-27",
            "closes": f"{year}-06-25",
        }
        for year in range(2027, 2032)
    ]
}
