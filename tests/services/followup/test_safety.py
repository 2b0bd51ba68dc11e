"""Of what must a person hear? MON-01 to MON-18 on both sides of each limit, and how they end."""

import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from knowledge.rules import follow_up_safety
from services.followup.contract import FollowUp, PlanRequest
from services.followup.follow_up import conclude, follow_up

CASES = tomllib.loads(Path(__file__).with_name("safety.toml").read_text("utf-8"))["case"]
OWN: dict[str, dict[str, tuple[float, float]]] = {
    "s_phos": {"mmol/L": (0.80, 1.45), "mg/dL": (2.5, 4.5)},
    "s_ca": {"mmol/L": (2.15, 2.60)},
    "s_ca_adj": {"mmol/L": (2.15, 2.60), "mg/dL": (8.6, 10.4)},
    "s_alp": {"U/L": (35, 120)},
    "s_pth": {"pg/mL": (15, 65)},
    "s_fgf23_i": {"pg/mL": (10, 54)},
}
BEFORE: dict[str, list[dict[str, Any]]] = {
    "": [],
    "surgery": [{"performed_at": "2023-01-10", "site": "thigh", "margin": "wide"}],
}
ASKED = datetime(2024, 8, 1, 12, tzinfo=UTC)


def a_result(
    analyte: str, value: Any, unit: str, day: str, more: dict[str, Any] | None = None
) -> dict[str, Any]:
    """One result as a laboratory sends it; a text such as "<0.5" has a comparator."""
    text = str(value)
    sign = text[: len(text) - len(text.lstrip("<>="))]
    low, high = OWN.get(analyte, {}).get(unit, (None, None))
    own = {} if low is None else {"reference_range": {"low": low, "high": high}}
    return {
        "id": f"{analyte} {day}",
        "analyte": analyte,
        "value": text.lstrip("<>="),
        "comparator": sign or None,
        "unit": unit,
        "taken_at": f"{day}T08:00:00Z",
        "fasting": True,
        **own,
        **(more or {}),
    }


def in_remission() -> list[dict[str, Any]]:
    """Operated, and gone since."""
    normal = [
        a_result("s_phos", 1.1, "mmol/L", "2023-12-01"),
        a_result("s_alp", 100, "U/L", "2023-12-01"),
    ]
    return [
        *BEFORE["surgery"],
        {"kind": "observations", "observations": normal, "drug_exposures": []},
    ]


def a_request(case: dict[str, Any]) -> PlanRequest:
    """The whole history of one case."""
    history = in_remission() if case.get("after") == "remission" else BEFORE[case.get("after", "")]
    results = [a_result(*row) for row in case.get("results", ())]
    drugs = [{"kind": "therapy"} | drug for drug in case.get("drugs", ())]
    patient = {"sex": case.get("sex", "female"), "age_years": 44}
    if "weight" in case:
        patient["weight_kg"] = case["weight"]
    body = [*history, *drugs, {"kind": "observations", "observations": results}]
    return PlanRequest.model_validate(
        {"patient": patient, "history": [*body, *case.get("events", ())]}
    )


def unsaid(answer: FollowUp) -> list[str]:
    """The rules that could not be judged."""
    return sorted(c.text.split()[0] for c in answer.caveats if c.code == "alert_undetermined")


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_a_safety_rule_speaks_exactly_where_it_should(case: dict[str, Any]) -> None:
    answer = follow_up(a_request(case), ASKED)

    assert sorted(alert.rule for alert in answer.alerts) == case["alerts"], answer.caveats
    assert [a.rule for a in answer.alerts if a.urgent] == case.get("urgent", [])
    if "unsaid" in case:
        assert unsaid(answer) == case["unsaid"]
    fired = {rule.id for rule in answer.fired_rules}
    assert set(case["alerts"]) <= fired
    assert set(case.get("fired", ())) <= fired
    assert not set(case.get("not_fired", ())) & fired
    assert set(case.get("caveats", ())) <= {caveat.code for caveat in answer.caveats}
    assert set(case.get("says", ())) <= {alert.text for alert in answer.alerts}
    if "severity" in case:
        assert [a.severity for a in answer.alerts if a.rule == "MON-06"] == [case["severity"]]
    for alert in answer.alerts if "limit" in case else ():
        assert [alert.limit, alert.limit_unit] == case["limit"]
    if "note" in case:
        assert [alert.note for alert in answer.alerts] == [case["note"]]
    assert any(case.get("told", "") in caveat.text for caveat in answer.caveats) or not case.get(
        "told"
    )


