"""What may have been said twice is named: due before the restore, said after it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2

from services.coordination.tables import DeliveryRow, ReminderRow
from tests.services.coordination.conftest import app_of

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
