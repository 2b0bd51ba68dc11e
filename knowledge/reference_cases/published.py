"""The published cases as requests: numbers and units as printed."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AS_OF = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANALYTES = {
    "phosphate": "s_phos",
    "calcium": "s_ca",
    "creatinine": "s_creat",
    "alp": "s_alp",
    "pth": "s_pth",
    "25ohd": "s_25ohd",
    "1_25oh2d": "s_125d",
    "fgf23_cterm": "s_fgf23_c",
    "fgf23_intact": "s_fgf23_i",
    "fgf23_unspecified": "s_fgf23_i",
    "urine_phosphate_24h": "u_phos_24h",
    "urine_phosphate_spot": "u_phos",
    "urine_calcium_24h": "u_ca_24h",
    "urate": "s_urate",
    "bicarbonate": "s_hco3",
    "ferritin": "s_ferritin",
    "tmp_gfr": "tmp_gfr",
    "trp": "trp",
    "fepo4": "fepo4",
    "egfr": "egfr",
}
IRON = "ferric carboxymaltose"
DRUGS = ("adefovir", "tenofovir")
SEX = {"F": "female", "M": "male"}


def published_cases() -> list[dict[str, Any]]:
    """Every published case, as extracted."""
    text = Path(__file__).with_name("published.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def body_of(case: dict[str, Any]) -> dict[str, Any]:
    """What a laboratory and a ward would have sent for this patient."""
    medications = " ".join(case["medications"]).lower()
    iron = [{"product": "ferric_carboxymaltose"}] if IRON in medications else []
    observations = [
        _observation(number, lab)
        for number, lab in enumerate(case["labs"])
        if lab["analyte"] in ANALYTES and not _after_treatment(lab)
    ]
    body: dict[str, Any] = {
        "patient": {"sex": SEX.get(case["sex"], "unknown")},
        "as_of": AS_OF.isoformat(),
        "observations": observations,
        "findings": _findings(case),
        "drug_exposures": [{"agent": drug} for drug in DRUGS if drug in medications],
        "iv_iron": iron,
        "genetics": [
            {"gene": text.split()[0], "result": "pathogenic", "variant": text}
            for text in case["genetics"]
        ],
    }
    if case["age_years"] is not None:
        body["patient"]["age_years"] = case["age_years"]
    return body


def _after_treatment(lab: dict[str, Any]) -> bool:
    when = lab["when"] or ""
    return any(word in when for word in ("excision", "intraoperative", "supplements"))


def _observation(number: int, lab: dict[str, Any]) -> dict[str, Any]:
    span = {"low": lab["reference_low"], "high": lab["reference_high"]}
    return {
        "id": f"lab-{number}",
        "analyte": ANALYTES[lab["analyte"]],
        "value": lab["value"],
        "comparator": lab.get("comparator"),
        "unit": None if lab["unit"] == "not stated" else lab["unit"],
        "fasting": lab["fasting"],
        "reference_range": None if span == {"low": None, "high": None} else span,
    }


def _findings(case: dict[str, Any]) -> dict[str, Any]:
    told = " ".join([*case["symptoms"], *case["comorbidities"], case["onset"] or ""]).lower()
    findings: dict[str, Any] = {}
    for name, words in {
        "bone_pain": ("pain",),
        "proximal_weakness": ("weak", "strength"),
        "fractures": ("fracture",),
        "childhood_rickets_or_bowing": ("rickets", "genu varum"),
        "epidermal_or_giant_naevi": ("epidermal nev",),
        "known_cancer": ("cancer",),
        "gastric_bypass_or_malabsorption": ("gastric bypass",),
    }.items():
        if any(word in told for word in words):
            findings[name] = True
    if "childhood" in (case["onset"] or ""):
        findings["symptom_onset_age"] = 1
    if case["family_history"]:
        findings["family_history_low_phosphate"] = case["family_history"] == "affected family"
    return findings
