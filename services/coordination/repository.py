"""Find, add and list what coordination remembers. No rule of the pathway is in here."""

import json
from collections.abc import Collection
from datetime import UTC, date, datetime
from hashlib import sha256
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import bindparam, func
from sqlmodel import col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.terms.obligation import Ladder, Obligation, ObligationStatus
from services.chassis.database import unless_there
from services.coordination.tables import (
    DeliveryRow,
    EventRow,
    JourneyRow,
    MomentRow,
    ObligationRow,
    OutboxRow,
    ReminderRow,
    SubscriptionRow,
)

CLOSED = "closed"


SAID_LATER = ("label_profile",)
"""What the first requests could not say: left unsaid, it makes no other request of them."""


def fingerprint(body: BaseModel) -> str:
    """The same for the same content, however it was written."""
    said = {
        name: value
        for name, value in body.model_dump(mode="json").items()
        if value is not None or name not in SAID_LATER
    }
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


# What nearly every request asks is put together once: that takes longer than to ask it.
_HERE = col(JourneyRow.organisation) == bindparam("organisation")
_JOURNEY = select(JourneyRow).where(_HERE, col(JourneyRow.id) == bindparam("journey"))
_KEPT_AS = select(JourneyRow).where(_HERE, col(JourneyRow.record) == bindparam("journey"))
_LOOKED_UP = (_JOURNEY, _KEPT_AS)
"""The services may know a journey by another id, since two were merged."""

_HELD = tuple(one.with_for_update() for one in _LOOKED_UP)


OF_ITS_REMINDER = (col(DeliveryRow.organisation) == col(ReminderRow.organisation)) & (
    col(DeliveryRow.reminder) == col(ReminderRow.id)
)
"""How a delivery and what it delivers are joined."""


async def find_journey(
    session: AsyncSession, organisation: str, journey: UUID, *, to_change: bool = False
) -> JourneyRow | None:
    """The journey; with `to_change`, nobody else changes it until this transaction ends."""
    place = {"organisation": organisation, "journey": journey}
    for wanted in _HELD if to_change else _LOOKED_UP:
        found = (await session.exec(wanted, params=place)).first()
        if found is not None:
            return found
    return None


_EVENT = select(EventRow).where(
    col(EventRow.organisation) == bindparam("organisation"),
    col(EventRow.journey) == bindparam("journey"),
    col(EventRow.id) == bindparam("event"),
)


async def find_event(
    session: AsyncSession, organisation: str, journey: UUID, event: UUID
) -> EventRow | None:
    """One event of the inbox."""
    place = {"organisation": organisation, "journey": journey, "event": event}
    return (await session.exec(_EVENT, params=place)).first()


async def events_of(
    session: AsyncSession,
    organisation: str,
    journey: UUID,
    kinds: Collection[str] | None = None,
) -> list[EventRow]:
    """What a journey was told, of all kinds or of some, the newest first."""
    wanted = select(EventRow).where(
        col(EventRow.organisation) == organisation, col(EventRow.journey) == journey
    )
    if kinds is not None:
        wanted = wanted.where(col(EventRow.kind).in_(kinds))
    wanted = wanted.order_by(col(EventRow.told_at).desc(), col(EventRow.id))
    return list((await session.exec(wanted)).all())


async def events_waiting(session: AsyncSession, organisation: str, journey: UUID) -> int:
    """How many events has the journey not settled yet?"""
    wanted = (
        select(func.count())
        .select_from(EventRow)
        .where(
            col(EventRow.organisation) == organisation,
            col(EventRow.journey) == journey,
            col(EventRow.outcome) == "waiting",
        )
    )
    return (await session.exec(wanted)).one()


async def untold(session: AsyncSession, organisation: str, journey: UUID) -> int:
    """How much has the journey not been told yet, its own beginning included?"""
    wanted = (
        select(func.count())
        .select_from(OutboxRow)
        .where(col(OutboxRow.organisation) == organisation, col(OutboxRow.journey) == journey)
    )
    return (await session.exec(wanted)).one()


_OBLIGATIONS = (
    select(ObligationRow)
    .where(
        col(ObligationRow.organisation) == bindparam("organisation"),
        col(ObligationRow.journey) == bindparam("journey"),
    )
    .order_by(col(ObligationRow.due), col(ObligationRow.rule), col(ObligationRow.occurrence))
)
_STILL_OPEN = _OBLIGATIONS.where(col(ObligationRow.status) == ObligationStatus.OPEN.value)


