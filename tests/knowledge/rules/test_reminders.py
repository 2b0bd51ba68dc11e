"""Who is reminded, when: the ladders of treatment-followup.md 7.2 on real calendars."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from knowledge.rules.clock import local_instant
from knowledge.rules.reminders import (
    Ripe,
    ends_when_acknowledged,
    next_wake,
    ripe,
    rungs,
)
from knowledge.rules.sending_hours import Hours
from knowledge.rules.working_calendar import at_work, awake
from knowledge.terms.obligation import Ladder

CASES = tomllib.loads(Path(__file__).with_name("reminders.toml").read_text("utf-8"))
TODAY = date(2026, 11, 22)


def each(kind: str) -> pytest.MarkDecorator:
    """One test per case, under the case's own name."""
    return pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES[kind]])


def where(case: dict[str, Any]) -> str | Hours:
    """The bare steps of the table, or those of people who have days off."""
    zone = case["zone"]
    if "country" not in case and not case.get("weekends"):
        return str(zone)
    return Hours(awake(zone, TODAY), at_work(zone, TODAY, country=case.get("country")))


@each("climb")
def test_a_ladder_is_climbed_in_local_time(case: dict[str, Any]) -> None:
    climbed = rungs(case["ladder"], case["due"], where(case), TODAY)

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


def test_an_alert_climbs_from_when_it_was_known_however_old_its_result() -> None:
    drawn = date(2026, 3, 2)
    known = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)

    ladder = rungs(Ladder.CRITICAL, drawn, "UTC", TODAY, known)

    assert [rung.at for rung in ladder] == [known, known + timedelta(days=1)]
    found = ripe(ladder, known, (), known, TODAY)
    assert found.send is ladder[0]
    assert not found.late


@pytest.mark.parametrize(
    ("known", "first"),
    [
        (datetime(2026, 3, 5, 9, tzinfo=UTC), date(2026, 3, 5)),
        (datetime(2026, 3, 5, 9, 1, tzinfo=UTC), date(2026, 3, 6)),
        (datetime(2026, 3, 1, 8, tzinfo=UTC), date(2026, 3, 2)),
    ],
)
def test_what_can_wait_waits_for_the_next_morning(known: datetime, first: date) -> None:
    ladder = rungs(Ladder.ALERT, date(2026, 3, 2), "UTC", TODAY, known)

    assert [rung.at.date() for rung in ladder][:2] == [first, first + timedelta(days=7)]
    assert [rung.recipient for rung in ladder] == ["clinician", "supervisor", "supervisor"]
    assert ladder[0].at >= known


def test_a_test_that_is_due_keeps_its_day_whenever_it_was_known() -> None:
    known = datetime(2026, 3, 5, 12, tzinfo=UTC)

    for ladder in (Ladder.LAB, Ladder.DECISION):
        due = date(2026, 3, 2)
        assert rungs(ladder, due, "UTC", TODAY, known) == rungs(ladder, due, "UTC", TODAY)


def test_only_an_alert_ends_by_being_acknowledged() -> None:
    ended = [ladder for ladder in Ladder if ends_when_acknowledged(ladder)]

    assert ended == [Ladder.CRITICAL, Ladder.ALERT]
