"""How closely is somebody watched after an operation? treatment-followup.md 1.2."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules import surveillance
from knowledge.rules.reference_intervals import Level
from knowledge.rules.surveillance import Operation

CASES = tomllib.loads(Path(__file__).with_name("surveillance.toml").read_text("utf-8"))["tier"]
OPERATED = date(2024, 4, 10)
TODAY = date(2026, 11, 22)
OPERATION = Operation(OPERATED, site="thigh", margin="wide", tissue="soft_tissue")


def after(days: int) -> date:
    """So many days after the operation."""
    return OPERATED + timedelta(days=days)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES])
def test_a_tier_has_its_reasons(case: dict[str, Any]) -> None:
    said = {"site": "thigh", "margin": "wide", "tissue": "soft_tissue"} | case.get("operation", {})
    operation = Operation(OPERATED, **{key: value or None for key, value in said.items()})
    early = [(after(day), Level(level)) for day, level in case.get("fgf23", [])]

    tier, why = surveillance.risk_tier(
        operation, early, refractory=case.get("refractory", False), on=TODAY
    )

    assert (tier, list(why)) == (case["tier"], case.get("why", []))
