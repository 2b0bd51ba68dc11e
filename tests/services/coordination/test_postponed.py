"""What is put off, by whom, until when and why; who could not be reached, and the search."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.services.coordination.builders import (
    a_conclusion,
    a_progress,
    an_event,
    an_obligation,
    path,
    reported,
    rungs,
    started,
    told,
    with_hours,
    woken,
)

SOON = datetime.now(UTC).replace(microsecond=0)
KEY = {"rule": "FUP-01", "occurrence": "day-1"}


async def applied(api: httpx2.AsyncClient, journey: UUID, event: dict[str, Any]) -> dict[str, Any]:
    """Told, and settled as its journey does."""
    answer = await told(api, journey, event)
    assert answer.status_code == 202, answer.text
    settled = {"outcome": "applied", "reason": ""}
    outcome = await api.put(f"{path(journey)}/events/{event['id']}/outcome", json=settled)
    found: dict[str, Any] = outcome.json()
    return found


async def owing(api: httpx2.AsyncClient, due: date, **changes: Any) -> UUID:
    """A journey that owes one thing due on this day, and has been told so now."""
    await with_hours(api, spread_minutes=0)
    journey = await started(api)
    conclusion = a_conclusion(an_obligation(due=due.isoformat(), **changes))
    await reported(api, journey, a_progress(1, SOON.isoformat(), conclusion=conclusion))
    return journey


def put_off(until: date, **changes: Any) -> dict[str, Any]:
    payload = {"obligation": KEY, "until": until.isoformat(), "reason": "on a journey"}
    return an_event("postponement", payload=payload | changes)


async def owed(api: httpx2.AsyncClient, journey: UUID) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(path(journey))).json()["obligations"]
    return found


async def test_what_is_put_off_shows_by_whom_until_when_and_why_and_is_no_longer_overdue(
    api: httpx2.AsyncClient,
) -> None:
    journey = await owing(api, SOON.date() - timedelta(days=9))
    assert (await owed(api, journey))[0]["overdue"]
    until = SOON.date() + timedelta(days=30)

    assert (await applied(api, journey, put_off(until)))["outcome"] == "applied"

    [one] = await owed(api, journey)
    assert (one["postponed_until"], one["postponed_by"]) == (until.isoformat(), "lab-system")
    assert (one["postponed_because"], one["overdue"]) == ("on a journey", False)
    [row] = (await api.get("/coordination/v1/worklist")).json()["rows"]
    assert (row["next_due"], row["overdue"]) == (until.isoformat(), 0)


async def test_the_ladder_of_what_is_put_off_stands_on_the_new_day(
    api: httpx2.AsyncClient,
) -> None:
    due = SOON.date() - timedelta(days=9)
    journey = await owing(api, due)
    before = [rung for rung, _ in await rungs(api, journey)]
    until = SOON.date() + timedelta(days=60)
    await applied(api, journey, put_off(until))

    wake = await reported(api, journey, a_progress(2, SOON.isoformat()))
    assert wake is not None
    assert wake.date() == until - timedelta(days=14)
    while wake is not None:
        wake = await woken(api, journey, wake)

    climbed = (await rungs(api, journey))[len(before) :]
    steps = ["T-14", "T-3", "T0", "T+7", "T+14", "T+30", "T+37", "T+60"]
    assert [rung for rung, _ in climbed] == [f"{step}@{until}" for step in steps]
    assert {status for _, status in climbed} == {"sent"}


async def test_a_conclusion_that_comes_again_does_not_undo_a_postponement(
    api: httpx2.AsyncClient,
) -> None:
    due, until = SOON.date() - timedelta(days=9), SOON.date() + timedelta(days=30)
    journey = await owing(api, due)
    await applied(api, journey, put_off(until))

    again = a_conclusion(an_obligation(due=due.isoformat()))
    await reported(api, journey, a_progress(2, SOON.isoformat(), conclusion=again))

    [one] = await owed(api, journey)
    assert (one["due"], one["postponed_until"]) == (due.isoformat(), until.isoformat())
    assert not one["overdue"]


@pytest.mark.parametrize(
    ("ladder", "days", "what", "reason"),
    [
        ("lab", -1, KEY, "that day is not ahead"),
        ("lab", 0, KEY, "that day is not ahead"),
        ("lab", 5, KEY, "it is not expected before that day"),
        ("critical", 30, KEY, "what is to be seen is not put off; it is acknowledged"),
        ("alert", 30, KEY, "what is to be seen is not put off; it is acknowledged"),
        ("lab", 30, KEY | {"rule": "X"}, "nothing of that name was ever due here"),
    ],
)
async def test_what_cannot_be_put_off_says_why(
    api: httpx2.AsyncClient, ladder: str, days: int, what: dict[str, str], reason: str
) -> None:
    journey = await owing(api, SOON.date() + timedelta(days=9), ladder=ladder)

    outcome = await applied(
        api, journey, put_off(SOON.date() + timedelta(days=days), obligation=what)
    )

    assert outcome == {"outcome": "refused", "reason": reason}
    assert [one["postponed_until"] for one in await owed(api, journey)] == [None]


async def test_what_is_put_off_beyond_its_window_says_so(api: httpx2.AsyncClient) -> None:
    closes = SOON.date() + timedelta(days=20)
    journey = await owing(api, SOON.date() + timedelta(days=9), closes=closes.isoformat())

    outcome = await applied(api, journey, put_off(SOON.date() + timedelta(days=30)))

    reason = f"later than its window, which closes on {closes}"
    assert outcome == {"outcome": "applied", "reason": reason}


async def test_nothing_is_put_off_without_a_reason(api: httpx2.AsyncClient) -> None:
    journey = await owing(api, SOON.date())

    answer = await told(api, journey, put_off(SOON.date() + timedelta(days=30), reason=" "))

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/payload/reason"]


# -- who could not be reached ----------------------------------------------------------------------


def tried(
    days_ago: float, channel: str = "phone", outcome: str = "no_answer", **more: Any
) -> dict[str, Any]:
    at = SOON - timedelta(days=days_ago)
    payload = {"channel": channel, "outcome": outcome} | more
    return an_event("contact", occurred_at=at.isoformat(), payload=payload)


async def log(api: httpx2.AsyncClient, journey: UUID) -> dict[str, Any]:
    answer = await api.get(f"{path(journey)}/contacts")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def searched(api: httpx2.AsyncClient, journey: UUID) -> list[tuple[str, str, str | None]]:
    steps = [one for one in await owed(api, journey) if one["rule"].startswith("TRACE-")]
    return [(one["rule"], one["status"], one["disposition"]) for one in steps]


async def test_every_attempt_is_logged_with_who_tried(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    await applied(api, journey, tried(3, note="rang for a minute"))
    await applied(api, journey, tried(1, "sms", "left_message", obligation=KEY))

    found = await log(api, journey)

    assert (found["reach"], found["unanswered"], found["lost_since"]) == ("unanswered", 2, None)
    assert [one["channel"] for one in found["attempts"]] == ["sms", "phone"]
    assert {one["by"] for one in found["attempts"]} == {"lab-system"}
    assert found["attempts"][1]["note"] == "rang for a minute"
    timeline = (await api.get(f"{path(journey)}/timeline")).json()["entries"]
    assert "contact" in [entry["what"] for entry in timeline]


async def test_whoever_answers_nobody_for_four_weeks_is_lost_and_looked_for_step_by_step(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)
    for event in (tried(30), tried(16, "letter"), tried(2)):
        outcome = await applied(api, journey, event)

    assert outcome["reason"] == "nobody answers any more: a search begins"
    assert (await log(api, journey))["reach"] == "lost"
    [row] = (await api.get("/coordination/v1/worklist")).json()["rows"]
    assert row["attention"] == ["cannot be reached"]
    assert await searched(api, journey) == [
        (f"TRACE-{number}", "open", None) for number in range(1, 6)
    ]
    # What a service concludes does not take the search away.
    await reported(
        api, journey, a_progress(1, SOON.isoformat(), conclusion=a_conclusion(an_obligation()))
    )
    assert {status for _, status, _ in await searched(api, journey)} == {"open"}


async def test_whoever_is_found_again_is_no_longer_looked_for(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    for event in (tried(30), tried(16, "letter"), tried(2)):
        await applied(api, journey, event)
    key = {"rule": "TRACE-1", "occurrence": (await owed(api, journey))[0]["occurrence"]}
    done = {"obligation": key, "disposition": "DONE"}
    await applied(api, journey, an_event("disposition", payload=done))

    await applied(api, journey, tried(0, "phone", "reached"))

    assert (await log(api, journey))["reach"] == "reached"
    ended = [("TRACE-1", "done", "DONE")]
    ended += [(f"TRACE-{number}", "cancelled", "NOT_INDICATED") for number in range(2, 6)]
    assert await searched(api, journey) == ended
    timeline = (await api.get(f"{path(journey)}/timeline")).json()["entries"]
    assert [entry["what"] for entry in timeline if entry["what"] in ("lost", "found")] == [
        "lost",
        "found",
    ]


async def test_attempts_told_late_and_out_of_order_count_by_when_they_were_made(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)
    for event in (tried(2), tried(30), tried(16, "letter")):
        await applied(api, journey, event)
    assert (await log(api, journey))["reach"] == "lost"

    # They had answered in between, and that is told only now.
    await applied(api, journey, tried(10, "visit", "reached"))

    found = await log(api, journey)
    assert (found["reach"], found["unanswered"]) == ("unanswered", 1)
    assert {status for _, status, _ in await searched(api, journey)} == {"cancelled"}


async def test_a_wrong_number_is_looked_up_at_once(api: httpx2.AsyncClient) -> None:
    journey = await started(api)

    await applied(api, journey, tried(2, outcome="wrong_number"))
    await applied(api, journey, tried(1, outcome="wrong_number"))

    assert await searched(api, journey) == [("TRACE-1", "open", None)]
    assert (await log(api, journey))["wrong"] == ["phone"]


async def test_what_another_person_answers_says_nothing_about_the_patient(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)

    await applied(api, journey, tried(2, outcome="reached", whom="next_of_kin"))
    await applied(api, journey, tried(1))

    assert (await log(api, journey))["unanswered"] == 1


async def test_the_same_attempt_told_twice_is_one_attempt(api: httpx2.AsyncClient) -> None:
    journey, event = await started(api), tried(2)

    await applied(api, journey, event)
    await applied(api, journey, event)

    assert len((await log(api, journey))["attempts"]) == 1


async def test_the_contacts_of_another_organisation_are_not_found(
    api: httpx2.AsyncClient,
) -> None:
    assert (await api.get(f"{path(uuid4())}/contacts")).status_code == 404
