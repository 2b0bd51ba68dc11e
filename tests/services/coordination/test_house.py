"""What every service has: migrations that fit, an audit, metrics; and a lease, and sessions."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from time import time
from typing import Self
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import audit, migrations
from services.chassis.client import Refused, ServiceClient
from services.chassis.database import Database
from services.coordination import lease
from services.coordination.client import CoordinationClient
from services.coordination.contract import (
    Event,
    JourneyRequest,
    Outcome,
    PatientOfJourney,
    Progress,
    SubscriptionRequest,
    Wake,
)
from services.coordination.lease import Lease
from services.coordination.relay import Relay
from services.coordination.sign_in import create_sign_in_link
from tests.postgres import owner_of
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
)
from tests.services.coordination.conftest import app_of, until


async def test_tables_and_migrations_agree(database_url: str) -> None:
    database = Database(database_url, owner_of(database_url))
    await migrations.migrate(database, "services.coordination")

    assert await migrations.differences(database, "services.coordination") == []
    await database.close()


async def test_every_look_at_a_patient_is_kept(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    await api.get(path(journey))
    await api.get(f"{path(journey)}/timeline")
    await api.get(f"{path(journey)}/reminders")
    await api.get("/coordination/v1/worklist")

    database: Database = app_of(api).state.database
    async with database.across.reading() as session:
        entries = await audit.entries(session)
        assert (await audit.verify(session)).intact
    assert [(entry["action"], entry["subject"], entry["patient"]) for entry in entries] == [
        ("create", "lab-system", PATIENT),
        *[("read", "lab-system", PATIENT)] * 3,
        ("search", "lab-system", PATIENT),
    ]


async def test_the_numbers_on_the_dashboard_are_those_in_the_database(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)
    event = an_event()
    await told(api, journey, event)
    conclusion = a_conclusion(an_obligation())
    await reported(api, journey, a_progress(1, "2026-06-01T09:00:00Z", conclusion=conclusion))
    await api.put(f"{path(journey)}/events/{event['id']}/outcome", json={"outcome": "applied"})
    app = app_of(api)
    await app.state.parts.metrics.refresh(app.state.database.across)

    shown = (await api.get("/metrics")).text.splitlines()

    for line in (
        "tio_journeys_open 1.0",
        'tio_journeys{phase="surveillance"} NaN',
        'tio_obligations{due="overdue"} 1.0',
        "tio_events_waiting 0.0",
        'tio_reminders_total{outcome="sent-late"} 1.0',
        'tio_reminders_total{outcome="overtaken"} 2.0',
        "tio_reminder_lateness_seconds_count 1.0",
        "tio_event_to_journey_seconds_count 1.0",
    ):
        assert line in shown
    assert not any(str(journey) in line or PATIENT in line for line in shown)


async def test_one_relay_works_at_a_time(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(database_url, owner_of(database_url))
    await migrations.migrate(database, "services.coordination")
    first, second = (Lease(database, "outbox", 60) for _ in range(2))

    assert await first.held()
    assert not await second.held()
    assert await first.held()
    await first.give_back()
    assert await second.held()
    assert not await first.held()

    # A process of this machine that was killed is not waited for.
    monkeypatch.setattr(lease, "THIS_PROCESS", "another life of this process")
    assert await first.held()
    await database.close()


async def test_a_silent_relay_loses_its_lease(database_url: str) -> None:
    database = Database(database_url, owner_of(database_url))
    await migrations.migrate(database, "services.coordination")
    silent, patient = Lease(database, "outbox", 0.05), Lease(database, "outbox", 0.05)

    assert await silent.held()
    await until(patient.held, 2)
    await database.close()


async def test_a_clock_that_is_wrong_gives_nobody_a_lease_that_another_one_has(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each machine has a clock of its own, and somebody may set it."""
    database = Database(postgres_url, owner_of(postgres_url))
    await migrations.migrate(database, "services.coordination")
    first, ahead = (Lease(database, "outbox", 60) for _ in range(2))
    assert await first.held()
    with wrong_by(timedelta(hours=1), monkeypatch):
        assert not await ahead.held()

    behind, second = Lease(database, "deliveries", 0.2), Lease(database, "deliveries", 60)
    assert await behind.held()
    await until(second.held, 2)
    with wrong_by(-timedelta(hours=1), monkeypatch):
        assert not await behind.held()
    await database.close()


