"""Reads the invented letters beside the tests into requests: numbers and units as printed."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.assessment.contract import EvaluateRequest

AS_OF = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOTHING = ""


def letters() -> list[dict[str, Any]]:
    """Every invented letter."""
    text = Path(__file__).with_name("invented_letters.toml").read_text("utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["letter"]
    return found


def request_of(letter: dict[str, Any]) -> EvaluateRequest:
    """What somebody would type in who has this letter before them."""
    observations = [_observation(*lab) for lab in letter["labs"]] + list(letter.get("more", ()))
    findings = dict(letter.get("findings", {}))
    if "transplant_days_ago" in letter:
        findings["kidney_transplant_date"] = _day(letter["transplant_days_ago"])
    body = {
        "patient": letter["patient"],
        "as_of": AS_OF,
        "observations": [{"id": f"lab-{n}", **one} for n, one in enumerate(observations)],
        "findings": findings,
        "drug_exposures": [{"agent": agent} for agent in letter.get("drugs", ())],
        "iv_iron": [_infusion(one) for one in letter.get("iron", ())],
        "acute_context": letter.get("acute", []),
        "genetics": letter.get("genes", []),
    }
    return EvaluateRequest.model_validate(body)


def _observation(
    analyte: str, value: float, unit: str, low: Any = NOTHING, high: Any = NOTHING
) -> dict[str, Any]:
    span = {name: limit for name, limit in (("low", low), ("high", high)) if limit is not NOTHING}
    return {"analyte": analyte, "value": value, "unit": unit, "reference_range": span or None}


def _infusion(one: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in one.items() if name != "days_ago"}
    return given | ({"given_on": _day(one["days_ago"])} if "days_ago" in one else {})


def _day(days_ago: int) -> str:
    return (AS_OF - timedelta(days=days_ago)).date().isoformat()
