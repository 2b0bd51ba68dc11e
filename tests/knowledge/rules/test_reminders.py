"""Who is reminded, when: the ladders of treatment-followup.md 7.2 on real calendars."""

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from knowledge.rules.reminders import Ripe, local_instant, next_wake, ripe, rungs
from knowledge.terms.obligation import Ladder

CASES = tomllib.loads(Path(__file__).with_name("reminders.toml").read_text("utf-8"))
TODAY = date(2026, 11, 22)


def each(kind: str) -> pytest.MarkDecorator:
    """One test per case, under the case's own name."""
    return pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES[kind]])


@each("climb")
def test_a_ladder_is_climbed_in_local_time(case: dict[str, Any]) -> None:
    climbed = rungs(case["ladder"], case["due"], case["zone"], TODAY)

    assert [[r.key, r.at, r.recipient, r.channel] for r in climbed] == case["steps"]


@each("clock")
def test_a_local_time_that_does_not_exist_or_comes_twice_has_one_instant(
    case: dict[str, Any],
) -> None:
    assert local_instant(case["day"], case["time"], ZoneInfo(case["zone"])) == case["instant"]


@each("ripe")
def test_at_most_one_step_is_sent_at_a_time(case: dict[str, Any]) -> None:
    ladder = rungs(Ladder.LAB, date(2025, 6, 2), "UTC", TODAY)
    recorded = set(case.get("recorded", ()))

    found = ripe(ladder, case["created"], recorded, case["now"], TODAY)

    assert (found.send.key if found.send else None) == case.get("send")
    assert found.late == case.get("late", False)
    assert [rung.key for rung in found.overtaken] == case.get("overtaken", [])
    settled = recorded | {rung.key for rung in found.overtaken}
    settled |= {found.send.key} if found.send else set()
    assert next_wake(ladder, settled, case["now"]) == case.get("wake")
    assert ripe(ladder, case["created"], settled, case["now"], TODAY) == Ripe()


def test_a_critical_result_known_at_noon_is_told_at_once_and_in_time() -> None:
    ladder = rungs(Ladder.CRITICAL, date(2026, 3, 2), "UTC", TODAY)
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)

    found = ripe(ladder, noon, (), noon, TODAY)

    assert found.send is ladder[0]
    assert not found.late


@pytest.mark.parametrize("ladder", Ladder)
def test_every_ladder_ends_with_somebody_who_must_answer(ladder: Ladder) -> None:
    climbed = rungs(ladder, date(2026, 3, 2), "UTC", TODAY)

    assert climbed[-1].recipient == "supervisor"


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError):
        rungs(Ladder.LAB, date(2026, 3, 2), "Mars/Olympus", TODAY)
