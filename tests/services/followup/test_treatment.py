"""Treatment that is proposed: timelines D and E, and every rule on both sides of its condition."""

import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4

import pytest

from services.followup.contract import FollowUp, PlanRequest, TreatmentProposal
from services.followup.follow_up import conclude, follow_up

HERE = Path(__file__)
TIMELINES = tomllib.loads(HERE.with_name("treatment_timelines.toml").read_text("utf-8"))["timeline"]
RULES = tomllib.loads(HERE.with_name("treatment.toml").read_text("utf-8"))
UNITS: dict[str, tuple[str, float | None, float | None]] = {
    "s_phos": ("mmol/L", 0.80, 1.45),
    "s_ca_adj": ("mmol/L", 2.15, 2.60),
    "s_alp": ("U/L", 35, 120),
    "s_fgf23_i": ("pg/mL", None, 54),
    "s_pth": ("pmol/L", 1.6, 6.9),
    "s_creat": ("umol/L", 45, 90),
    "egfr": ("mL/min/{1.73_m2}", None, None),
    "u_ca_24h": ("mg/(24.h)", None, None),
    "u_ca_creat": ("mg/mg", None, None),
    "u_ca": ("mg/dL", None, None),
    "u_creat": ("mg/dL", None, None),
}
EXACT = (
    "rule",
    "kind",
    "missed",
    "agent",
    "dose_unit",
    "every_days",
    "arithmetic",
    "read_status",
    "missing",
)
DAYS = ("due", "opens", "closes", "sample_due", "sample_until", "wash_out_ends")
AMOUNTS = ("dose", "dose_low", "dose_high", "doses_per_day")


def the_results(day: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
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
                **_range(analyte),
                **more,
            }
            for analyte, value in values.items()
        ]
    }


def _range(analyte: str) -> dict[str, Any]:
    _, low, high = UNITS[analyte]
    return {} if low is high is None else {"reference_range": {"low": low, "high": high}}


def asked(said: dict[str, Any], on: str, history: list[dict[str, Any]], plan: UUID) -> FollowUp:
    """What is answered on this day?"""
    body = {
        "patient": said.get("patient", {}),
        "label_profile": said.get("label_profile"),
        "history": history,
    }
    as_of = datetime.fromisoformat(on).replace(hour=12, tzinfo=UTC)
    return follow_up(PlanRequest.model_validate(body), as_of, plan)


def matches(proposal: TreatmentProposal, wanted: dict[str, Any]) -> bool:
    """Is this the proposal that a case names, field by field?"""
    found: dict[str, Any] = {name: getattr(proposal, name) for name in EXACT}
    found |= {name: str(getattr(proposal, name)) for name in DAYS}
    found |= {name: getattr(proposal, name) for name in AMOUNTS}
    found["hard"] = [stop.code for stop in proposal.hard_stops]
    found["soft"] = [stop.code for stop in proposal.soft_stops]
    found["others"] = [[other.dose, other.every_days] for other in proposal.other_doses]
    found["until"] = [str(s.until) for s in proposal.hard_stops if s.until is not None]
    for name, value in wanted.items():
        if name == "says":
            if value not in proposal.text:
                return False
        elif name in AMOUNTS:
            if found[name] is None or found[name] != Decimal(str(value)):
                return False
        elif found[name] != value:
            return False
    return True


def expect(answer: FollowUp, case: dict[str, Any]) -> None:
    """Does the answer hold what the case names?"""
    shown = [
        (p.rule, p.kind, p.agent, p.dose, p.every_days, str(p.due), p.text, p.missing)
        for p in answer.dose_proposals
    ]
    for wanted in case.get("proposes", ()):
        assert any(matches(one, wanted) for one in answer.dose_proposals), (wanted, shown)
    if case.get("only"):
        assert len(answer.dose_proposals) == len(case.get("proposes", ())), shown
    for wanted in case.get("not_proposes", ()):
        assert not any(matches(one, wanted) for one in answer.dose_proposals), (wanted, shown)
    if "chooses" in case:
        assert [p.rule for p in answer.treatment_proposals] == case["chooses"]
    if "acts" in case:
        assert [p.agent for p in answer.treatment_proposals] == case["acts"]
    if "words" in case:
        assert [p.text for p in answer.treatment_proposals][: len(case["words"])] == case["words"]
    if "stops" in case:
        assert [f"{s.rule} {s.code}" for s in answer.stops] == case["stops"]
    codes = {caveat.code for caveat in answer.caveats}
    assert set(case.get("caveats", ())) <= codes
    assert not set(case.get("no_caveats", ())) & codes