@contextmanager
def wrong_by(lead: timedelta, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock on the wall, for who asks it about a lease meanwhile."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp((datetime.now(tz) + lead).timestamp(), tz)

    with monkeypatch.context() as wrong:
        wrong.setattr(lease, "datetime", Wrong, raising=False)
        wrong.setattr(lease, "time", lambda: time() + lead.total_seconds(), raising=False)
        yield


class Leaving(Database):
    """A database that can be away."""

    away = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """As any, while it is there."""
        if self.away:
            raise ConnectionError("away")
        async with super().transaction() as session:
            yield session


async def test_what_is_being_sent_is_sent_to_its_end_while_nobody_else_can_have_the_lease(
    sqlite_url: str,
) -> None:
    database, ended = Leaving(sqlite_url), asyncio.Event()
    await migrations.migrate(database, "services.coordination")

    async def send() -> bool:
        database.away = True
        await asyncio.sleep(1.2)  # the lease is renewed after one second
        database.away = False
        ended.set()
        return False

    async with Relay("deliveries", database, send, every=60, lease_seconds=2).running():
        await asyncio.wait_for(ended.wait(), 2)
    await database.close()


async def test_a_link_that_is_too_old_lets_nobody_in(api: httpx2.AsyncClient) -> None:
    database: Database = app_of(api).state.database
    old = await create_sign_in_link(database, "north", "anna", timedelta(seconds=-1))
    fresh = await create_sign_in_link(database, "north", "anna")

    assert (await api.get(old)).status_code == 401
    assert (await api.get("/sign-in?token=guessed")).status_code == 401
    let_in = await api.get(fresh)
    assert let_in.status_code == 303
    assert "HttpOnly" in let_in.headers["set-cookie"]
    assert (await api.get(fresh)).status_code == 401


async def test_neither_link_nor_session_stands_readable_in_the_database(
    api: httpx2.AsyncClient,
) -> None:
    database: Database = app_of(api).state.database
    link = await create_sign_in_link(database, "north", "anna")
    await api.get(link)
    secret = api.cookies["tio_session"]

    async with database.across.reading() as session:
        connection = await session.connection()
        kept = [
            row.token_hash
            for table in ("sign_in", "session")
            for row in await connection.execute(text(f"SELECT token_hash FROM {table}"))  # noqa: S608
        ]
    assert len(kept) == 2
    assert link.partition("=")[2] not in kept
    assert secret not in kept


async def test_the_client_speaks_every_endpoint(api: httpx2.AsyncClient, north: str) -> None:
    client = CoordinationClient(ServiceClient("http://coordination", lambda _: north, api))
    journey, now = uuid4(), datetime(2026, 5, 1, tzinfo=UTC)
    wanted = JourneyRequest(patient=PatientOfJourney(id="p"), zone="Europe/Berlin")
    event = Event(id=uuid4(), kind="observations", occurred_at=now, payload={"findings": {}})

    await client.start_journey("north", journey, wanted)
    assert (await client.record_event("north", journey, event)).repeated is False
    assert (await client.read_event("north", journey, event.id)).payload == {"findings": {}}
    outcome = Outcome(outcome="applied")
    assert await client.record_outcome("north", journey, event.id, outcome) == outcome
    progress = Progress.model_validate(a_progress(1, conclusion=a_conclusion(an_obligation())))
    wake = await client.record_progress("north", journey, progress)
    assert wake.at is not None
    again = await client.wake("north", journey, uuid4(), Wake(at=wake.at))
    assert again.at is not None
    assert again.at > wake.at
    assert len((await client.read_reminders("north", journey)).reminders) == 1
    assert (await client.read_journey("north", journey)).revision == 1
    assert len((await client.read_timeline("north", journey)).entries) == 5
    assert len((await client.read_worklist("north", overdue=True, limit=5)).rows) == 1
    mail = SubscriptionRequest(channel="email", address="a@b.example")
    subscription = uuid4()
    await client.record_subscription("north", subscription, mail)
    assert (await client.read_subscription("north", subscription)).address == "a@b.example"
    with pytest.raises(Refused):
        await client.fast_forward("north", journey, 1)
