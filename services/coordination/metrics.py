"""What can be counted about journeys without naming one. Labels are closed sets.

Numbers of patients that are small are not a number (`NaN`); what is somebody's work is counted
exactly, because it must be seen when it is one (decision 33).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select

from services.chassis.database import Database
from services.chassis.metrics import ServiceMetrics
from services.coordination import funnel
from services.coordination.contract import ReminderStatus
from services.coordination.funnel import BEGUN, SHARES, STEPS, Funnel
from services.coordination.journeys import PHASES
from services.coordination.programme import suppressed
from services.coordination.repository import CLOSED
from services.coordination.tables import (
    DeliveryRow,
    EventRow,
    JourneyRow,
    ObligationRow,
    OutboxRow,
    ReminderRow,
)
from services.coordination.undelivered import RULE as UNDELIVERED
from services.coordination.upkeep_tables import STUCK_FOR, ErasureRow, StuckRow
from services.coordination.worklist import NOTHING_DUE

HOURS = (60.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 86400.0, 3 * 86400.0, 7 * 86400.0, 30 * 86400.0)
MOVES = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, 86400.0)
CHANNELS = ("webhook", "email", "fhir")
SOON = timedelta(days=1)
HIDDEN = float("nan")
SMALLEST = 11
PROGRAMME_SECONDS = 300.0


class CoordinationMetrics:
    """The numbers of this service; those that stand in the database are read from there."""

    def __init__(
        self,
        metrics: ServiceMetrics,
        smallest: int = SMALLEST,
        programme_every: float = PROGRAMME_SECONDS,
    ) -> None:
        self._smallest, self._programme_every = smallest, programme_every
        self._programme_after = datetime.min.replace(tzinfo=UTC)
        self._journeys = metrics.gauge(
            "tio_journeys", "Journeys by phase; NaN when few enough to be recognised.", ["phase"]
        )
        self._open = metrics.gauge("tio_journeys_open", "Journeys that are not closed.")
        self._reached = metrics.gauge(
            "tio_programme_reached",
            "Journeys that have come this far; NaN when few, or few fewer than the step before.",
            ["step"],
        )
        self._days = metrics.gauge(
            "tio_programme_days",
            "Days from the first low phosphate until this share had reached the step; NaN before.",
            ["step", "share"],
        )
        self._obligations = metrics.gauge(
            "tio_obligations", "Open obligations: overdue, due within a day, later.", ["due"]
        )
        self._waiting = metrics.gauge("tio_events_waiting", "Events not settled by their journey.")
        self._pending = metrics.gauge("tio_outbox_pending", "Messages not yet told to a journey.")
        self._oldest = metrics.gauge(
            "tio_outbox_oldest_seconds", "Age of the oldest message not yet told to a journey."
        )
        self._undelivered = metrics.gauge(
            "tio_deliveries_waiting", "Reminders on their way.", ["channel"]
        )
        self._oldest_delivery = metrics.gauge(
            "tio_deliveries_oldest_seconds",
            "Age of the oldest reminder that was tried and has not arrived.",
        )
        self._undelivered_work = metrics.gauge(
            "tio_undelivered_open", "Who cannot be told and is somebody's work, by journey."
        )
        self._lost = metrics.gauge("tio_patients_lost", "Journeys whose patient nobody can reach.")
        self._reminders = metrics.counter("tio_reminders", "Rungs settled.", ["outcome"])
        self._lateness = metrics.histogram(
            "tio_reminder_lateness_seconds",
            "From the moment a rung was due to the moment it was recorded, on the journey's clock.",
            buckets=HOURS,
        )
        self._deliveries = metrics.counter(
            "tio_deliveries", "Attempts to deliver a reminder.", ["channel", "outcome"]
        )
        self._moved = metrics.histogram(
            "tio_event_to_journey_seconds",
            "From an event's storage to the moment its journey settled it.",
            buckets=MOVES,
        )
        self._stuck = metrics.gauge(
            "tio_journeys_stuck", "Journeys that do not go on though they should.", ["reason"]
        )
        self._repairs = metrics.counter("tio_journey_repairs", "Repairs of them.", ["outcome"])
        self._overslept = metrics.gauge(
            "tio_reminder_oldest_overdue_seconds",
            "How long ago the first rung was to be sent that was not: nought when none is late.",
        )
        self._unerased = metrics.gauge(
            "tio_erasure_oldest_seconds", "Age of the oldest erasure that is not done."
        )
        self._relays = metrics.gauge(
            "tio_relay_heartbeat_timestamp_seconds", "When a relay last ended a round.", ["relay"]
        )
        for outcome in ("done", "failed"):
            self._repairs.labels(outcome)
        self._refreshed = metrics.gauge(
            "tio_coordination_refreshed_timestamp_seconds", "When these numbers were last read."
        )
        for status in ReminderStatus:
            self._reminders.labels(status.value)
        for channel in CHANNELS:
            for outcome in ("delivered", "failed", "retried"):
                self._deliveries.labels(channel, outcome)

    def said(self, reminder: ReminderRow) -> None:
        """Count a rung that was settled."""
        self._reminders.labels(reminder.status).inc()
        if reminder.status in (ReminderStatus.SENT, ReminderStatus.LATE):
            lateness = (reminder.recorded_at - reminder.due_at).total_seconds()
            self._lateness.observe(max(0.0, lateness))

    def repaired(self, outcome: str) -> None:
        """Count one repair of a journey."""
        self._repairs.labels(outcome).inc()

    def beat(self, relay: str) -> None:
        """A relay works, or watches the one that does."""
        self._relays.labels(relay).set(datetime.now(UTC).timestamp())

    def delivered(self, channel: str, outcome: str) -> None:
        """Count one attempt."""
        self._deliveries.labels(channel, outcome).inc()

    def settled(self, event: EventRow) -> None:
        """Count how long an event waited for its journey."""
        if event.settled_at is not None:
            self._moved.observe((event.settled_at - event.told_at).total_seconds())

    async def refresh(self, database: Database) -> None:
        """Read the numbers that stand in the database."""
        now = datetime.now(UTC)
        async with database.reading() as session:
            by_phase = dict(
                (
                    await session.exec(
                        select(col(JourneyRow.phase), func.count()).group_by(col(JourneyRow.phase))
                    )
                ).all()
            )
            owed = select(func.count()).select_from(ObligationRow)
            owed = owed.where(col(ObligationRow.status) == "open")
            at = col(ObligationRow.overdue_at)
            overdue = (await session.exec(owed.where(at <= now))).one()
            soon = (await session.exec(owed.where(at > now, at <= now + SOON))).one()
            later = (await session.exec(owed.where(at > now + SOON, at < NOTHING_DUE))).one()
            waiting = (
                await session.exec(
                    select(func.count())
                    .select_from(EventRow)
                    .where(col(EventRow.outcome) == "waiting")
                )
            ).one()
            pending, oldest = (
                await session.exec(select(func.count(), func.min(col(OutboxRow.stored_at))))
            ).one()
            on_the_way = dict(
                (
                    await session.exec(
                        select(col(DeliveryRow.channel), func.count())
                        .where(col(DeliveryRow.status) == "waiting")
                        # What is gathered until its hour has not begun to leave.
                        .where(
                            (col(DeliveryRow.attempts) > 0) | (col(DeliveryRow.next_try_at) <= now)
                        )
                        .group_by(col(DeliveryRow.channel))
                    )
                ).all()
            )
            tried = select(func.min(col(DeliveryRow.created_at))).where(
                col(DeliveryRow.status) == "waiting", col(DeliveryRow.attempts) > 0
            )
            oldest_delivery = (await session.exec(tried)).one()
            bounced = owed.where(col(ObligationRow.rule) == UNDELIVERED)
            undelivered = (await session.exec(bounced)).one()
            lost = (
                await session.exec(
                    select(func.count())
                    .select_from(JourneyRow)
                    .where(col(JourneyRow.lost_since).is_not(None))
                    .where(col(JourneyRow.phase) != CLOSED)
                )
            ).one()
            stuck = dict(
                (
                    await session.exec(
                        select(col(StuckRow.reason), func.count()).group_by(col(StuckRow.reason))
                    )
                ).all()
            )
            first_wake = (
                await session.exec(
                    select(func.min(col(JourneyRow.next_wake))).where(
                        col(JourneyRow.phase) != CLOSED, col(JourneyRow.clock_ahead_seconds) == 0
                    )
                )
            ).one()
            unerased = (
                await session.exec(
                    select(func.min(col(ErasureRow.asked_at))).where(
                        col(ErasureRow.done_at).is_(None)
                    )
                )
            ).one()
        still_open = sum(number for phase, number in by_phase.items() if phase != CLOSED)
        if self._programme_every and now >= self._programme_after:
            self._programme_after = now + timedelta(seconds=self._programme_every)
            async with database.reading() as session:
                waits = await funnel.read(session, now)
            self._draw(funnel.drawn(waits, now, self._smallest, still_open))
        self._undelivered_work.set(undelivered)
        self._lost.set(lost)
        age = 0.0 if oldest_delivery is None else (now - oldest_delivery).total_seconds()
        self._oldest_delivery.set(max(0.0, age))
        for reason in STUCK_FOR:
            self._stuck.labels(reason).set(stuck.get(reason, 0))
        self._overslept.set(_age(first_wake, now))
        self._unerased.set(_age(unerased, now))
        for phase, number in phases_shown(by_phase, self._smallest).items():
            self._journeys.labels(phase).set(HIDDEN if number is None else number)
        self._open.set(still_open)
        for due, number in (("overdue", overdue), ("today", soon), ("later", later)):
            self._obligations.labels(due).set(number)
        self._waiting.set(waiting)
        self._pending.set(pending)
        self._oldest.set(_age(oldest, now))
        for channel in CHANNELS:
            self._undelivered.labels(channel).set(on_the_way.get(channel, 0))
        self._refreshed.set(now.timestamp())

    def _draw(self, drawn: Funnel) -> None:
        for step in (BEGUN, *STEPS):
            number = drawn.reached.get(step)
            self._reached.labels(step).set(HIDDEN if number is None else number)
        for step in STEPS:
            for share in SHARES:
                days = drawn.days.get((step, share))
                self._days.labels(step, str(share)).set(HIDDEN if days is None else days)


def phases_shown(counted: Mapping[str, int], smallest: int) -> dict[str, int | None]:
    """How many are in each phase, without small numbers.

    How many are open is said as well, so a second number is hidden among those, and not elsewhere.
    """
    numbers = {phase: counted.get(phase, 0) for phase in PHASES}
    closed = {CLOSED: numbers.pop(CLOSED)}
    return suppressed(numbers, smallest) | suppressed(closed, smallest)


def _age(since: datetime | None, now: datetime) -> float:
    """For how many seconds? Nought when it never was, or is still to come."""
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
