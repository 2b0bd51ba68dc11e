"""Every way from one state after surgery to another, on both sides of its condition."""

import itertools
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules import remission
from knowledge.rules.remission import Course, Spread, State
from tests.knowledge.rules.test_remission import OPERATED, TODAY, a_drug, a_sample
from tio.knowledge import states

ROOT = Path(__file__).parents[3]
DATA = tomllib.loads(Path(__file__).with_name("transitions.toml").read_text("utf-8"))
REACH, WAYS = DATA["reach"], DATA["way"]
EACH = [
    pytest.param(way, state, id=f"{way['rule']} {state} to {way['to']} {number}")
    for number, way in enumerate(WAYS)
    for state in way["from"]
]


def the_way(told: list[dict[str, Any]], *drugs: Any) -> Course:
    """What became of the disease after these samples, found spreads and days that passed."""
    samples = [a_sample(**one) for one in told if "day" in one]
    spread = [Spread(on_day(one["spread"]), ("scan",)) for one in told if "spread" in one]
    until = [on_day(one["until"]) for one in told if "until" in one]
    exposures = [a_drug(*drug) for drug in drugs]
    passed = until[-1] if until else None
    return remission.course(OPERATED, samples, exposures, TODAY, until=passed, spread=spread)


def on_day(day: int) -> date:
    """So many days after the operation."""
    return OPERATED + timedelta(days=day)


def taken(way: Course) -> list[tuple[str, str, str]]:
    """Every change of state with its rule."""
    return [(step.before, step.state, step.rule) for step in way.steps]


@pytest.mark.parametrize("state", list(REACH))
def test_every_state_is_reached(state: str) -> None:
    assert the_way(REACH[state]).state == state


@pytest.mark.parametrize(("way", "state"), EACH)
def test_a_change_happens_on_its_side_of_the_condition_and_not_on_the_other(
    way: dict[str, Any], state: str
) -> None:
    before = [*REACH[state], *way.get("before", [])]
    change = (state, way["to"], way["rule"])
    assert the_way(before).state == state

    assert taken(the_way([*before, way["does"]]))[-1] == change
    for other in way["does_not"]:
        new = taken(the_way([*before, other]))[len(taken(the_way(before))) :]
        assert change not in new, other


def test_every_way_of_the_table_is_walked_and_no_other() -> None:
    drawn = {(str(before), row.then, row.rule) for before, row in states.changes()}
    walked = {(one, way["to"], way["rule"]) for way in WAYS for one in way["from"]}

    assert walked == drawn
    assert set(REACH) == set(remission.TABLE.entries["states"]) == set(State) - {"NO_SURGERY"}


@pytest.mark.parametrize("state", [one for one in REACH if one not in ("REMISSION",)])
def test_nothing_that_is_masked_leads_to_a_better_state(state: str) -> None:
    before = REACH[state]
    last = max(one.get("day", 0) for one in before)
    normal = {"day": last + 5, "p": "normal", "alp": "normal", "fgf23": "normal"}
    for drug in (["burosumab", last + 1], ["oral_phosphate", last + 1]):
        assert the_way([*before, normal], drug).state == state


@pytest.mark.parametrize("state", [one for one in REACH if one != "METASTATIC"])
def test_a_spread_that_was_proven_before_the_operation_still_is(state: str) -> None:
    way = the_way([{"spread": -30}, *REACH[state]])

    assert (way.state, way.since) == (State.METASTATIC, OPERATED)
    assert way.steps[-1].because == ("scan",)


def test_a_change_names_every_result_it_rests_on() -> None:
    told = [{"day": 1, "fgf23": "high"}, {"day": 14, "p": "low"}, {"day": 28, "p": "low"}]
    named = {"p": "phosphate", "fgf23": "fgf23"}
    samples = [
        remission.Sample(
            one.at,
            one.phosphate,
            fgf23=one.fgf23,
            named={named[key]: (f"{key} {said['day']}",) for key in said if key != "day"},
        )
        for said in told
        for one in [a_sample(**said)]  # type: ignore[arg-type]
    ]
    way = remission.course(OPERATED, samples, [], TODAY)

    assert [step.because for step in way.steps] == [("p 14",), ("p 14", "p 28", "fgf23 1")]


def test_the_order_of_arrival_changes_nothing() -> None:
    told = [*REACH["RECURRENT"], {"spread": 900}, {"day": 20, "alp": "high"}]
    outcomes = {tuple(the_way(list(one)).steps) for one in itertools.permutations(told)}

    assert len(outcomes) == 1


def test_the_picture_is_current() -> None:
    drawn = (ROOT / "docs" / "follow-up-states.md").read_text("utf-8")
    assert drawn == states.document(), "type `make states`"
