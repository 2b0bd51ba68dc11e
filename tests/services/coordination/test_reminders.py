"""Who owes what, and what is said about it: once per rung, on the journey's own clock."""

import asyncio
import base64
from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pytest

from services.coordination.settings import CoordinationSettings
from tests.services.coordination.builders import (
    a_conclusion,
    a_progress,
    a_task,
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
from tests.services.coordination.conftest import Engine, MakeSettings, served


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def test_a_ladder_is_climbed_rung_by_rung_at_nine_where_the_patient_lives(
    api: httpx2.AsyncClient,
) -> None:
    await with_hours(api, spread_minutes=0)
    journey = await started(api)
    conclusion = a_conclusion(an_obligation())

    wake = await reported(api, journey, a_progress(1, conclusion=conclusion))
    wakes = []
    while wake is not None:
        wakes.append(wake)
        wake = await woken(api, journey, wake)

    assert wakes == [
        utc("2026-05-18T07:00:00"),
        utc("2026-05-29T07:00:00"),
        utc("2026-06-01T07:00:00"),
        utc("2026-06-08T07:00:00"),
        utc("2026-06-15T07:00:00"),
        utc("2026-07-01T07:00:00"),
        utc("2026-07-08T07:00:00"),
        utc("2026-07-31T07:00:00"),
    ]
    said = ["T-14", "T-3", "T0", "T+7", "T+14", "T+30", "T+37", "T+60"]
    assert await rungs(api, journey) == [(rung, "sent") for rung in said]


async def test_nine_stays_nine_when_the_clocks_change(api: httpx2.AsyncClient) -> None:
    await with_hours(api, spread_minutes=0)
    journey = await started(api, zone="Europe/Berlin")
    due = an_obligation(due="2026-10-26", opens="2026-10-01")

    wake = await reported(api, journey, a_progress(1, conclusion=a_conclusion(due)))
    wakes = []
    for _ in range(3):
        wake = await woken(api, journey, wake)
        wakes.append(wake)

    # Summer time ends on 25 October: nine is 07:00 UTC before, 08:00 UTC after.
    assert wakes[:2] == [utc("2026-10-23T07:00:00"), utc("2026-10-26T08:00:00")]


async def test_repeating_a_wake_or_a_progress_says_nothing_twice(api: httpx2.AsyncClient) -> None:
    await with_hours(api, spread_minutes=0)
    journey = await started(api)
    progress = a_progress(1, "2026-06-01T08:00:00Z", conclusion=a_conclusion(an_obligation()))

    wakes = await asyncio.gather(*(reported(api, journey, progress) for _ in range(6)))
    wakes += await asyncio.gather(*(woken(api, journey, "2026-06-01T08:00:00Z") for _ in range(6)))

    assert set(wakes) == {utc("2026-06-08T07:00:00")}
    assert (await rungs(api, journey)).count(("T0", "sent-late")) == 1
    assert len(await rungs(api, journey)) == 3


async def test_an_older_progress_never_overwrites_a_newer_one(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    newer = a_progress(5, "2026-05-03T00:00:00Z", phase="surveillance")
    older = a_progress(4, "2026-05-02T00:00:00Z", phase="treatment", task=a_task())

    await reported(api, journey, newer)
    await reported(api, journey, older)

    seen = (await api.get(path(journey))).json()
    assert (seen["phase"], seen["revision"], seen["task"]) == ("surveillance", 5, None)
    assert datetime.fromisoformat(seen["as_of"]) == utc("2026-05-03T00:00:00")


async def test_after_an_outage_only_the_newest_rung_is_sent_and_said_to_be_late(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)
    await reported(api, journey, a_progress(1, conclusion=a_conclusion(an_obligation())))

    await woken(api, journey, "2026-06-10T12:00:00Z")

    assert sorted(await rungs(api, journey)) == sorted(
        [
            ("T-14", "overtaken"),
            ("T-3", "overtaken"),
            ("T0", "overtaken"),
            ("T+7", "sent-late"),
        ]
    )


async def test_what_a_service_no_longer_names_is_withdrawn(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    await reported(api, journey, a_progress(1, conclusion=a_conclusion(an_obligation())))

    await reported(api, journey, a_progress(2, conclusion=a_conclusion()))
    await reported(api, journey, a_progress(3))

    owed = (await api.get(path(journey))).json()["obligations"]
    assert [(one["status"], one["disposition"]) for one in owed] == [("cancelled", "WITHDRAWN")]


async def test_a_test_that_only_an_earlier_phase_wanted_is_not_asked_for_years_later(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)
    earlier = a_conclusion(an_obligation(rule="M-01"), service="assessment")
    await reported(api, journey, a_progress(1, conclusion=earlier))
    later = a_conclusion(an_obligation(rule="FUP-04"), service="followup")

    await reported(api, journey, a_progress(2, conclusion=later))

    owed = {
        one["rule"]: one["status"] for one in (await api.get(path(journey))).json()["obligations"]
    }
    assert owed == {"M-01": "cancelled", "FUP-04": "open"}


async def test_reminders_stop_when_a_thing_was_missed_and_it_is_shown_as_missed(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)
    await reported(api, journey, a_progress(1, conclusion=a_conclusion(an_obligation())))
    because = "missed (care-coordinator): its window closed on 2026-06-01"
    missed = a_conclusion(an_obligation(status="missed", because=because))

    assert await reported(api, journey, a_progress(2, conclusion=missed)) is None
    assert await woken(api, journey, "2026-09-01T00:00:00Z") is None
    assert await rungs(api, journey) == []
    [owed] = (await api.get(path(journey))).json()["obligations"]
    assert (owed["status"], owed["disposition"]) == ("missed", "MISSED")
    assert (owed["reason"], owed["overdue"]) == (because, False)


async def test_reminders_stop_as_soon_as_the_thing_is_done(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    await reported(api, journey, a_progress(1, conclusion=a_conclusion(an_obligation())))
    done = a_conclusion(an_obligation(status="done"))

    assert await reported(api, journey, a_progress(2, conclusion=done)) is None
    assert await woken(api, journey, "2026-09-01T00:00:00Z") is None
    assert await rungs(api, journey) == []


@pytest.mark.parametrize(
    ("kind", "disposition"), [("death", "DECEASED"), ("withdrawal", "DECLINED")]
)
async def test_a_closed_journey_owes_nothing_and_says_nothing(
    api: httpx2.AsyncClient, kind: str, disposition: str
) -> None:
    journey = await started(api)
    await reported(api, journey, a_progress(1, conclusion=a_conclusion(an_obligation())))
    await told(api, journey, an_event(kind, payload={}))

    assert await reported(api, journey, a_progress(2, phase="closed")) is None
    assert await woken(api, journey, "2026-09-01T00:00:00Z") is None

    seen = (await api.get(path(journey))).json()
    assert [one["disposition"] for one in seen["obligations"]] == [disposition]
    assert await rungs(api, journey) == []


async def test_an_open_question_has_a_ladder_until_it_is_answered(api: httpx2.AsyncClient) -> None:
    await with_hours(api, spread_minutes=0)
    journey, task = await started(api), a_task()

    wake = await reported(api, journey, a_progress(1, "2026-05-01T06:00:00Z", task=task))
    assert wake == utc("2026-05-01T07:00:00")
    assert await woken(api, journey, wake) == utc("2026-05-06T07:00:00")
    payload = {"task": task["id"], "answer": "localize", "reason": "FGF23 is high"}
    await told(api, journey, an_event("decision", payload=payload))
    assert await reported(api, journey, a_progress(2, "2026-05-02T06:00:00Z")) is None

    seen = (await api.get(path(journey))).json()
    [owed] = seen["obligations"]
    assert (owed["rule"], owed["occurrence"]) == ("task:look-for-tumor", task["id"])
    assert (owed["ladder"], owed["status"]) == ("decision", "done")
    assert await rungs(api, journey) == [("T0", "sent")]


async def test_a_question_asked_on_friday_afternoon_is_due_on_monday_morning(
    api: httpx2.AsyncClient,
) -> None:
    await with_hours(api, spread_minutes=0)
    journey, task = await started(api), a_task(opened_at="2026-05-01T13:00:00Z")

    wake = await reported(api, journey, a_progress(1, "2026-05-01T13:00:00Z", task=task))

    assert wake == utc("2026-05-04T07:00:00")


async def test_a_reminder_without_anybody_to_hear_it_is_still_recorded(
    api: httpx2.AsyncClient,
) -> None:
    await with_hours(api, spread_minutes=0)
    journey = await started(api)
    await reported(api, journey, a_progress(1, conclusion=a_conclusion(an_obligation())))
    await woken(api, journey, "2026-06-01T07:00:00Z")

    answer = (await api.get(f"{path(journey)}/reminders")).json()["reminders"]

    assert [(said["rung"], said["deliveries"]) for said in answer][-1] == ("T0", [])


async def test_in_a_rehearsal_overdue_is_judged_on_the_journeys_own_clock(
    sqlite_url: str, make_settings: MakeSettings, north: str
) -> None:
    ahead = "2126-06-05T12:00:00Z"
    due = an_obligation(due="2126-06-01", opens="2126-05-01")
    for rehearsal, overdue in ((False, False), (True, True)):
        settings = make_settings(sqlite_url, rehearsal=rehearsal)
        async with served(settings, Engine(), north) as api:
            journey = await started(api)
            await reported(api, journey, a_progress(1, ahead, conclusion=a_conclusion(due)))
            seen = (await api.get(path(journey))).json()
            assert seen["obligations"][0]["overdue"] is overdue


async def test_the_clock_can_be_moved_in_a_rehearsal_only(
    sqlite_url: str, make_settings: MakeSettings, north: str, engine: Engine
) -> None:
    for rehearsal, status in ((False, 404), (True, 200)):
        settings: CoordinationSettings = make_settings(sqlite_url, rehearsal=rehearsal)
        async with served(settings, engine, north) as api:
            journey = await started(api)
            answer = await api.post(f"{path(journey)}/fast-forward", json={"days": 90})
            assert answer.status_code == status
    assert engine.moved == [(journey, 90)]


async def test_the_clock_is_not_moved_before_the_journey_has_begun(
    sqlite_url: str, make_settings: MakeSettings, north: str, engine: Engine
) -> None:
    async with served(make_settings(sqlite_url, rehearsal=True), engine, north) as api:
        engine.away = True
        journey = await started(api)
        moving = asyncio.create_task(api.post(f"{path(journey)}/fast-forward", json={"days": 90}))
        await asyncio.sleep(0)
        engine.away = False

        assert (await moving).status_code == 200
        assert (engine.told, engine.moved) == ([(journey, None)], [(journey, 90)])


async def test_the_clock_of_a_closed_journey_stands_still(
    sqlite_url: str, make_settings: MakeSettings, north: str, engine: Engine
) -> None:
    async with served(make_settings(sqlite_url, rehearsal=True), engine, north) as api:
        journey = await started(api)
        await reported(api, journey, a_progress(1, phase="closed"))

        answer = await api.post(f"{path(journey)}/fast-forward", json={"days": 90})

        assert answer.status_code == 409
        assert engine.moved == []


async def test_reminders_come_in_pages(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    await reported(api, journey, a_progress(1, conclusion=a_conclusion(an_obligation())))
    await woken(api, journey, "2026-06-10T12:00:00Z")

    pages: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await api.get(f"{path(journey)}/reminders?limit=3{cursor}")).json()
        pages.append([said["id"] for said in answer["reminders"]])
        cursor = f"&cursor={answer['cursor']}" if answer["cursor"] else None

    assert [len(page) for page in pages] == [3, 1]
    assert len({id for page in pages for id in page}) == 4


async def test_a_cursor_of_somebody_else_is_refused(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    for place in (f"{path(journey)}/reminders", f"{path(journey)}/timeline"):
        assert (await api.get(f"{place}?cursor=abc")).status_code == 422
    assert (await api.get("/coordination/v1/worklist?cursor=W10")).status_code == 422
    beyond = base64.urlsafe_b64encode(b"[1e30]").decode().rstrip("=")
    timeline = f"{path(journey)}/timeline?cursor={beyond}"
    assert (await api.get(timeline)).status_code == 422
    assert (await api.get(f"{path(uuid4())}/reminders")).status_code == 404
