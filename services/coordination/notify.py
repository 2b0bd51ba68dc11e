"""Reminders out, effectively once: a row per reminder and receiver, tried until delivered.

What may pass (an outage, a full mailbox, a 5xx) is tried again with growing pauses, without end.
What will not pass (a 4xx, an address that is not allowed) fails and becomes somebody's work.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import bindparam, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.database import Database
from services.chassis.logging import get_logger
from services.coordination import digest, repository, undelivered
from services.coordination.metrics import CoordinationMetrics
from services.coordination.planning import PATIENT
from services.coordination.preferences import language_in
from services.coordination.relay import pause, side_by_side
from services.coordination.sending import MayPass, Message, Sender, WillNotPass
from services.coordination.settings import CoordinationSettings
from services.coordination.tables import DeliveryRow, JourneyRow, ReminderRow, SubscriptionRow

AT_ONCE, SIDE_BY_SIDE = 40, 5
"""So many deliveries a round, and so many on their way to one receiver: these are written down
together, and a process that is killed in between sends them again, each under its own id.

Everybody's first comes before anybody's second, and of those what was never tried: who has been
away for days has many that wait, and keeps nobody else from being told."""

NOBODY = "its receiver is gone"

_d, _j, _r, _s = DeliveryRow, JourneyRow, ReminderRow, SubscriptionRow
_IN_LINE = (
    select(
        _d,
        func.row_number()
        .over(
            partition_by=(col(_d.organisation), col(_d.subscription)),
            order_by=(col(_d.created_at), col(_d.reminder)),
        )
        .label("place"),
    )
    .where(col(_d.status) == "waiting", col(_d.next_try_at) <= bindparam("now"))
    .subquery()
)
_ripe = aliased(_d, _IN_LINE)
_RIPE = (
    select(_ripe)
    .order_by(_IN_LINE.c.place, _IN_LINE.c.attempts, _IN_LINE.c.created_at, _IN_LINE.c.reminder)
    .limit(AT_ONCE)
)
_HELD = (
    select(_j, _d)
    .join(_d, (col(_d.organisation) == col(_j.organisation)) & (col(_d.journey) == col(_j.id)))
    .where(
        col(_d.organisation) == bindparam("organisation"),
        col(_d.reminder) == bindparam("reminder"),
        col(_d.subscription) == bindparam("subscription"),
    )
    .with_for_update()
)
"""Nobody else changes the two until this ends; who waits for them sees what became of them."""

_ALONE = (
    select(_r, col(_j.preferences))
    .select_from(_d)
    .join(_r, repository.OF_ITS_REMINDER)
    .join(_j, (col(_j.organisation) == col(_r.organisation)) & (col(_j.id) == col(_r.journey)))
    .where(
        col(_d.organisation) == bindparam("organisation"),
        col(_d.reminder) == bindparam("reminder"),
        col(_d.subscription) == bindparam("subscription"),
        col(_d.status) == "waiting",
    )
)


def _place(delivery: DeliveryRow) -> dict[str, object]:
    names = ("organisation", "reminder", "subscription")
    return {name: getattr(delivery, name) for name in names}


Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


class TakenBack(Exception):
    """Since it was this one's turn, all that was to be said in it is not to be said any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of one message: everything that was in it, and when it was tried."""

    deliveries: Sequence[DeliveryRow]
    status: str
    problem: str
    at: datetime


