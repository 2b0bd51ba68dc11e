"""When people are told, as a site says it: hours, holidays, spreading, and what a patient hears."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from knowledge.rules.sending_hours import share_of
from services.chassis.tokens import TokenMint
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

PLACE = "/coordination/v1/working-time"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def climbed(api: httpx2.AsyncClient, journey: UUID, wake: Any, most: int = 30) -> None:
    """Wake whenever it is asked for."""
    for _ in range(most):
        if wake is None:
            return
        wake = await woken(api, journey, wake)


async def said(api: httpx2.AsyncClient, journey: UUID) -> list[dict[str, Any]]:
    answer = await api.get(f"{path(journey)}/reminders?limit=500")
    found: list[dict[str, Any]] = answer.json()["reminders"]
    return found


async def test_no_step_is_spent_on_the_holidays_of_the_site(api: httpx2.AsyncClient) -> None:
    await with_hours(api, country="DE", subdivision="BY", spread_minutes=0)
    journey = await started(api)
    due = an_obligation(due="2026-04-02", opens="2026-04-02", ladder="decision")

    wake = await reported(
        api, journey, a_progress(1, "2026-04-01T10:00:00Z", conclusion=a_conclusion(due))
    )
    await climbed(api, journey, wake)

    days = [(one["rung"], one["recorded_at"][:10]) for one in await said(api, journey)]
    # Good Friday is 3 April, Easter Monday 6 April.
    assert days[:3] == [("T0", "2026-04-02"), ("T+3", "2026-04-09"), ("T+7", "2026-04-13")]


async def test_on_a_ward_people_are_told_on_easter_sunday(api: httpx2.AsyncClient) -> None:
    await with_hours(api, country="DE", spread_minutes=0)
    journey = await started(api)
    due = an_obligation(due="2026-04-05", opens="2026-04-05", ladder="postoperative")

    wake = await reported(
        api, journey, a_progress(1, "2026-04-04T10:00:00Z", conclusion=a_conclusion(due))
    )

    assert wake == utc("2026-04-05T07:00:00")
    await woken(api, journey, wake)
    assert await rungs(api, journey) == [("T0", "sent")]


async def test_a_patient_gets_no_message_on_christmas_where_the_country_is_known(
    api: httpx2.AsyncClient,
) -> None:
    days = {}
    for wanted in ("not_on_holidays", "every_day"):
        await with_hours(api, country="DE", spread_minutes=0, patients_told=wanted)
        journey = await started(api, patient={"id": wanted})
        due = an_obligation(due="2026-12-28", opens="2026-12-01")
        wake = await reported(
            api, journey, a_progress(1, "2026-12-01T10:00:00Z", conclusion=a_conclusion(due))
        )
        await climbed(api, journey, wake)
        days[wanted] = {one["rung"]: one["recorded_at"][:10] for one in await said(api, journey)}

    assert days["every_day"]["T-3"] == "2026-12-25"
    assert days["not_on_holidays"]["T-3"] == "2026-12-24"
    assert days["not_on_holidays"]["T0"] == "2026-12-28"


async def test_a_site_has_hours_of_its_own_and_the_others_those_of_the_organisation(
    api: httpx2.AsyncClient,
) -> None:
    await with_hours(api, opens="10:00", spread_minutes=0)
    answer = await api.put(f"{PLACE}/north-ward", json={"opens": "11:30", "spread_minutes": 0})
    assert answer.status_code == 200, answer.text
    journey = await started(api)

    task = a_task(opened_at="2026-05-04T04:00:00Z")
    wake = await reported(api, journey, a_progress(1, "2026-05-04T05:00:00Z", task=task))

    assert wake == utc("2026-05-04T08:00:00")
    assert (await api.get(f"{PLACE}/north-ward")).json()["opens"] == "11:30:00"
    assert (await api.get(f"{PLACE}/south-ward")).status_code == 404


async def test_a_journey_has_its_own_turn_in_the_hour_after_nine(api: httpx2.AsyncClient) -> None:
    for number in range(5):
        journey = await started(api, patient={"id": f"MRN-{number}"})
        wake = await reported(api, journey, a_progress(1, conclusion=a_conclusion(an_obligation())))

        turn = timedelta(seconds=int(3600 * share_of(journey)))
        assert wake == utc("2026-05-18T07:00:00") + turn
        await climbed(api, journey, wake)
        assert {status for _, status in await rungs(api, journey)} == {"sent"}


async def test_a_patient_hears_no_more_than_the_cap_and_the_rest_next_day_as_late(
    api: httpx2.AsyncClient,
) -> None:
    await with_hours(api, messages_a_day=2, spread_minutes=0)
    journey = await started(api)
    many = [an_obligation(rule=f"R-{number}") for number in range(5)]
    wake = await reported(api, journey, a_progress(1, conclusion=a_conclusion(*many)))

    wake = await woken(api, journey, wake)

    statuses = [one["status"] for one in await said(api, journey)]
    assert sorted(statuses) == ["held", "held", "held", "sent", "sent"]
    assert wake == utc("2026-05-19T07:00:00")
    # What is done meanwhile is not said any more.
    rest = [one | {"status": "done"} if one["rule"] == "R-2" else one for one in many]
    wake = await reported(
        api, journey, a_progress(2, "2026-05-18T08:00:00Z", conclusion=a_conclusion(*rest))
    )
    assert wake == utc("2026-05-19T07:00:00")
    wake = await woken(api, journey, wake)
    await woken(api, journey, wake)

    found = [
        (one["rule"], one["status"], one["recorded_at"][:10]) for one in await said(api, journey)
    ]
    assert sorted(found) == [
        ("R-0", "sent", "2026-05-18"),
        ("R-1", "sent", "2026-05-18"),
        ("R-2", "withdrawn", "2026-05-18"),
        ("R-3", "sent-late", "2026-05-19"),
        ("R-4", "sent-late", "2026-05-20"),
    ]


async def test_what_was_held_keeps_to_the_cap_also_after_an_outage_of_days(
    api: httpx2.AsyncClient,
) -> None:
    await with_hours(api, messages_a_day=2, spread_minutes=0)
    journey = await started(api)
    many = [an_obligation(rule=f"R-{number}") for number in range(7)]
    wake = await reported(api, journey, a_progress(1, conclusion=a_conclusion(*many)))
    await woken(api, journey, wake)

    wake = await woken(api, journey, "2026-05-23T09:00:00Z")
    while wake is not None and wake < utc("2026-05-28T00:00:00"):
        wake = await woken(api, journey, wake)

    days = Counter(
        one["recorded_at"][:10]
        for one in await said(api, journey)
        if one["status"] in ("sent", "sent-late")
    )
    assert days == {"2026-05-18": 2, "2026-05-23": 2, "2026-05-24": 2, "2026-05-25": 1}


async def test_the_cap_counts_all_journeys_of_one_patient(api: httpx2.AsyncClient) -> None:
    await with_hours(api, messages_a_day=1, spread_minutes=0)
    one, two = await started(api), await started(api)
    for journey in (one, two):
        conclusion = a_conclusion(an_obligation())
        wake = await reported(api, journey, a_progress(1, conclusion=conclusion))
        await woken(api, journey, wake)

    assert [status for _, status in await rungs(api, one)] == ["sent"]
    assert [status for _, status in await rungs(api, two)] == ["held"]


async def test_the_cap_is_kept_though_all_journeys_of_a_patient_speak_at_the_same_moment(
    api: httpx2.AsyncClient,
) -> None:
    await with_hours(api, messages_a_day=1, spread_minutes=0)
    journeys = [await started(api) for _ in range(6)]
    due = a_conclusion(an_obligation())
    for journey in journeys:
        await reported(api, journey, a_progress(1, conclusion=due))

    for day in (18, 19):
        at = f"2026-05-{day}T07:00:00Z"
        await asyncio.gather(*(woken(api, journey, at) for journey in journeys))
        found = [status for journey in journeys for _, status in await rungs(api, journey)]
        assert found.count("held") == 6 - (day - 17)


async def test_what_is_held_is_not_said_twice_however_often_it_is_asked(
    api: httpx2.AsyncClient,
) -> None:
    await with_hours(api, messages_a_day=1, spread_minutes=0)
    journey = await started(api)
    both = [an_obligation(rule="A"), an_obligation(rule="B")]
    wake = await reported(api, journey, a_progress(1, conclusion=a_conclusion(*both)))
    for _ in range(3):
        await woken(api, journey, wake)
    for _ in range(3):
        await woken(api, journey, "2026-05-19T07:00:00Z")

    assert sorted(await rungs(api, journey)) == [("T-14", "sent"), ("T-14", "sent-late")]


async def test_whoever_refuses_messages_gets_none_and_the_ladder_climbs(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)
    wish = {"refuses": ["sms"], "reason": "the number is shared", "language": "zh"}
    await applied(api, journey, an_event("preferences", payload=wish))

    wake = await reported(api, journey, a_progress(1, conclusion=a_conclusion(an_obligation())))
    await climbed(api, journey, wake)

    found = [(one["rung"], one["means"], one["status"]) for one in await said(api, journey)]
    assert found[:5] == [
        ("T-14", "letter-or-app", "sent"),
        ("T-3", "sms", "not-wanted"),
        ("T0", "worklist", "sent"),
        ("T+7", "letter", "sent"),
        ("T+14", "phone", "sent"),
    ]


async def applied(api: httpx2.AsyncClient, journey: UUID, event: dict[str, Any]) -> dict[str, Any]:
    """Told, and settled as its journey does."""
    answer = await told(api, journey, event)
    assert answer.status_code == 202, answer.text
    settled = {"outcome": "applied", "reason": ""}
    outcome = await api.put(f"{path(journey)}/events/{event['id']}/outcome", json=settled)
    found: dict[str, Any] = outcome.json()
    return found


@pytest.mark.parametrize(
    "wanted",
    [
        {"zone": "Mars/Olympus"},
        {"country": "XX"},
        {"country": "DE", "subdivision": "ZZ"},
        {"subdivision": "BY"},
        {"opens": "17:00", "closes": "08:00"},
        {"quiet_until": "21:00"},
        {"opens": "08:00+02:00"},
        {"spread_minutes": 241},
        {"messages_a_day": 0},
        {"lunch": "12:00"},
        {"weekdays": ["washday"]},
        {"weekdays": []},
    ],
    ids=str,
)
async def test_hours_that_nobody_could_keep_are_refused(
    api: httpx2.AsyncClient, wanted: dict[str, Any]
) -> None:
    assert (await api.put(PLACE, json=wanted)).status_code == 422


async def test_working_time_is_changed_by_who_knows_its_version(
    api: httpx2.AsyncClient, mint: TokenMint
) -> None:
    assert (await api.get(PLACE)).status_code == 404
    first = await api.put(PLACE, json={"country": "DE"})
    assert first.headers["etag"] == '"1"'
    assert (await api.put(PLACE, json={"country": "DE"})).headers["etag"] == '"1"'
    assert (await api.put(PLACE, json={"country": "AT"})).status_code == 428
    stale = await api.put(PLACE, json={"country": "AT"}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    changed = await api.put(PLACE, json={"country": "AT"}, headers={"If-Match": '"1"'})
    assert changed.json()["version"] == 2

    other = {"Authorization": f"Bearer {mint.mint('x', 'south', ('system/*.cruds',))}"}
    assert (await api.get(PLACE, headers=other)).status_code == 404
    reader = {"Authorization": f"Bearer {mint.mint('x', 'north', ('system/Location.r',))}"}
    assert (await api.get(PLACE, headers=reader)).json()["country"] == "AT"
    assert (await api.put(PLACE, json={}, headers=reader)).status_code == 403
