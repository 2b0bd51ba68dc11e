"""Reminders out: signed, once per receiver, until they are delivered or stand as work."""

import asyncio
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from services.chassis.tokens import TokenMint
from services.coordination import reach
from tests.services.coordination.builders import (
    PATIENT,
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
from tests.services.coordination.conftest import Engine, MakeSettings, served, until
from tests.services.coordination.receivers import SECRET, Hook, a_mail_server, a_web_receiver

DUE = "2026-06-01T07:00:00Z"


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


async def listening(api: httpx2.AsyncClient, hook: Hook, **more: Any) -> UUID:
    return await subscribed(api, channel="webhook", url=hook.url, secret=SECRET, **more)


async def a_due_thing(api: httpx2.AsyncClient, **changes: Any) -> UUID:
    await with_hours(api, spread_minutes=0)
    journey = await started(api)
    conclusion = a_conclusion(an_obligation(**changes))
    await reported(api, journey, a_progress(1, conclusion=conclusion))
    return journey


async def deliveries(api: httpx2.AsyncClient, journey: UUID) -> list[dict[str, Any]]:
    answer = (await api.get(f"{path(journey)}/reminders")).json()["reminders"]
    return [delivery for said in answer for delivery in said["deliveries"]]


async def test_a_reminder_reaches_its_receiver_signed_and_once(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    await listening(api, hook)
    journey = await a_due_thing(api)

    await asyncio.gather(*(woken(api, journey, DUE) for _ in range(5)))
    await until(lambda: len(hook.heard) == 1)
    await woken(api, journey, DUE)

    [said] = [
        said
        for said in (await api.get(f"{path(journey)}/reminders")).json()["reminders"]
        if said["rung"] == "T0"
    ]
    assert hook.heard == [
        (
            said["id"],
            {
                "type": "reminder.due",
                "timestamp": "2026-06-01T07:00:00Z",
                "data": {
                    "reminder": said["id"],
                    "journey": str(journey),
                    "act": "s_phos",
                    "rule": "FUP-01",
                    "occurrence": "day-1",
                    "due": "2026-06-01",
                    "rung": "T0",
                    "recipient": "staff",
                    "means": "worklist",
                    "late": False,
                    "language": "en",
                    "link": f"http://pathway.example/journeys/{journey}",
                },
            },
        )
    ]
    await until(lambda: _all_delivered(api, journey))


async def _all_delivered(api: httpx2.AsyncClient, journey: UUID) -> bool:
    found = await deliveries(api, journey)
    return bool(found) and all(one["status"] == "delivered" for one in found)


async def test_a_receiver_that_is_away_hears_it_when_it_is_back(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    hook.answers = [503, 429, 500]
    await listening(api, hook)
    journey = await a_due_thing(api)

    await woken(api, journey, DUE)

    await until(lambda: _all_delivered(api, journey))
    assert len(hook.heard) == 1
    assert [one["attempts"] for one in await deliveries(api, journey)] == [4]


@pytest.mark.parametrize("status", [302, 404, 410])
async def test_a_receiver_that_says_no_makes_work(
    api: httpx2.AsyncClient, hook: Hook, status: int
) -> None:
    hook.answers, hook.location = [status], hook.url
    await listening(api, hook)
    journey = await a_due_thing(api)

    await woken(api, journey, DUE)

    async def failed() -> bool:
        return [one["status"] for one in await deliveries(api, journey)] == ["failed"]

    await until(failed)
    assert hook.heard == []
    [row] = (await api.get("/coordination/v1/worklist")).json()["rows"]
    assert row["attention"] == ["1 not delivered"]
    timeline = (await api.get(f"{path(journey)}/timeline")).json()["entries"]
    assert timeline[-1]["what"] == "undelivered"


async def test_each_role_hears_what_is_meant_for_it(api: httpx2.AsyncClient, hook: Hook) -> None:
    await listening(api, hook, roles=["clinician", "supervisor"])
    journey = await a_due_thing(api)

    for moment in (DUE, "2026-06-08T07:00:00Z", "2026-06-15T07:00:00Z", "2026-07-01T07:00:00Z"):
        await woken(api, journey, moment)

    await until(lambda: hook.heard)
    assert [body["data"]["rung"] for _, body in hook.heard] == ["T+30"]


async def test_what_ended_meanwhile_is_no_longer_said(api: httpx2.AsyncClient, hook: Hook) -> None:
    hook.answers = [503] * 1000
    await listening(api, hook)
    journey = await a_due_thing(api)
    await woken(api, journey, DUE)
    await until(lambda: hook.raw)

    done = a_conclusion(an_obligation(status="done"))
    await reported(api, journey, a_progress(2, DUE, conclusion=done))
    hook.answers = []

    assert [one["status"] for one in await deliveries(api, journey)] == ["withdrawn"]


async def test_a_restart_delivers_what_was_recorded_before_it(
    settings: Any, north: str, hook: Hook, unused_port: int
) -> None:
    nowhere = f"http://127.0.0.1:{unused_port}/"
    async with served(settings, Engine(), north) as api:
        subscription = await subscribed(api, channel="webhook", url=nowhere, secret=SECRET)
        journey = await a_due_thing(api)
        await woken(api, journey, DUE)
        moved = {"channel": "webhook", "url": hook.url, "secret": SECRET}
        place = f"/coordination/v1/subscriptions/{subscription}"
        assert (await api.put(place, json=moved)).status_code == 428
        assert (await api.put(place, json=moved, headers={"If-Match": '"1"'})).status_code == 200

    async with served(settings, Engine(), north) as api:
        await until(lambda: _all_delivered(api, journey))
        await woken(api, journey, DUE)
    assert len(hook.heard) == 1


@pytest.fixture
def unused_port() -> int:
    """A port nobody listens on."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


async def test_two_running_coordinations_deliver_once(
    settings: Any, north: str, hook: Hook
) -> None:
    async with served(settings, Engine(), north) as one, served(settings, Engine(), north) as two:
        await listening(one, hook)
        journeys = [await a_due_thing(api) for api in (one, two) * 3]
        await asyncio.gather(
            *(woken(api, journey, DUE) for journey in journeys for api in (one, two))
        )
        await until(lambda: len(hook.heard) >= len(journeys))
        for journey in journeys:
            await until(lambda journey=journey: _all_delivered(two, journey))  # type: ignore[misc]
    assert len(hook.heard) == len({id for id, _ in hook.heard}) == len(journeys)


async def test_a_slow_receiver_does_not_cost_the_relay_its_lease(
    database_url: str, make_settings: MakeSettings, north: str, hook: Hook
) -> None:
    hook.slow = 1.5  # longer than the lease; and that is longer than a busy machine looks away
    settings = make_settings(database_url, lease_seconds=1.2)
    async with served(settings, Engine(), north) as one, served(settings, Engine(), north) as two:
        await listening(one, hook)
        journeys = [await a_due_thing(api) for api in (one, two)]
        for journey in journeys:
            await woken(one, journey, DUE)
        for journey in journeys:
            await until(lambda journey=journey: _all_delivered(two, journey))  # type: ignore[misc]
    assert len(hook.raw) == len(journeys)


async def test_one_receivers_impossible_address_costs_the_others_nothing(
    sqlite_url: str, make_settings: MakeSettings, north: str, hook: Hook
) -> None:
    hook.slow = 0.5
    async with served(make_settings(sqlite_url), Engine(), north) as api:
        too_long = f"https://{'a' * 64}.example/"
        await subscribed(api, channel="webhook", url=too_long, secret=SECRET)
        await listening(api, hook)
        journey = await a_due_thing(api)

        await woken(api, journey, DUE)

        async def one_arrived() -> bool:
            return "delivered" in [one["status"] for one in await deliveries(api, journey)]

        await until(one_arrived)
        assert len(hook.raw) == 1


async def test_a_receiver_that_never_stops_talking_is_not_listened_to(
    sqlite_url: str, make_settings: MakeSettings, north: str, hook: Hook
) -> None:
    hook.endless = True
    async with served(make_settings(sqlite_url), Engine(), north) as api:
        await listening(api, hook)
        journey = await a_due_thing(api)

        await woken(api, journey, DUE)

        await until(lambda: _all_delivered(api, journey))


async def test_an_email_leaves_without_a_name_and_can_be_recognised(
    database_url: str, make_settings: MakeSettings, north: str
) -> None:
    with a_mail_server() as mailbox:
        mailbox.answers = ["451 later"]
        settings = make_settings(database_url, smtp_host="127.0.0.1", smtp_port=mailbox.port)
        async with served(settings, Engine(), north) as api:
            await subscribed(api, channel="email", address="ward@hospital.example")
            journey = await a_due_thing(api)
            await woken(api, journey, DUE)
            await until(lambda: _all_delivered(api, journey))
            said = (await api.get(f"{path(journey)}/reminders")).json()["reminders"]

        [mail] = mailbox.mails
        [sent] = [one for one in said if one["rung"] == "T0"]
        assert mail["Message-ID"] == f"<{sent['id']}@localhost>"
        assert mail["To"] == "ward@hospital.example"
        assert parsedate_to_datetime(mail["Date"]).isoformat() == "2026-06-01T07:00:00+00:00"
        words = str(mail.get_payload()) + mail["Subject"]
        assert f"http://pathway.example/journeys/{journey}" in words
        assert "tumor" not in words.lower()
        assert "osteomalacia" not in words.lower()
        assert PATIENT not in words


async def test_a_mailbox_that_does_not_exist_makes_work(
    sqlite_url: str, make_settings: MakeSettings, north: str
) -> None:
    with a_mail_server() as mailbox:
        mailbox.answers = ["550 nobody here"]
        settings = make_settings(sqlite_url, smtp_host="127.0.0.1", smtp_port=mailbox.port)
        async with served(settings, Engine(), north) as api:
            await subscribed(api, channel="email", address="nobody@hospital.example")
            journey = await a_due_thing(api)
            await woken(api, journey, DUE)

            async def failed() -> bool:
                return [one["status"] for one in await deliveries(api, journey)] == ["failed"]

            await until(failed)


async def test_a_secret_is_shown_to_nobody(api: httpx2.AsyncClient, hook: Hook) -> None:
    id = await listening(api, hook)

    answer = await api.get(f"/coordination/v1/subscriptions/{id}")

    assert "secret" not in answer.text
    assert SECRET not in answer.text
    assert answer.headers["etag"] == '"1"'
    wanted = {"channel": "webhook", "url": hook.url + "2", "secret": SECRET}
    stale = await api.put(
        f"/coordination/v1/subscriptions/{id}", json=wanted, headers={"If-Match": '"7"'}
    )
    assert stale.status_code == 412


async def test_to_create_and_to_change_a_subscription_are_two_rights(
    api: httpx2.AsyncClient, mint: TokenMint
) -> None:
    place = f"/coordination/v1/subscriptions/{uuid4()}"
    wanted = {"channel": "email", "address": "a@b.example"}
    changed = wanted | {"roles": ["staff"]}
    may_create, may_change = (
        {"Authorization": f"Bearer {mint.mint('x', 'north', (f'system/Subscription.{verb}',))}"}
        for verb in "cu"
    )
    match = {"If-Match": '"1"'}

    assert (await api.put(place, json=wanted, headers=may_change)).status_code == 403
    assert (await api.put(place, json=wanted, headers=may_create)).status_code == 200
    assert (await api.put(place, json=changed, headers=may_create | match)).status_code == 403
    assert (await api.put(place, json=changed, headers=may_change | match)).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"channel": "webhook", "url": "https://a.example"}, ""),
        ({"channel": "webhook", "url": "https://a.example", "secret": "x" * 24}, "/secret"),
        ({"channel": "webhook", "url": "ftp://a.example", "secret": SECRET}, "/url"),
        ({"channel": "email", "address": "not an address"}, "/address"),
        ({"channel": "email"}, ""),
        ({"channel": "pigeon"}, "/channel"),
    ],
)
async def test_a_subscription_that_could_not_work_is_refused(
    api: httpx2.AsyncClient, wanted: dict[str, Any], pointer: str
) -> None:
    answer = await api.put(f"/coordination/v1/subscriptions/{uuid4()}", json=wanted)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


HOSTILE = [
    "http://public.example/",
    "https://127.0.0.1/",
    "https://127.0.0.1:8233/",
    "https://localhost/",
    "https://10.0.0.8/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://user:password@public.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "https:///",
    "nonsense",
]


@pytest.mark.parametrize("url", HOSTILE)
async def test_a_webhook_cannot_be_turned_against_our_own_network(url: str) -> None:
    with pytest.raises((reach.NotAllowed, OSError)):
        await reach.look_up(url, private=False)


async def test_an_address_is_checked_again_when_it_is_called(
    sqlite_url: str, make_settings: MakeSettings, north: str, hook: Hook
) -> None:
    lenient = make_settings(sqlite_url)
    strict = make_settings(sqlite_url, webhook_private_networks=False)
    async with served(lenient, Engine(), north) as api:
        await listening(api, hook)
    async with served(strict, Engine(), north) as api:
        journey = await a_due_thing(api)
        await woken(api, journey, DUE)

        async def failed() -> bool:
            return [one["status"] for one in await deliveries(api, journey)] == ["failed"]

        await until(failed)
    assert hook.raw == []


async def test_a_planted_record_number_leaves_by_no_door(
    sqlite_url: str,
    make_settings: MakeSettings,
    north: str,
    hook: Hook,
    capfd: pytest.CaptureFixture[str],
) -> None:
    name = "Planted-Name-Okafor"
    with a_mail_server() as mailbox:
        settings = make_settings(sqlite_url, smtp_host="127.0.0.1", smtp_port=mailbox.port)
        async with served(settings, Engine(), north) as api:
            await listening(api, hook)
            await subscribed(api, channel="email", address="ward@hospital.example")
            journey = await a_due_thing(api)
            await told(api, journey, an_event(payload={"patient": {"id": name}}))
            await told(api, journey, an_event(kind=name))
            await told(api, journey, an_event("decision", payload={"answer": name, "reason": name}))
            await woken(api, journey, DUE)
            await until(lambda: hook.raw and mailbox.raw)
            metrics = (await api.get("/metrics")).text

    out = capfd.readouterr()
    everything = b"".join([*hook.raw, *mailbox.raw]).decode() + metrics + out.out + out.err
    assert PATIENT not in everything
    assert name not in everything
    assert "tio_reminders_total" in metrics