class Deliveries:
    """The relay's work: every delivery that is due, to each receiver a few at a time."""

    def __init__(
        self,
        database: Database,
        settings: CoordinationSettings,
        metrics: CoordinationMetrics,
        clock: Clock = _now,
    ) -> None:
        self._database, self._settings, self._metrics = database, settings, metrics
        self._sender, self._clock = Sender(settings), clock
        self._unwritten: set[Outcome] = set()
        """Sent, but the database was not told yet: written down before anything else is sent."""
        self._log = get_logger("coordination")

    async def close(self) -> None:
        """Give the connections back."""
        await self._sender.close()

    async def work(self) -> bool:
        """Deliver what is due. While nothing can be written down, nothing is sent a second time."""
        await self._settle(tuple(self._unwritten))
        ripe = await self._ripe()
        receivers: dict[object, list[DeliveryRow]] = {}
        for delivery in ripe:
            receivers.setdefault((delivery.organisation, delivery.subscription), []).append(
                delivery
            )
        await side_by_side(self._in_turn(rows) for rows in receivers.values())
        return len(ripe) == AT_ONCE

    async def _ripe(self) -> list[DeliveryRow]:
        async with self._database.reading() as session:
            return list((await session.exec(_RIPE, params={"now": self._clock()})).all())

    async def _in_turn(self, deliveries: list[DeliveryRow]) -> None:
        alone = [delivery for delivery in deliveries if not delivery.gathered]
        for first in range(0, len(alone), SIDE_BY_SIDE):
            few = alone[first : first + SIDE_BY_SIDE]
            outcomes = await asyncio.gather(*(self._deliver([one], None) for one in few))
            await self._settle(outcomes)
            if all(outcome.status == "waiting" for outcome in outcomes):
                return  # it is away: the round is not to last until it has let each of them wait
        if any(delivery.gathered for delivery in deliveries):
            await self._deliver_digests(deliveries[0])

    async def _deliver_digests(self, one: DeliveryRow) -> None:
        """Everything that was gathered for this receiver until now, in one message."""
        place = (one.organisation, one.subscription)
        async with self._database.transaction() as session:
            messages = await digest.gather(session, *place, self._clock())
        for id, gathered in messages.items():
            await self._settle([await self._deliver(gathered, id)])

    async def _deliver(self, deliveries: Sequence[DeliveryRow], gathered: UUID | None) -> Outcome:
        status, problem = "delivered", ""
        try:
            async with self._database.reading() as session:
                said, to = await _message(session, deliveries, gathered)
            still = {reminder.id for reminder in said.reminders}
            deliveries = [delivery for delivery in deliveries if delivery.reminder in still]
            await self._sender.send(said, to)
        except TakenBack:
            return Outcome((), "withdrawn", "", self._clock())
        except WillNotPass as refusal:
            status, problem = "failed", str(refusal)
        except MayPass as weather:
            status, problem = "waiting", str(weather)
        except Exception as error:
            # Whatever one receiver's address does to us, the others are still told.
            status, problem = "waiting", type(error).__name__
        # One moment for all of a message, so that they are tried together again.
        outcome = Outcome(deliveries, status, problem, self._clock())
        self._unwritten.add(outcome)  # here: those beside it may be broken off
        return outcome

    async def _settle(self, outcomes: Collection[Outcome]) -> None:
        """Write down what became of these, in one transaction; what fails is kept for next time."""
        await self._write_down(outcomes)
        self._unwritten.difference_update(outcomes)

    async def _write_down(self, outcomes: Collection[Outcome]) -> None:
        settled = [(delivery, outcome) for outcome in outcomes for delivery in outcome.deliveries]
        # Journeys in one order, and before their deliveries: nobody waits for each other.
        settled.sort(key=lambda one: (one[0].organisation, one[0].journey))
        attempts: dict[int, int] = {}
        if not settled:
            return
        async with self._database.transaction() as session:
            for number, (delivery, outcome) in enumerate(settled):
                row = await self._settled(session, delivery, outcome)
                if row is not None:
                    attempts[number] = row.attempts
        for number, attempt in attempts.items():
            delivery, outcome = settled[number]
            became = "retried" if outcome.status == "waiting" else outcome.status
            self._metrics.delivered(delivery.channel, became)
            self._log.info(
                "reminder-delivery",
                journey_id=str(delivery.journey),
                channel=delivery.channel,
                outcome=became,
                attempt=attempt,
            )

    async def _settled(
        self, session: AsyncSession, delivery: DeliveryRow, outcome: Outcome
    ) -> DeliveryRow | None:
        found = (await session.exec(_HELD, params=_place(delivery))).first()
        if found is None:
            return None
        journey, row = found
        row.attempts += 1
        row.problem = outcome.problem
        if outcome.status == "delivered":
            row.status, row.delivered_at = outcome.status, outcome.at
            await undelivered.note_arrival(session, journey, row)
        elif row.status == "waiting":
            row.status = outcome.status
            most = self._settings.retry_most_seconds
            wait = pause(row.attempts, self._settings.retry_first_seconds, most)
            row.next_try_at = outcome.at + wait
            if outcome.status == "failed":
                await undelivered.note_failure(session, journey, row)
            else:
                await undelivered.note_outage(session, journey, row, outcome.at)
        return row


async def _message(
    session: AsyncSession, deliveries: Sequence[DeliveryRow], gathered: UUID | None
) -> tuple[Message, SubscriptionRow]:
    """What is to be said now, and to whom? WillNotPass when nobody is there to hear it."""
    first = deliveries[0]
    reader = await session.get(SubscriptionRow, (first.organisation, first.subscription))
    if reader is None:
        raise WillNotPass(NOBODY)
    if gathered is None:
        found = (await session.exec(_ALONE, params=_place(first))).first()
        if found is None:
            raise TakenBack
        reminder, preferences = found
        theirs = language_in(preferences) if reminder.recipient == PATIENT else None
        return Message([reminder], theirs or reader.language, None), reader
    items = digest.items_of(first.organisation, gathered)
    reminders = list((await session.exec(items)).all())
    if not reminders:
        raise TakenBack
    return Message(reminders, reader.language, gathered), reader