def test_every_rule_has_a_case_on_both_sides() -> None:
    rules = set(follow_up_safety.TABLE.rules)
    named = [(case["name"].split(":")[0], case) for case in CASES]
    spoken = {rule for _, case in named for rule in (*case["alerts"], *case.get("fired", ()))}
    silent = {
        rule
        for rule in rules
        for name, case in named
        if rule in name and rule not in (*case["alerts"], *case.get("fired", ()))
    }

    assert spoken == silent == rules


def test_an_alert_keeps_the_value_as_it_was() -> None:
    case = {"results": [["s_phos", "0.90", "mg/dL", "2024-06-01", {"version": 3}]]}
    [alert] = follow_up(a_request(case), ASKED).alerts

    assert (alert.value, alert.unit, alert.version) == (Decimal("0.90"), "mg/dL", 3)
    assert alert.taken_at == datetime(2024, 6, 1, 8, tzinfo=UTC)
    assert (alert.limit, alert.limit_unit) == (Decimal("1.0"), "mg/dL")
    assert alert.occurrence == "s_phos 2024-06-01@3 urgent"
    assert alert.sources
    assert alert.read_status == "unverified"


def test_an_alert_by_an_interval_says_whose_it_was() -> None:
    case = {"after": "remission", "results": [["s_phos", 0.79, "mmol/L", "2024-06-01"]]}
    [alert] = follow_up(a_request(case), ASKED).alerts

    assert (alert.limit, alert.low, alert.high) == (None, Decimal("0.8"), Decimal("1.45"))
    assert alert.range_from == "laboratory"


def owed(
    case: dict[str, Any], opened: str = "2024-01-01"
) -> dict[tuple[str, str], tuple[str, str]]:
    """What a person has to acknowledge: by rule and occurrence, its status and ladder."""
    request = a_request(case).model_copy(
        update={"opened_on": datetime.fromisoformat(opened).date()}
    )
    told = conclude(uuid4(), request, ASKED).obligations
    return {(o.rule, o.occurrence): (o.status, o.ladder) for o in told if o.rule.startswith("MON-")}


LOW = ["s_phos", 0.30, "mmol/L", "2024-06-01"]
FINE = ["s_phos", 1.00, "mmol/L", "2024-06-10"]
KEY = ("MON-02", "s_phos 2024-06-01@1 urgent")


def test_what_was_resolved_stays_owed_until_somebody_has_seen_it() -> None:
    assert owed({"results": [LOW]}) == {KEY: ("open", "critical")}
    assert owed({"results": [LOW, FINE]}) == {KEY: ("open", "critical")}

    answer = follow_up(
        a_request({"results": [LOW, FINE]}).model_copy(
            update={"opened_on": datetime(2024, 1, 1, tzinfo=UTC).date()}
        ),
        ASKED,
    )
    assert answer.alerts == []
    [earlier] = answer.earlier_alerts
    assert (earlier.status, earlier.ended_by) == ("resolved", "s_phos 2024-06-10")
    assert earlier.value == Decimal("0.3")


def test_what_was_resolved_before_anybody_followed_is_nobodys_duty() -> None:
    assert owed({"results": [LOW, FINE]}, opened="2024-06-11") == {}
    assert owed({"results": [LOW]}, opened="2024-06-11") == {KEY: ("open", "critical")}


