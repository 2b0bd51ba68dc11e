"""Scenarios L1 to L12 and every rule of localization.md, on either side, as data."""

import argparse
import io
import json
from collections import defaultdict

import pytest

from services.localization.client import LocalizationClient
from services.localization.localize import localize
from services.localization.notes import RULES
from tests.services.localization.cases import AS_OF, Case, cases, fired, said_by
from tio import localize as command

SCENARIOS, BY_RULE = cases("scenarios.toml"), cases("rules.toml")


def named(listed: list[Case]) -> list[object]:
    """Each case under its own name."""
    return [pytest.param(case, id=f"{case.rule or ''} {case.name}".strip()) for case in listed]


@pytest.mark.parametrize("case", named([*SCENARIOS, *BY_RULE]))
def test_a_case_is_answered_as_the_specification_says(case: Case) -> None:
    plan = localize(case.request, case.request.as_of or AS_OF)

    said = said_by(plan)
    assert {name: said[name] for name in case.expect} == case.expect
    if case.rule is not None:
        assert (case.rule in fired(plan)) is case.fires


def test_every_rule_has_a_case_on_either_side_of_its_condition() -> None:
    sides = defaultdict(set)
    for case in BY_RULE:
        sides[case.rule].add(case.fires)
    wanted = {id for id, rule in RULES.items() if not rule.internal}

    assert {f"LOC-{number:03}" for number in range(1, 41)} == wanted
    assert {id for id in wanted if sides[id] != {True, False}} == set()


def test_every_scenario_has_a_case() -> None:
    names = {case.name.split(":")[0] for case in SCENARIOS}

    assert names == {f"L{number}" for number in range(1, 13)}


async def test_the_scenarios_are_answered_alike_over_http(
    localization: LocalizationClient,
) -> None:
    for case in SCENARIOS:
        answer = await localization.evaluate_plan("north", case.request)
        said = said_by(answer)
        assert {name: said[name] for name in case.expect} == case.expect, case.name


def test_the_scenarios_are_answered_alike_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    chosen = parser.parse_args(["localize", "-", "--ndjson"])
    lines = "\n".join(json.dumps(case.body()) for case in SCENARIOS)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))

    assert chosen.run(chosen) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for case, answer in zip(SCENARIOS, answers, strict=True):
        assert answer["state"] == localize(case.request, case.request.as_of or AS_OF).state
        steps = [f"{step['rule']} {step['act']}" for step in answer["next_steps"]]
        if "steps" in case.expect:
            assert steps == case.expect["steps"], case.name
