"""What operators are woken by counts what somebody can do something about."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2

from services.chassis.metrics import ServiceMetrics
from services.coordination.metrics import CoordinationMetrics
from services.coordination.tables import DeliveryRow
from tests.services.coordination.conftest import app_of


def waiting(attempts: int, *, for_hours: int) -> DeliveryRow:
    """A reminder that leaves, or is tried again, after so many hours."""
    now = datetime.now(UTC)
    return DeliveryRow(
        organisation="north",
        reminder=uuid4(),
        subscription=uuid4(),
        journey=uuid4(),
        channel="email",
        attempts=attempts,
        created_at=now - timedelta(hours=1),
        next_try_at=now + timedelta(hours=for_hours),
    )


async def test_what_is_gathered_until_tomorrow_is_not_on_its_way(api: httpx2.AsyncClient) -> None:
    app, counted = app_of(api), ServiceMetrics("coordination")
    async with app.state.database.across.transaction() as session:
        session.add_all([waiting(0, for_hours=20), waiting(3, for_hours=1)])

    await CoordinationMetrics(counted).refresh(app.state.database.across)

    on_the_way = {"channel": "email"}
    assert counted.registry.get_sample_value("tio_deliveries_waiting", on_the_way) == 1