def test_a_corrected_result_ends_its_alert_and_may_make_another() -> None:
    right = [*LOW[:1], 1.00, *LOW[2:], {"version": 2, "status": "corrected"}]
    worse = [*LOW[:1], 0.25, *LOW[2:], {"version": 2, "status": "corrected"}]

    for told in ([LOW, right], [right, LOW]):
        assert owed({"results": told}) == {KEY: ("cancelled", "critical")}
    other = ("MON-02", "s_phos 2024-06-01@2 urgent")
    assert owed({"results": [LOW, worse]}) == {
        KEY: ("cancelled", "critical"),
        other: ("open", "critical"),
    }


def test_a_withdrawn_result_ends_its_alert_and_says_why() -> None:
    gone = [*LOW, {"version": 2, "status": "entered-in-error"}]
    told = conclude(uuid4(), a_request({"results": [LOW, gone]}), ASKED).obligations

    [ended] = [one for one in told if one.rule == "MON-02"]
    assert (ended.status, ended.because) == ("cancelled", "the result was withdrawn")


def test_of_what_can_wait_only_the_newest_alarm_is_asked_for() -> None:
    first, second = (["s_25ohd", 40, "nmol/L", day] for day in ("2024-03-01", "2024-06-01"))

    assert owed({"results": [first, second]}) == {
        ("MON-16", "s_25ohd 2024-03-01@1"): ("cancelled", "alert"),
        ("MON-16", "s_25ohd 2024-06-01@1"): ("open", "alert"),
    }


def test_an_urgent_alarm_is_asked_for_though_a_newer_one_says_the_same() -> None:
    again = ["s_phos", 0.29, "mmol/L", "2024-06-02"]

    assert set(owed({"results": [LOW, again]}).values()) == {("open", "critical")}
    assert len(owed({"results": [LOW, again]})) == 2


def test_a_conclusion_carries_no_value() -> None:
    said = conclude(uuid4(), a_request({"results": [LOW]}), ASKED).model_dump_json()

    assert "0.3" not in said.replace("0.32", "")


def test_a_masked_result_is_named_with_the_day_on_which_the_mask_ends() -> None:
    case = {
        "after": "surgery",
        "drugs": [{"agent": "burosumab", "started_on": "2024-01-15", "stopped_on": "2024-05-01"}],
        "results": [
            ["s_phos", 1.00, "mmol/L", "2024-06-01"],
            ["s_fgf23_i", 300, "pg/mL", "2024-06-01"],
        ],
    }
    told = {c.code: c for c in follow_up(a_request(case), ASKED).caveats}

    for code, result in (("masked_phosphate", "s_phos"), ("masked_fgf23", "s_fgf23_i")):
        assert told[code].observation == f"{result} 2024-06-01"
        assert told[code].until == date(2024, 8, 7)


def test_supplements_mask_phosphate_but_not_fgf23() -> None:
    case = {
        "drugs": [{"agent": "oral_phosphate", "started_on": "2024-01-15"}],
        "results": [
            ["s_phos", 1.00, "mmol/L", "2024-06-01"],
            ["s_fgf23_i", 300, "pg/mL", "2024-06-01"],
        ],
    }
    told = {c.code: c for c in follow_up(a_request(case), ASKED).caveats}

    assert told["masked_phosphate"].until is None
    assert "masked_fgf23" not in told


def test_of_two_notes_of_one_moment_the_worse_counts_whichever_came_first() -> None:
    quiet = {"kind": "symptoms", "noted_on": "2024-06-01", "weakness": "none"}
    worse = quiet | {"weakness": "new"}

    for told in ([quiet, worse], [worse, quiet]):
        [alert] = follow_up(a_request({"events": told}), ASKED).alerts
        assert (alert.rule, alert.urgent) == ("MON-02", True)
