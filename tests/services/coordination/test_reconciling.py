"""After a restore everything that somebody has to be told of is named, whatever fails meanwhile."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx2
import pytest

from services.chassis.tokens import TokenMint
from services.coordination.merge_tables import MergeRow
from services.coordination.settings import CoordinationSettings
from services.coordination.sign_in import SCOPES
from services.coordination.tables import DeliveryRow, ReminderRow
from tests.services.coordination.builders import a_progress, an_event, reported, started, told
from tests.services.coordination.conftest import EVERYTHING, Engine, app_of, served, until
from workflows.contract import ToldAgain
from workflows.tending import Runs, Seen

SINCE, UNTIL = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
JOURNEY = uuid4()


def a_reminder(due_at: datetime, recorded_at: datetime, organisation: str = "north") -> ReminderRow:
    """Sent, for what was due then."""
    return ReminderRow(
        organisation=organisation,
        journey=JOURNEY,
        rule="FUP-01",
        occurrence=str(uuid4()),
        rung="first",
        id=uuid4(),
        act="s_phos",
        recipient="patient",
        means="letter",
        due=due_at.date(),
        due_at=due_at,
        status="sent",
        recorded_at=recorded_at,
    )


def on_its_way(of: ReminderRow, begun: datetime, arrived: datetime | None) -> DeliveryRow:
    """A delivery of it."""
    return DeliveryRow(
        organisation=of.organisation,
        reminder=of.id,
        subscription=uuid4(),
        journey=JOURNEY,
        channel="webhook",
        status="waiting" if arrived is None else "delivered",
        created_at=begun,
        next_try_at=begun,
        delivered_at=arrived,
    )


async def test_reminders_of_the_time_nobody_knows_of_are_named(api: httpx2.AsyncClient) -> None:
    before, after = SINCE - HOUR, UNTIL + HOUR
    again = a_reminder(due_at=SINCE + HOUR, recorded_at=after)
    waited = a_reminder(due_at=before, recorded_at=before)
    arrived_later = a_reminder(due_at=before - HOUR, recorded_at=before)
    rows: list[Any] = [
        again,
        waited,
        on_its_way(waited, before, None),
        arrived_later,
        on_its_way(arrived_later, before, after),
        a_reminder(due_at=before, recorded_at=before),
        a_reminder(due_at=after, recorded_at=after),
        a_reminder(due_at=SINCE + HOUR, recorded_at=after, organisation="south"),
    ]
    arrived = a_reminder(due_at=before, recorded_at=before)
    rows += [arrived, on_its_way(arrived, before, before)]
    async with app_of(api).state.database.across.transaction() as session:
        session.add_all(rows)

    window = {"since": SINCE.isoformat(), "until": UNTIL.isoformat()}
    answer = await api.post("/coordination/v1/reconciliation", json=window)

    assert answer.status_code == 200, answer.text
    named = [UUID(one["reminder"]) for one in answer.json()["may_have_come_twice"]]
    assert named == [arrived_later.id, waited.id, again.id]


class Ahead(Engine):
    """Every run has heard something that no record holds; who was ended cannot begin again yet."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = uuid4()

    async def look_at(self, organisation: str, journey_id: UUID) -> Seen:
        """Far ahead, or ended."""
        if journey_id in self.ended:
            return Seen(Runs.ENDED)
        return Seen(Runs.RUNNING, revision=9, seen=(self.heard,))

    async def tell_again(self, organisation: str, journey_id: UUID, told: ToldAgain) -> None:
        """The engine goes away in between."""
        raise ConnectionError("away")


async def test_what_an_ended_run_had_heard_is_named_though_its_journey_cannot_begin_again_yet(
    settings: CoordinationSettings, mint: TokenMint
) -> None:
    engine = Ahead()
    window = {"since": SINCE.isoformat(), "until": UNTIL.isoformat()}
    async with served(settings, engine, mint.mint("lab", "north", EVERYTHING, 3600)) as api:
        journeys = {await started(api), await started(api)}
        answer = await api.post("/coordination/v1/reconciliation", json=window)

    assert answer.status_code == 200, answer.text
    found = answer.json()["journeys"]
    assert {UUID(one["journey"]) for one in found} == journeys == set(engine.ended)
    for one in found:
        assert one["found"] == "ahead"
        assert one["done"] == ["run ended"]
        assert one["lost_events"] == [str(engine.heard)]


class Merged(Engine):
    """A run that has heard these."""

    seen: tuple[UUID, ...] = ()

    async def look_at(self, organisation: str, journey_id: UUID) -> Seen:
        """As far as its record."""
        return Seen(Runs.RUNNING, revision=0, seen=self.seen)


@pytest.mark.parametrize("parted", [False, True])
async def test_what_a_merge_told_once_more_is_in_the_record(
    settings: CoordinationSettings, mint: TokenMint, parted: bool
) -> None:
    engine, joined, apart = Merged(), uuid4(), uuid4()
    window = {"since": SINCE.isoformat(), "until": UNTIL.isoformat()}
    async with served(settings, engine, mint.mint("lab", "north", EVERYTHING, 3600)) as api:
        survivor, other = await started(api), await started(api)
        event = an_event()
        await told(api, other, event)
        merge = MergeRow(
            organisation="north",
            event=joined,
            survivor=survivor,
            other=other,
            record=uuid4(),
            prior={},
            merged_at=SINCE,
            merged_by="lab",
            undone_by=apart if parted else None,
        )
        async with app_of(api).state.database.across.transaction() as session:
            session.add(merge)
        engine.seen = (uuid5(apart if parted else joined, event["id"]),)
        await until(lambda: engine.told)
        answer = await api.post("/coordination/v1/reconciliation", json=window)

    assert answer.status_code == 200, answer.text
    assert [one for one in answer.json()["journeys"] if one["journey"] == str(survivor)] == []
    assert survivor not in engine.ended


class StillRunning(Engine):
    """Runs of journeys of the north."""

    def __init__(self) -> None:
        super().__init__()
        self.running: list[UUID] = []

    async def open_runs(self) -> AsyncIterator[tuple[str, UUID]]:
        """These."""
        for journey in self.running:
            yield "north", journey


async def test_a_closed_journey_that_is_just_being_opened_again_is_not_ended(
    settings: CoordinationSettings, mint: TokenMint
) -> None:
    engine = StillRunning()
    window = {"since": SINCE.isoformat(), "until": UNTIL.isoformat()}
    async with served(settings, engine, mint.mint("lab", "north", EVERYTHING, 3600)) as api:
        closed, reopened = await started(api), await started(api)
        await told(api, reopened, an_event())
        for journey in (closed, reopened):
            closing = a_progress(1, phase="closed", next_phase_reason="no-tumor")
            await reported(api, journey, closing)
        engine.running = [closed, reopened]
        answer = await api.post("/coordination/v1/reconciliation", json=window)

    assert answer.status_code == 200, answer.text
    done = {UUID(one["journey"]): one["done"] for one in answer.json()["journeys"]}
    assert done == {closed: ["run ended"], reopened: []}
    assert engine.ended == [closed]


async def test_runs_are_not_ended_for_who_only_answers_questions(
    settings: CoordinationSettings, mint: TokenMint
) -> None:
    clinician = mint.mint("dr-lin", "north", SCOPES.split(), 3600)
    window = {"since": SINCE.isoformat(), "until": UNTIL.isoformat()}
    async with served(settings, Engine(), clinician) as api:
        answer = await api.post("/coordination/v1/reconciliation", json=window)

    assert answer.status_code == 403
