"""What does not arrive becomes somebody's work, which has an owner, a ladder and an end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlmodel import select

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
    rungs,
    started,
    told,
    with_hours,
    woken,
)
from tests.services.coordination.conftest import Engine, MakeSettings, app_of, served, until
from tests.services.coordination.receivers import (
    SECRET,
    FhirServer,
    Hook,
    a_fhir_server,
    a_mail_server,
    a_web_receiver,
)

DUE = "2026-06-01T07:00:00Z"


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """A webhook receiver that checks every signature."""
    async with a_web_receiver() as receiver:
        yield receiver


async def listening(api: httpx2.AsyncClient, **wanted: Any) -> UUID:
    id = uuid4()
    answer = await api.put(f"/coordination/v1/subscriptions/{id}", json=wanted)
    assert answer.status_code == 200, answer.text
    return id


async def a_due_thing(api: httpx2.AsyncClient, *owed: dict[str, Any]) -> UUID:
    await with_hours(api, spread_minutes=0)
    journey = await started(api)
    conclusion = a_conclusion(*(owed or (an_obligation(),)))
    await reported(api, journey, a_progress(1, conclusion=conclusion))
    await woken(api, journey, DUE)
    return journey


async def work(api: httpx2.AsyncClient, journey: UUID) -> list[dict[str, Any]]:
    owed = (await api.get(path(journey))).json()["obligations"]
    return [one for one in owed if one["rule"] == "undelivered"]


async def statuses(api: httpx2.AsyncClient, journey: UUID) -> list[str]:
    said = (await api.get(f"{path(journey)}/reminders")).json()["reminders"]
    return [delivery["status"] for one in said for delivery in one["deliveries"]]


async def attention(api: httpx2.AsyncClient) -> list[str]:
    [row] = (await api.get("/coordination/v1/worklist")).json()["rows"]
    found: list[str] = row["attention"]
    return found


async def test_a_receivers_no_is_work_of_the_office_and_the_journey_looks_at_it(
    api: httpx2.AsyncClient, hook: Hook, engine: Engine
) -> None:
    hook.answers = [410]
    await listening(api, channel="webhook", url=hook.url, secret=SECRET)
    journey = await a_due_thing(api)

    await until(lambda: journey in engine.looked)

    [one] = await work(api, journey)
    assert (one["service"], one["ladder"], one["act"]) == ("coordination", "office", "undelivered")
    assert one["because"] == "webhook: answered with 410"
    assert await attention(api) == ["1 not delivered"]
    parts: Parts = app_of(api).state.parts
    await parts.metrics.refresh(parts.database.across)
    metrics = (await api.get("/metrics")).text
    assert "tio_undelivered_open 1.0" in metrics
    assert "tio_patients_lost 0.0" in metrics


async def test_it_climbs_to_a_supervisor_until_a_person_ends_it(
    api: httpx2.AsyncClient, hook: Hook, engine: Engine
) -> None:
    hook.answers = [410] * 50
    await listening(api, channel="webhook", url=hook.url, secret=SECRET)
    journey = await a_due_thing(api)
    await until(lambda: journey in engine.looked)
    done = a_conclusion(an_obligation(status="done"))
    wake = await reported(
        api, journey, a_progress(2, datetime.now(UTC).isoformat(), conclusion=done)
    )
    before = len(await rungs(api, journey))

    while wake is not None:
        wake = await woken(api, journey, wake)

    climbed = [rung for rung, _ in (await rungs(api, journey))[before:]]
    assert climbed[-2:] == ["T+7", "T+60"]
    # That the office could not be told either is not another piece of work.
    [one] = await work(api, journey)
    key = {"rule": one["rule"], "occurrence": one["occurrence"]}
    ends = {"obligation": key, "disposition": "DONE", "reason": "another mailbox"}
    event = an_event("disposition", payload=ends)
    assert (await told(api, journey, event)).status_code == 202
    settled = {"outcome": "applied", "reason": ""}
    await api.put(f"{path(journey)}/events/{event['id']}/outcome", json=settled)

    assert [one["disposition"] for one in await work(api, journey)] == ["DONE"]
    assert await attention(api) == []


async def test_many_messages_to_one_dead_mailbox_are_one_piece_of_work_a_journey(
    sqlite_url: str, make_settings: MakeSettings, north: str
) -> None:
    with a_mail_server() as mailbox:
        mailbox.answers = ["550 nobody here"] * 10
        settings = make_settings(sqlite_url, smtp_host="127.0.0.1", smtp_port=mailbox.port)
        async with served(settings, Engine(), north) as api:
            await listening(api, channel="email", address="nobody@hospital.example")
            journey = await a_due_thing(api, *(an_obligation(rule=f"R-{n}") for n in range(4)))

            async def all_failed() -> bool:
                return await statuses(api, journey) == ["failed"] * 4

            await until(all_failed)
            [one] = await work(api, journey)
            assert one["because"] == "email: answered with 550"


async def test_an_outage_of_a_day_is_work_until_the_message_arrives(
    sqlite_url: str, make_settings: MakeSettings, north: str, hook: Hook
) -> None:
    # The service's own relay sleeps; this one lives on a clock of its own.
    settings = make_settings(
        sqlite_url, retry_first_seconds=3600, retry_most_seconds=7200, lease_seconds=10
    )
    hook.answers = [503] * 16
    async with served(settings, Engine(), north) as api:
        await listening(api, channel="webhook", url=hook.url, secret=SECRET)
        journey = await a_due_thing(api)
        await until(lambda: hook.raw)
        parts: Parts = app_of(api).state.parts
        begin = datetime.now(UTC)
        when = [begin]
        relay = Deliveries(parts.database.across, settings, parts.metrics, clock=lambda: when[0])
        seen = {}
        for hour in range(2, 40, 2):
            when[0] = begin + timedelta(hours=hour, minutes=hour)
            await relay.work()
            seen[hour] = [one["status"] for one in await work(api, journey)]
        await relay.close()

        assert (seen[22], seen[24], seen[30]) == ([], ["open"], ["open"])
        assert seen[38] == ["done"]
        assert await statuses(api, journey) == ["delivered"]
        [one] = await work(api, journey)
        assert (one["disposition"], one["reason"]) == ("DONE", "it arrived")


async def test_a_closed_journey_has_no_work_left_whatever_bounces(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    hook.answers = [503] * 1000
    await listening(api, channel="webhook", url=hook.url, secret=SECRET)
    journey = await a_due_thing(api)
    await until(lambda: hook.raw)
    await reported(api, journey, a_progress(2, DUE, phase="closed"))
    hook.answers = [410] * 1000

    assert await statuses(api, journey) == ["withdrawn"]
    assert await work(api, journey) == []


# -- FHIR ------------------------------------------------------------------------------------------


@pytest.fixture
async def fhir() -> AsyncIterator[FhirServer]:
    """A FHIR server on a port of its own."""
    async with a_fhir_server() as server:
        yield server


async def test_a_fhir_server_has_each_reminder_once_though_its_answer_was_lost(
    api: httpx2.AsyncClient, fhir: FhirServer
) -> None:
    fhir.lose = 2
    await listening(api, channel="fhir", url=fhir.url, secret="token-of-the-hospital-server")
    journey = await a_due_thing(api)

    async def delivered() -> bool:
        return await statuses(api, journey) == ["delivered"]

    await until(delivered)

    [(id, resource)] = fhir.resources.items()
    assert set(fhir.tokens) == {"Bearer token-of-the-hospital-server"}
    assert (resource["resourceType"], resource["status"]) == ("CommunicationRequest", "active")
    assert resource["recipient"] == [{"display": "staff"}]
    assert resource["about"][0]["identifier"]["value"] == f"urn:uuid:{journey}"
    served_here = await api.get(f"{path(journey)}/reminders/{id}/communication-request")
    assert served_here.headers["content-type"].startswith("application/fhir+json")
    assert served_here.json() == resource
    other = await api.get(f"{path(journey)}/reminders/{uuid4()}/communication-request")
    assert other.status_code == 404


@pytest.mark.parametrize(
    "wanted",
    [
        {"channel": "fhir"},
        {"channel": "fhir", "url": "https://fhir.example/CommunicationRequest", "digest": True},
        {"channel": "email", "address": "a@b.example", "zone": "Mars/Olympus"},
        {"channel": "email", "address": "a@b.example", "country": "XX"},
        {"channel": "email", "address": "a@b.example", "subdivision": "BY"},
        {"channel": "email", "address": "a@b.example", "language": "tlh"},
    ],
    ids=str,
)
async def test_a_subscription_that_could_not_be_kept_is_refused(
    api: httpx2.AsyncClient, wanted: dict[str, Any]
) -> None:
    answer = await api.put(f"/coordination/v1/subscriptions/{uuid4()}", json=wanted)

    assert answer.status_code == 422


async def test_every_delivery_has_one_row_for_one_reminder_and_one_receiver(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    await listening(api, channel="webhook", url=hook.url, secret=SECRET)
    journey = await a_due_thing(api)
    for _ in range(3):
        await woken(api, journey, DUE)
    await until(lambda: hook.heard)

    async with app_of(api).state.database.across.reading() as session:
        rows = (await session.exec(select(DeliveryRow))).all()
    assert len({(row.reminder, row.subscription) for row in rows}) == len(rows) == 1