async def obligations_of(
    session: AsyncSession, organisation: str, journey: UUID, *, only_open: bool = False
) -> list[ObligationRow]:
    """All that was ever due on a journey, or what still is, in the order in which it is due."""
    place = {"organisation": organisation, "journey": journey}
    wanted = _STILL_OPEN if only_open else _OBLIGATIONS
    return list((await session.exec(wanted, params=place)).all())


async def reminders_of(
    session: AsyncSession,
    organisation: str,
    journey: UUID,
    after: tuple[datetime, datetime, UUID] | None = None,
    limit: int | None = None,
) -> list[ReminderRow]:
    """What was said on a journey, oldest first."""
    wanted = select(ReminderRow).where(
        col(ReminderRow.organisation) == organisation, col(ReminderRow.journey) == journey
    )
    order = (col(ReminderRow.recorded_at), col(ReminderRow.due_at), col(ReminderRow.id))
    if after is not None:
        wanted = wanted.where(tuple_(*order) > after)
    wanted = wanted.order_by(*order).limit(limit)
    return list((await session.exec(wanted)).all())


async def deliveries_of(
    session: AsyncSession, organisation: str, journey: UUID
) -> dict[UUID, list[DeliveryRow]]:
    """Every delivery of a journey's reminders, by reminder."""
    wanted = (
        select(DeliveryRow)
        .where(col(DeliveryRow.organisation) == organisation, col(DeliveryRow.journey) == journey)
        .order_by(col(DeliveryRow.subscription))
    )
    found: dict[UUID, list[DeliveryRow]] = {}
    for row in (await session.exec(wanted)).all():
        found.setdefault(row.reminder, []).append(row)
    return found


_SUBSCRIPTIONS = (
    select(SubscriptionRow)
    .where(col(SubscriptionRow.organisation) == bindparam("organisation"))
    .order_by(col(SubscriptionRow.id))
)


async def subscriptions_of(session: AsyncSession, organisation: str) -> list[SubscriptionRow]:
    """Who in this organisation hears reminders?"""
    place = {"organisation": organisation}
    return list((await session.exec(_SUBSCRIPTIONS, params=place)).all())


def now_there(journey: JourneyRow) -> datetime:
    """Now, on the journey's own clock: in a rehearsal it may have been moved."""
    now = datetime.now(UTC)
    return max(now, journey.as_of) if journey.clock_ahead_seconds else now


_MOMENT = unless_there(MomentRow)


async def note(
    session: AsyncSession,
    journey: JourneyRow,
    key: str,
    at: datetime,
    what: str,
    detail: str,
    reference: str | None = None,
) -> None:
    """Add a moment to the timeline, once."""
    connection = await session.connection()
    moment = {
        "organisation": journey.organisation,
        "journey": journey.id,
        "key": key,
        "at": at,
        "what": what,
        "detail": detail,
        "reference": reference,
    }
    await connection.execute(_MOMENT[connection.dialect.name], moment)


async def moments_of(
    session: AsyncSession, organisation: str, journey: UUID, after: int, limit: int
) -> list[MomentRow]:
    """The timeline from a place on, in the order in which it was noted."""
    wanted = (
        select(MomentRow)
        .where(
            col(MomentRow.organisation) == organisation,
            col(MomentRow.journey) == journey,
            col(MomentRow.number) > after,
        )
        .order_by(col(MomentRow.number))
        .limit(limit)
    )
    return list((await session.exec(wanted)).all())


async def latest_moments_of(
    session: AsyncSession, organisation: str, journey: UUID, limit: int
) -> list[MomentRow]:
    """What happened last on a journey, by when it happened."""
    wanted = (
        select(MomentRow)
        .where(col(MomentRow.organisation) == organisation, col(MomentRow.journey) == journey)
        .order_by(col(MomentRow.at).desc(), col(MomentRow.number).desc())
        .limit(limit)
    )
    return list((await session.exec(wanted)).all())


def expected_on(row: ObligationRow) -> date:
    """By which day is it expected? A postponement moves it later, never earlier."""
    return row.due if row.postponed_until is None else max(row.due, row.postponed_until)


def as_obligation(row: ObligationRow) -> Obligation:
    """The noun behind a row."""
    return Obligation(
        rule=row.rule,
        occurrence=row.occurrence,
        act=row.act,
        due=row.due,
        opens=row.opens,
        closes=row.closes,
        ladder=Ladder(row.ladder),
        status=ObligationStatus(row.status),
        because=row.because,
    )
