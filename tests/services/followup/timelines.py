"""The patient timelines of treatment-followup.md 9: who they are, and what a step expects.

One table, two roads: the pure verb is asked day by day (test_timelines.py), and the same days are
lived through on the real system (tests/journeys/test_timelines.py).
"""

import tomllib
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from knowledge.rules import reminders
from knowledge.terms.obligation import ObligationStatus
from services.followup.contract import FollowUp

Step = Mapping[str, Any]

TIMELINES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("timelines.toml").read_text("utf-8")
)["timeline"]

UNITS = {
    "s_phos": ("mmol/L", 0.80, 1.45),
    "s_ca_adj": ("mmol/L", 2.15, 2.60),
    "s_alp": ("U/L", 35, 120),
    "s_fgf23_i": ("pg/mL", None, 54),
    "s_pth": ("pg/mL", 15, 65),
    "tmp_gfr": ("mmol/L", 0.80, 1.35),
    "egfr": ("mL/min/{1.73_m2}", None, None),
    "u_ca_24h": ("mg/(24.h)", None, None),
}
"""The laboratory of the timelines: its unit and its interval."""


def the_results(
    day: str,
    values: Mapping[str, float],
    patient: Mapping[str, Any],
    drawn: str = "T08:00:00+08:00",
) -> dict[str, Any]:
    """The samples of one morning, with the weight of that day where the timeline knows one."""
    observations = []
    for analyte, value in values.items():
        unit, low, high = UNITS[analyte]
        one = {"id": f"{day} {analyte}", "analyte": analyte, "value": value, "unit": unit}
        taken = {"taken_at": f"{day}{drawn}", "fasting": True}
        interval = {"reference_range": {"low": low, "high": high}} if low or high else {}
        observations.append(one | taken | interval)
    weight = {"findings": {"weight_kg": patient["weight_kg"]}} if "weight_kg" in patient else {}
    return weight | {"observations": observations}


AREAS = (
    *("scalp", "face", "nose_sinuses", "mouth", "neck", "chest_wall", "abdominal_wall", "back"),
    *("buttock", "groin", "upper_arm", "forearm", "hand", "thigh", "popliteal_fossa", "leg"),
    "foot",
)
"""A whole examination, from head to toe."""


def the_events(step: Step) -> list[dict[str, Any]]:
    """What has happened by this step, apart from results."""
    events: list[dict[str, Any]] = list(step.get("events", []))
    if "examined" in step:
        areas = dict.fromkeys(AREAS, "normal") | step["examined"]
        events.append({"kind": "examination", "examined_at": step["on"], "areas": areas})
    return events


def open_items(answer: FollowUp) -> dict[str, list[str]]:
    """What is still due, by rule."""
    found: dict[str, list[str]] = {}
    for item in answer.schedule:
        if item.status is ObligationStatus.OPEN:
            found.setdefault(item.rule, []).append(item.due.isoformat())
    return found


def expect_answered(step: Step, answer: FollowUp) -> None:
    """Follow-up answers what the step expects of it."""
    day = step["on"]
    assert answer.rejected == [], day
    if "state" in step:
        assert answer.state == step["state"], (day, answer.transitions)
    fired = {rule.id for rule in answer.fired_rules}
    assert not any(id.startswith("STATE-") for id in fired), "no rule of the specification"
    _expect_calendar(step, answer)
    if "tier" in step:
        assert answer.risk_tier == step["tier"], (day, answer.risk_reasons)
    if "flags" in step:
        assert answer.flags == step["flags"], day
    if "alerts" in step:
        assert [alert.rule for alert in answer.alerts] == step["alerts"], day
    assert set(step.get("fired", [])) <= fired, (day, fired)
    _expect_proposed(step, answer)
    caveats = {caveat.code for caveat in answer.caveats}
    assert set(step.get("caveats", [])) <= caveats, (day, caveats)


def _expect_calendar(step: Step, answer: FollowUp) -> None:
    day, due = step["on"], open_items(answer)
    for rule, days in step.get("due", {}).items():
        assert due.get(rule) == days, (day, rule, due)
    for rule in step.get("none", []):
        assert rule not in due, (day, rule, due[rule])
    if "rules" in step:
        assert sorted(due) == step["rules"], day
    for rule, (opens, closes) in step.get("windows", {}).items():
        item = next(i for i in answer.schedule if i.rule == rule and i.status == "open")
        assert (item.opens.isoformat(), item.closes.isoformat()) == (opens, closes), (day, rule)
    for rule in step.get("closed", []):
        assert any(i.rule == rule and i.status == "done" for i in answer.schedule), (day, rule)
    for rule in step.get("overdue", []):
        assert any(i.rule == rule and i.overdue for i in answer.schedule), (day, rule)


def _expect_proposed(step: Step, answer: FollowUp) -> None:
    day = step["on"]
    if "proposes" in step:
        proposals = answer.dose_proposals
        assert len(proposals) == len(step["proposes"]), (day, proposals)
        for wanted in step["proposes"]:
            said = [{name: _plain(getattr(one, name)) for name in wanted} for one in proposals]
            assert wanted in said, (day, wanted, said)
    if "hard" in step:
        stops = [stop.rule for one in answer.dose_proposals for stop in one.hard_stops]
        assert sorted(set(stops)) == step["hard"], (day, stops)
    if "stops" in step:
        assert [stop.rule for stop in answer.stops] == step["stops"], day
    if "chooses" in step:
        assert [one.rule for one in answer.treatment_proposals] == step["chooses"], day


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def expect_owed(step: Step, still_open: Collection[str]) -> None:
    """What alarms is somebody's to see, and what is proposed is a prescriber's to decide."""
    assert set(step.get("alerts", [])) <= set(still_open), (step["on"], still_open)
    if "decides" in step:
        to_decide = {rule for rule in still_open if rule.startswith("TX-")}
        assert sorted(to_decide) == step["decides"], step["on"]


def expect_reminders(step: Step, answer: FollowUp, zone: str) -> None:
    """What is open calls for these reminders on this day, by its ladder."""
    on = date.fromisoformat(step["on"])
    called = [
        [item.rule, rung.key, rung.recipient, rung.channel]
        for item in answer.schedule
        if item.status is ObligationStatus.OPEN
        for rung in reminders.rungs(item.ladder, item.due, zone, on)
        if rung.at.date() == on
    ]
    for expected in step.get("reminders", []):
        assert expected in called, (step["on"], called)
