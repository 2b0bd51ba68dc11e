"""The patient timelines of treatment-followup.md 9, day by day."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from knowledge.terms.obligation import ObligationStatus
from services.followup.contract import FollowUp, PlanRequest
from services.followup.follow_up import conclude, follow_up

TIMELINES = tomllib.loads(Path(__file__).with_name("timelines.toml").read_text("utf-8"))["timeline"]
UNITS = {
    "s_phos": ("mmol/L", 0.80, 1.45),
    "s_ca_adj": ("mmol/L", 2.15, 2.60),
    "s_alp": ("U/L", 35, 120),
    "s_fgf23_i": ("pg/mL", None, 54),
    "tmp_gfr": ("mmol/L", 0.80, 1.35),
}


def the_results(day: str, values: dict[str, float]) -> dict[str, Any]:
    """The samples of one morning."""
    return {
        "observations": [
            {
                "id": f"{day} {analyte}",
                "analyte": analyte,
                "value": value,
                "unit": UNITS[analyte][0],
                "taken_at": f"{day}T08:00:00+08:00",
                "fasting": True,
                "reference_range": {"low": UNITS[analyte][1], "high": UNITS[analyte][2]},
            }
            for analyte, value in values.items()
        ]
    }


def open_items(answer: FollowUp) -> dict[str, list[str]]:
    """What is still due, by rule."""
    found: dict[str, list[str]] = {}
    for item in answer.schedule:
        if item.status is ObligationStatus.OPEN:
            found.setdefault(item.rule, []).append(item.due.isoformat())
    return found


@pytest.mark.parametrize("timeline", [pytest.param(t, id=t["name"]) for t in TIMELINES])
def test_a_patient_is_followed_day_by_day(timeline: dict[str, Any]) -> None:
    history: list[dict[str, Any]] = []
    for step in timeline["steps"]:
        history += step.get("events", [])
        if "results" in step:
            history.append(the_results(step["on"], step["results"]))
        request = PlanRequest.model_validate({"patient": timeline["patient"], "history": history})
        as_of = datetime.fromisoformat(step["on"]).replace(hour=12, tzinfo=UTC)

        answer = follow_up(request, as_of)
        conclusion = conclude(uuid4(), request, as_of)

        day = step["on"]
        assert answer.state == conclusion.state == step["state"], day
        assert answer.rejected == [], day
        shown = {rule.id for rule in answer.fired_rules}
        assert not any(id.startswith("STATE-") for id in shown), "no rule of the specification"
        due = open_items(answer)
        for rule, days in step.get("due", {}).items():
            assert due.get(rule) == days, (day, rule)
        for rule in step.get("none", []):
            assert rule not in due, (day, rule)
        if "rules" in step:
            assert sorted(due) == step["rules"], day
        for rule, (opens, closes) in step.get("windows", {}).items():
            item = next(i for i in answer.schedule if i.rule == rule and i.status == "open")
            assert (item.opens.isoformat(), item.closes.isoformat()) == (opens, closes), day
        for rule in step.get("closed", []):
            assert any(i.rule == rule and i.status == "done" for i in answer.schedule), (day, rule)
        for rule in step.get("overdue", []):
            assert any(i.rule == rule and i.overdue for i in answer.schedule), (day, rule)
        for name in ("tier", "flags", "alerts", "fired", "caveats", "proposal"):
            if name in step:
                assert _said(name, answer, conclusion.proposal, step[name]), (day, name, answer)
        keys = [(o.rule, o.occurrence) for o in conclusion.obligations]
        assert len(keys) == len(set(keys)), day


def _said(name: str, answer: FollowUp, proposal: str, expected: Any) -> bool:
    match name:
        case "tier":
            return bool(answer.risk_tier == expected)
        case "flags":
            return bool(answer.flags == expected)
        case "alerts":
            return bool([alert.rule for alert in answer.alerts] == expected)
        case "fired":
            return set(expected) <= {rule.id for rule in answer.fired_rules}
        case "caveats":
            return set(expected) <= {caveat.code for caveat in answer.caveats}
        case _:
            return bool(proposal == expected)