@pytest.mark.parametrize("timeline", [pytest.param(t, id=t["name"]) for t in TIMELINES])
def test_a_treatment_is_proposed_day_by_day(timeline: dict[str, Any]) -> None:
    history: list[dict[str, Any]] = []
    plan = uuid4()
    for step in timeline["steps"]:
        history += step.get("events", [])
        if "results" in step:
            history.append(the_results(step["on"], step["results"]))
        expect(asked(timeline, step["on"], history, plan), step)


CASES = [
    pytest.param(rule, case, id=f"{rule}: {case['name']}")
    for rule, cases in RULES.items()
    if rule != "backgrounds"
    for case in cases
]


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_rule_speaks_on_its_side_and_is_silent_on_the_other(
    rule: str, case: dict[str, Any]
) -> None:
    background = RULES["backgrounds"][case.get("on_top_of", "not_localized")]
    said = background | {k: case[k] for k in ("patient", "label_profile") if k in case}
    history = [*background.get("events", []), *case.get("events", [])]
    on = case.get("on", background["on"])
    values = background.get("results", {}) | case.get("results", {})
    for analyte in case.get("without", ()):
        values.pop(analyte, None)
    drawn = the_results(case.get("drawn_on", on), values, **case.get("drawn", {}))
    for one in drawn["observations"]:
        if one["analyte"] in case.get("drawn_by_itself", {}):
            one["reference_range"] = case["drawn_by_itself"][one["analyte"]]
    history.append(drawn)
    for day, more in case.get("results_on", {}).items():
        history.append(the_results(day, more))
    answer = asked(said, on, history, NAMESPACE_OID)
    expect(answer, case)
    _agrees_with_the_calendar(answer)
    if "fires" in case:
        assert (rule in {fired.id for fired in answer.fired_rules}) is case["fires"], [
            fired.id for fired in answer.fired_rules
        ]


def _agrees_with_the_calendar(answer: FollowUp) -> None:
    """The dose that is proposed and FUP-37 name the same day."""
    kinds = ("continue", "increase", "restart")
    proposed = [one.due for one in answer.dose_proposals if one.kind in kinds]
    if proposed:
        asked_for = [i.due for i in answer.schedule if i.rule == "FUP-37" and i.status == "open"]
        assert asked_for == proposed


def test_every_rule_of_treatment_has_a_case_on_each_side() -> None:
    wanted = {f"TX-{number:03}" for number in range(1, 24)}
    sides = {rule: {case["fires"] for case in RULES[rule]} for rule in wanted & RULES.keys()}

    assert {rule: {True, False} for rule in wanted} == sides


def test_what_is_proposed_again_has_the_same_id_and_another_plan_another() -> None:
    background = RULES["backgrounds"]["not_localized"]
    history = [*background["events"], the_results(background["on"], background["results"])]
    one, again = (asked(background, background["on"], history, NAMESPACE_OID) for _ in range(2))
    other = asked(background, background["on"], history, uuid4())

    assert [p.id for p in one.dose_proposals] == [p.id for p in again.dose_proposals]
    assert one.dose_proposals[0].id != other.dose_proposals[0].id


def test_every_proposal_says_where_it_stands_and_how_far_that_was_read() -> None:
    background = RULES["backgrounds"]["not_localized"]
    history = [*background["events"], the_results(background["on"], background["results"])]
    answer = asked(background, background["on"], history, NAMESPACE_OID)

    for proposal in (*answer.dose_proposals, *answer.treatment_proposals):
        assert proposal.sources
        assert proposal.read_status


@pytest.mark.parametrize(
    ("told", "at_latest"),
    [([], "2025-06-16"), ([{"kind": "planned", "procedure": "surgery"}], "2025-05-02")],
)
def test_the_day_on_which_time_alone_makes_another_proposal_is_looked_at_again(
    told: list[dict[str, Any]], at_latest: str
) -> None:
    background = RULES["backgrounds"]["us_course"]
    booked = [one | {"planned_for": "2025-05-01", "noted_on": "2025-03-12"} for one in told]
    body = {
        "patient": background["patient"],
        "label_profile": "US",
        "history": [*background["events"], *booked, the_results("2025-03-24", {"s_phos": 1.0})],
    }
    as_of = datetime(2025, 3, 24, 12, tzinfo=UTC)
    heard = conclude(uuid4(), PlanRequest.model_validate(body), as_of)

    assert heard.look_again is not None
    assert str(heard.look_again) <= at_latest
