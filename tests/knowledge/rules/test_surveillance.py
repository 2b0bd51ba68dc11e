"""After an operation, what is due? treatment-followup.md 4 and its rules for the scheduler."""

import tomllib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules import surveillance
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import Course, State
from knowledge.rules.surveillance import Done, Ended, Endings, Item, Operation, Tier
from knowledge.terms.obligation import ObligationStatus
from knowledge.terms.quantity import Quantity

CASES = tomllib.loads(Path(__file__).with_name("surveillance.toml").read_text("utf-8"))["tier"]
OPERATED = date(2024, 4, 10)
TODAY = date(2026, 11, 22)
OPERATION = Operation(OPERATED, site="thigh", margin="wide", tissue="soft_tissue")


def after(days: int) -> date:
    """So many days after the operation."""
    return OPERATED + timedelta(days=days)


def phosphate(*days: int) -> list[Done]:
    """Phosphates on these days."""
    return [Done(after(day), frozenset({"s_phos"})) for day in days]


def the_calendar(
    done: list[Done],
    state: State = State.REMISSION,
    tier: Tier = Tier.STANDARD,
    endings: Endings | None = None,
) -> tuple[Item, ...]:
    """What is due after a wide resection."""
    way = Course(OPERATED, state=state, since=OPERATED)
    return surveillance.calendar(OPERATION, way, tier, done, endings or {})


def of(rule: str, items: tuple[Item, ...]) -> list[tuple[str, str]]:
    """Occurrence and status of the items of one rule."""
    return [(item.occurrence, item.status) for item in items if item.rule == rule]


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES])
def test_a_tier_has_its_reasons(case: dict[str, Any]) -> None:
    said = {"site": "thigh", "margin": "wide", "tissue": "soft_tissue"} | case.get("operation", {})
    operation = Operation(OPERATED, **{key: value or None for key, value in said.items()})
    early = [(after(day), Level(level)) for day, level in case.get("fgf23", [])]

    tier, why = surveillance.risk_tier(
        operation, early, refractory=case.get("refractory", False), on=TODAY
    )

    assert (tier, list(why)) == (case["tier"], case.get("why", []))


def test_a_result_closes_its_item_and_overtakes_the_older_ones() -> None:
    items = the_calendar(phosphate(1, 7))

    assert of("FUP-01", items) == [
        ("d1", "done"),
        ("d3", "cancelled"),
        ("d5", "cancelled"),
        ("d7", "done"),
        ("d10", "open"),
        ("d14", "open"),
    ]


def test_a_late_result_still_closes_the_item_before_the_next_one() -> None:
    assert of("FUP-01", the_calendar(phosphate(2)))[0] == ("d1", "done")


def test_fgf23_is_repeated_only_while_it_is_raised() -> None:
    fgf23 = frozenset({"s_fgf23_i"})
    normal = [Done(after(1), fgf23)]
    raised = [Done(after(1), fgf23, raised=fgf23)]

    assert of("FUP-02", the_calendar(normal)) == [("d1", "done")]
    assert of("FUP-02", the_calendar(raised)) == [("d1", "done"), ("d7", "open")]


def test_an_early_test_in_the_window_moves_the_next_one() -> None:
    visit, early = 75, 75 + 180 - 30
    items = the_calendar(phosphate(visit, early))

    planned, coming = after(75 + 180).isoformat(), after(early + 180).isoformat()
    assert of("FUP-04", items) == [(planned, "done"), (coming, "open")]


def test_a_test_before_the_window_closes_nothing() -> None:
    items = the_calendar(phosphate(75, 75 + 180 - 31))

    assert of("FUP-04", items) == [(after(75 + 180).isoformat(), "open")]


def test_only_the_next_occurrence_exists() -> None:
    items = the_calendar(phosphate(75))

    for rule in ("FUP-04", "FUP-06", "FUP-10", "FUP-11"):
        assert [status for _, status in of(rule, items)] == ["open"]


def test_bone_density_stops_after_three_years() -> None:
    dxa = [Done(after(day), frozenset({"dxa"})) for day in (90, 455, 820)]
    items = the_calendar(dxa)

    assert [status for _, status in of("FUP-10", items)] == ["done"] * 3


def test_core_tests_never_stop() -> None:
    days = [75, *range(75 + 180, 365 * 20, 180)]
    items = the_calendar(phosphate(*days))

    assert of("FUP-04", items)[-1][1] == "open"


@pytest.mark.parametrize(
    ("tier", "state", "due", "not_due"),
    [
        (Tier.HIGH, State.REMISSION, {"FUP-05", "FUP-07"}, {"FUP-04"}),
        (Tier.STANDARD, State.REMISSION, {"FUP-04"}, {"FUP-05", "FUP-07"}),
        (Tier.HIGH, State.PERSISTENT, {"FUP-50", "FUP-51"}, {"FUP-05", "FUP-06", "FUP-07"}),
        (Tier.STANDARD, State.RECURRENT, {"FUP-53"}, {"FUP-04", "FUP-06", "FUP-50"}),
        (Tier.STANDARD, State.POSTOPERATIVE, {"FUP-04", "FUP-06"}, {"FUP-50", "FUP-53"}),
    ],
)
def test_another_state_cancels_the_items_of_the_old_one(
    tier: Tier, state: State, due: set[str], not_due: set[str]
) -> None:
    rules = {item.rule for item in the_calendar(phosphate(75), state, tier)}

    assert due <= rules
    assert not rules & not_due


def test_malignant_tissue_asks_for_the_chest() -> None:
    malignant = Operation(OPERATED, histology="malignant")
    way = Course(OPERATED, since=OPERATED)
    items = surveillance.calendar(malignant, way, Tier.HIGH, [], {})

    assert of("FUP-09", items) == [(after(90).isoformat(), "open")]


def test_what_a_person_ended_is_ended_and_comes_again() -> None:
    planned = after(90).isoformat()
    ended = {("FUP-10", planned): Ended(after(95), ObligationStatus.CANCELLED)}
    items = the_calendar([], endings=ended)

    assert of("FUP-10", items) == [
        (planned, "cancelled"),
        (after(95 + 365).isoformat(), "open"),
    ]


def test_every_item_has_a_rule_with_sources() -> None:
    for kind in ("series", "recurring"):
        for row in surveillance.TABLE.entries[kind].values():
            assert surveillance.TABLE.rules[row.key].sources


@pytest.mark.parametrize(
    ("phosphate_value", "urgent"), [("0.31", True), ("0.32", False), ("0.33", False)]
)
def test_a_very_low_phosphate_is_urgent(phosphate_value: str, urgent: bool) -> None:
    value = Quantity(Decimal(phosphate_value), "mmol/L")
    assert surveillance.is_urgently_low(value, TODAY) is urgent


@pytest.mark.parametrize(("calcium", "hungry"), [("2.09", True), ("2.10", False)])
def test_a_low_calcium_is_hungry_bone(calcium: str, hungry: bool) -> None:
    assert surveillance.is_hungry_bone(Quantity(Decimal(calcium), "mmol/L"), TODAY) is hungry
