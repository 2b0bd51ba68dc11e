"""The invented patients of the specification as requests."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from knowledge.terms.analyte import ANALYTES

AS_OF = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOT_LABORATORY = ("day", "flags")


def vectors() -> list[dict[str, Any]]:
    """Every invented patient of the specification."""
    text = Path(__file__).with_suffix(".toml").read_text("utf-8")
    cases: list[dict[str, Any]] = tomllib.loads(text)["case"]
    return cases


def body_of(case: dict[str, Any]) -> dict[str, Any]:
    """The request this vector stands for, as JSON would carry it."""
    serum = case.get("serum", {})
    day, flags = serum.get("day", 0), serum.get("flags", [])
    observations = [
        an_observation(analyte, value, day, collection_id="pair", flags=flags)
        for analyte, value in (*serum.items(), *case.get("urine", {}).items())
        if analyte not in NOT_LABORATORY
    ]
    observations += [
        an_observation("s_phos", one["value"], one["day"])
        for one in case.get("earlier_phosphate", ())
    ]
    observations += [an_observation(**one) for one in case.get("more", ())]
    for number, observation in enumerate(observations, 1):
        observation["id"] = f"o{number}"
    findings = dict(case.get("findings", {}))
    if "transplant_day" in case:
        findings["kidney_transplant_date"] = a_day(case["transplant_day"])
    if "removed_day" in case:
        findings["tumor_removed_on"] = a_day(case["removed_day"])
    return {
        "patient": {"id": case["id"], **case["patient"]},
        "as_of": AS_OF.isoformat(),
        "observations": observations,
        "findings": findings,
        "drug_exposures": [{"agent": a, "started_on": a_day(1825)} for a in case.get("drugs", ())]
        + [
            {"agent": one["agent"], "started_on": a_day(one["day"])}
            for one in case.get("drugs_since", ())
        ],
        "iv_iron": [
            {"product": i["product"], "given_on": a_day(i["day"])} for i in case.get("iron", ())
        ],
        "acute_context": case.get("acute", []),
    }


def an_observation(
    analyte: str,
    value: float | str,
    day: int,
    *,
    unit: str | None = None,
    assay: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A fasting result in its working unit, drawn so many days before the assessment."""
    comparator = None
    if isinstance(value, str):
        comparator, value = value[0], float(value[1:])
    if analyte == "s_fgf23_i" and assay is None:
        assay = "KAINOS_ELISA"
    return {
        "id": analyte,
        "analyte": analyte,
        "value": value,
        "comparator": comparator,
        "unit": ANALYTES[analyte].unit if unit is None else unit or None,
        "taken_at": (AS_OF - timedelta(days=day, hours=1)).isoformat(),
        "fasting": True,
        "assay": assay,
        **more,
    }


def a_day(days_before: int) -> str:
    """The day so many days before the assessment."""
    return (AS_OF - timedelta(days=days_before)).date().isoformat()
