"""One message a working day for one who has much to do; each item in it is said once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlmodel import select

from services.chassis.database import Database
from services.coordination.notify import Deliveries
from services.coordination.parts import Parts
from services.coordination.tables import DeliveryRow
from tests.services.coordination.builders import (
    a_conclusion,
    a_progress,
    an_event,
    an_obligation,
    path,
    reported,
    started,
    told,
    with_hours,
    woken,
)
from tests.services.coordination.conftest import Engine, MakeSettings, app_of, served, until
from tests.services.coordination.receivers import SECRET, Hook, a_mail_server, a_web_receiver

FUTURE = 2124
"""Far ahead, so that what waits is not sent by the clock on the wall."""


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """A webhook receiver that checks every signature."""
    async with a_web_receiver() as receiver:
        yield receiver


async def subscribed(api: httpx2.AsyncClient, **wanted: Any) -> UUID:
    id = uuid4()
    answer = await api.put(f"/coordination/v1/subscriptions/{id}", json=wanted)
    assert answer.status_code == 200, answer.text
    return id


async def late_journeys(
    api: httpx2.AsyncClient, number: int, at: str, **changes: Any
) -> list[UUID]:
    """So many journeys with one thing that is due on this morning, and said now."""
    found = []
    for which in range(number):
        journey = await started(api, patient={"id": f"MRN-{which}"}, **changes)
        due = an_obligation(due=at[:10], opens=at[:10])
        await reported(api, journey, a_progress(1, at, conclusion=a_conclusion(due)))
        await woken(api, journey, at)
        found.append(journey)
    return found


async def deliveries(api: httpx2.AsyncClient) -> list[DeliveryRow]:
    database: Database = app_of(api).state.database
    async with database.across.reading() as session:
        return list((await session.exec(select(DeliveryRow))).all())


async def relayed(api: httpx2.AsyncClient, at: datetime) -> None:
    """Let the relay work as it will at that moment."""
    parts: Parts = app_of(api).state.parts
    relay = Deliveries(parts.database.across, parts.settings, parts.metrics, clock=lambda: at)
    while await relay.work():
        pass
    await relay.close()


def morning(year: int = FUTURE) -> str:
    return f"{year}-06-06T07:00:00Z"  # a Tuesday


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


async def test_thirty_late_tasks_are_one_message_at_eleven_and_each_is_in_it_once(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    await with_hours(api, spread_minutes=0)
    await subscribed(
        api, channel="webhook", url=hook.url, secret=SECRET, digest=True, assignee="ward-7"
    )
    journeys = await late_journeys(api, 30, morning())
    await late_journeys(api, 2, morning(), assignee="ward-8")

    waiting = await deliveries(api)
    eleven = moment(f"{FUTURE}-06-06T09:00:00Z")
    assert {row.next_try_at for row in waiting} == {eleven}
    await relayed(api, eleven - timedelta(seconds=1))
    assert hook.heard == []
    await relayed(api, eleven)
    await relayed(api, eleven + timedelta(hours=1))

    [(id, body)] = hook.heard
    assert (body["type"], body["data"]["digest"]) == ("reminder.digest", id)
    said = [item["journey"] for item in body["data"]["items"]]
    assert sorted(said) == sorted(str(journey) for journey in journeys)
    assert {row.status for row in await deliveries(api)} == {"delivered"}


async def test_a_digest_that_is_refused_for_now_comes_again_as_the_same_message(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    await with_hours(api, spread_minutes=0)
    hook.answers = [503, 503]
    await subscribed(api, channel="webhook", url=hook.url, secret=SECRET, digest=True)
    await late_journeys(api, 3, morning())
    at = moment(f"{FUTURE}-06-06T09:00:00Z")

    for later in range(5):
        await relayed(api, at + timedelta(minutes=later))

    [(id, body)] = hook.heard
    assert len(hook.raw) == 3
    assert all(id.encode() in raw for raw in hook.raw)
    assert len(body["data"]["items"]) == 3


async def test_what_came_after_the_digest_of_friday_is_in_that_of_monday(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    await with_hours(api, spread_minutes=0)
    await subscribed(api, channel="webhook", url=hook.url, secret=SECRET, digest=True)
    friday = f"{FUTURE}-06-09"
    await late_journeys(api, 2, f"{friday}T07:00:00Z")
    await late_journeys(api, 2, f"{friday}T12:00:00Z")

    for day in range(9, 14):
        await relayed(api, moment(f"{FUTURE}-06-{day:02}T09:00:00Z"))

    items = [len(body["data"]["items"]) for _, body in hook.heard]
    times = sorted({row.next_try_at.isoformat() for row in await deliveries(api)})
    assert items == [2, 2]
    assert times == [f"{FUTURE}-06-09T09:00:00+00:00", f"{FUTURE}-06-12T09:00:00+00:00"]


async def test_what_is_done_before_the_digest_leaves_is_not_in_it(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    await with_hours(api, spread_minutes=0)
    await subscribed(api, channel="webhook", url=hook.url, secret=SECRET, digest=True)
    done, still_open = await late_journeys(api, 2, morning())
    ended = an_obligation(due=morning()[:10], opens=morning()[:10], status="done")
    await reported(api, done, a_progress(2, morning(), conclusion=a_conclusion(ended)))

    await relayed(api, moment(f"{FUTURE}-06-06T09:00:00Z"))

    [(_, body)] = hook.heard
    assert [item["journey"] for item in body["data"]["items"]] == [str(still_open)]


async def test_what_is_critical_waits_for_no_digest(api: httpx2.AsyncClient, hook: Hook) -> None:
    await subscribed(
        api,
        channel="webhook",
        url=hook.url,
        secret=SECRET,
        digest=True,
        muted_because="on leave",
    )
    journey = await started(api)
    night = f"{FUTURE}-06-10T01:00:00Z"  # a Saturday
    alarm = an_obligation(ladder="critical", due=night[:10], opens=night[:10])

    await reported(api, journey, a_progress(1, night, conclusion=a_conclusion(alarm)))

    await until(lambda: hook.heard)
    assert [body["data"]["rung"] for _, body in hook.heard] == ["T0"]


async def test_a_digest_as_an_email_names_each_thing_in_the_language_of_its_reader(
    sqlite_url: str, make_settings: MakeSettings, north: str
) -> None:
    with a_mail_server() as mailbox:
        settings = make_settings(sqlite_url, smtp_host="127.0.0.1", smtp_port=mailbox.port)
        async with served(settings, Engine(), north) as api:
            await with_hours(api, spread_minutes=0)
            for language in ("en", "zh"):
                await subscribed(
                    api,
                    channel="email",
                    address=f"{language}@hospital.example",
                    digest=True,
                    language=language,
                )
            journeys = await late_journeys(api, 2, morning())
            await relayed(api, moment(f"{FUTURE}-06-06T09:00:00Z"))

        texts = {mail["To"]: mail for mail in mailbox.mails}
        assert len(mailbox.mails) == 2
        for language, what in (("en", "What: "), ("zh", "事项：")):
            mail = texts[f"{language}@hospital.example"]
            payload = mail.get_payload(decode=True)
            assert isinstance(payload, bytes)
            words = payload.decode()
            assert words.count(what) == 2
            assert all(str(journey) in words for journey in journeys)
            assert str(mail["Message-ID"]).startswith("<")


async def test_a_patient_is_told_in_the_language_that_was_wished_for(
    sqlite_url: str, make_settings: MakeSettings, north: str
) -> None:
    with a_mail_server() as mailbox:
        settings = make_settings(sqlite_url, smtp_host="127.0.0.1", smtp_port=mailbox.port)
        async with served(settings, Engine(), north) as api:
            await with_hours(api, spread_minutes=0)
            await subscribed(
                api, channel="email", address="patients@hospital.example", roles=["patient"]
            )
            journey = await started(api)
            wish = an_event("preferences", payload={"language": "zh"})
            assert (await told(api, journey, wish)).status_code == 202
            settled = {"outcome": "applied", "reason": ""}
            await api.put(f"{path(journey)}/events/{wish['id']}/outcome", json=settled)
            await reported(api, journey, a_progress(1, conclusion=a_conclusion(an_obligation())))
            await woken(api, journey, "2026-05-18T07:00:00Z")
            await until(lambda: mailbox.mails)

        [mail] = mailbox.mails
        payload = mail.get_payload(decode=True)
        assert isinstance(payload, bytes)
        words = payload.decode()
        assert "事项：" in words
        assert "2026年6月1日" in words
        assert "患者" in words


async def test_nobody_is_told_outside_of_their_own_hours_wherever_they_are(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    await with_hours(api, spread_minutes=0)
    to = {"channel": "webhook", "url": hook.url, "secret": SECRET, "roles": ["staff"]}
    await subscribed(api, **to, zone="America/New_York")
    await subscribed(api, **to, zone="Asia/Shanghai", country="CN")
    await subscribed(api, **to)
    await late_journeys(api, 1, morning())

    times = sorted(row.next_try_at.isoformat() for row in await deliveries(api))

    # Nine in Berlin is three at night in New York, and three in the afternoon in Shanghai.
    assert times[-1] == f"{FUTURE}-06-06T12:00:00+00:00"
    assert len([time for time in times if time < f"{FUTURE}"]) == 2  # those leave at once


async def test_who_does_not_want_to_be_told_is_not_and_why_is_kept(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    await with_hours(api, spread_minutes=0)
    id = await subscribed(
        api, channel="webhook", url=hook.url, secret=SECRET, muted_because="another mailbox"
    )
    [journey] = await late_journeys(api, 1, "2026-06-01T07:00:00Z")

    said = (await api.get(f"{path(journey)}/reminders")).json()["reminders"]
    [sent] = [one for one in said if one["status"] == "sent-late" or one["status"] == "sent"]

    assert [one["status"] for one in sent["deliveries"]] == ["muted"]
    shown = (await api.get(f"/coordination/v1/subscriptions/{id}")).json()
    assert shown["muted_because"] == "another mailbox"
    assert hook.raw == []
