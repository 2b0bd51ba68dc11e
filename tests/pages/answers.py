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
