"""What is taken beside burosumab: unknown, undated or not told is never taken for nothing."""

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.followup.contract import FollowUp, PlanRequest
from services.followup.follow_up import conclude, follow_up

CASES = tomllib.loads(Path(__file__).with_name("beside_burosumab.toml").read_text("utf-8"))["case"]
VALUES = {
    "s_phos": (0.50, "mmol/L", (0.80, 1.45)),
    "s_ca_adj": (2.30, "mmol/L", (2.15, 2.60)),
    "s_pth": (5.0, "pmol/L", (1.6, 6.9)),
    "egfr": (88, "mL/min/{1.73_m2}", None),
}
ABOUT_DRUGS = {
    *("drugs_not_stated", "drug_not_known", "taken_together", "stopped_lately"),
    "burosumab_undated",
}


def a_request(case: dict[str, Any], on: date) -> PlanRequest:
    """The whole history of one case."""
    drawn = [
        {
            "id": f"{analyte} {on}",
            "analyte": analyte,
            "value": value,
            "unit": unit,
            "fasting": True,
            "taken_at": f"{on}T08:00:00Z",
            "reference_range": own and {"low": own[0], "high": own[1]},
        }
        for analyte, (value, unit, own) in VALUES.items()
    ]
    dose = {"agent": "burosumab", "dose": 30, "dose_unit": "mg", "every_days": 28}
    running = [dose | {"given_on": "2025-01-13"}] if case.get("running") else []
    exposed = [{"drug_exposures": case["exposures"]}] if "exposures" in case else []
    opinion = {"kind": "opinion", "noted_on": "2025-01-06", "burosumab_available": True}
    stated = {"state": "NOT_LOCALIZED", "noted_on": "2024-12-09"}
    history = [stated, opinion, *running, *exposed, {"observations": drawn}, *case.get("told", [])]
    patient = {"sex": "male", "age_years": 47, "weight_kg": 62}
    body = {"patient": patient, "label_profile": "US", "history": history}
    return PlanRequest.model_validate(body)


def asked(case: dict[str, Any]) -> FollowUp:
    """What is answered: on the day of a first dose, or two weeks after one."""
    on = date(2025, 1, 27) if case.get("running") else date(2025, 1, 13)
    return follow_up(a_request(case, on), datetime(on.year, on.month, on.day, 12, tzinfo=UTC))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_what_is_not_known_of_a_drug_stands_against_burosumab(case: dict[str, Any]) -> None:
    answer = asked(case)
    proposals = [
        one for one in answer.dose_proposals if one.agent == "burosumab" and one.kind != "switch"
    ]

    if not case.get("proposed", True):
        assert proposals == []
    else:
        [proposal] = proposals
        hard = {stop.code for stop in proposal.hard_stops} & ABOUT_DRUGS
        soft = {stop.code for stop in proposal.soft_stops} & ABOUT_DRUGS
        assert (sorted(hard), sorted(soft)) == (case.get("hard", []), case.get("soft", []))
    alerts = [one.rule for one in answer.alerts if one.rule in ("MON-17", "MON-18")]
    assert alerts == case.get("alerts", [])
    unsaid = [c.text.split()[0] for c in answer.caveats if c.code == "alert_undetermined"]
    assert [rule for rule in unsaid if rule in ("MON-17", "MON-18")] == case.get("unsaid", [])


def test_an_alert_about_drugs_without_a_day_is_the_same_alert_tomorrow() -> None:
    case = {"told": [{"agent": "burosumab"}, {"agent": "calcitriol"}]}
    request = a_request(case, date(2025, 1, 13))
    today, tomorrow = (
        [
            (one.rule, one.occurrence, one.due)
            for one in conclude(
                uuid4(), request, datetime(2025, 1, day, 12, tzinfo=UTC)
            ).obligations
            if one.rule == "MON-17"
        ]
        for day in (13, 14)
    )

    assert len(today) == 1
    assert today == tomorrow
