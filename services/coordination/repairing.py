"""Let a journey go on that does not: safe to do at any time, for any journey, any number of times.

Nothing is reset. What was told is told again from what is stored: a journey knows what it heard, an
owner knows what it was given, and a reminder is one row. A journey that the engine has lost begins
again and hears everything in its order, silently, until it stands where it stood.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.database import Database
from services.coordination import repository
from services.coordination.journeys import LOOK, EventArrived, EventKind, Runs, Seen, ToldAgain
from services.coordination.tables import EventRow, JourneyRow, OutboxRow
from services.coordination.upkeep_tables import BY_THE_ENGINE, ErasureRow, StuckRow

BEHIND = BY_THE_ENGINE[-1]

STANDS = ("applied", "waiting")
"""What became of the events that count."""


class Engine(Protocol):
    """Who knows how a journey runs; `workflows.client.JourneyClient` does it."""

    async def look_at(self, organisation: str, journey_id: UUID) -> Seen:
        """Does it run, and how far is it?"""

    async def tell_again(self, organisation: str, journey_id: UUID, told: ToldAgain) -> None:
        """Let it hear what it has lost, beginning anew if need be."""


@dataclass(frozen=True)
class Lost:
    """What the engine has lost of a journey: all of it, or what came after a backup."""

    everything: bool
    seen: tuple[UUID, ...] = ()


def is_lost(journey: JourneyRow, seen: Seen) -> Lost | None:
    """Has the engine lost this journey, which is open, or a part of it?"""
    if seen.runs in (Runs.MISSING, Runs.ENDED):
        return Lost(everything=True)
    if seen.revision is not None and seen.revision < journey.revision:
        return Lost(everything=False, seen=seen.seen)
    return None


async def has_unheard(session: AsyncSession, journey: JourneyRow, seen: Seen) -> bool:
    """Was something applied of which this journey has never heard?

    It had lost that, was told something else before anybody noticed, and is as far as its record.
    """
    if seen.revision is None:
        return False
    rows = [row for row in await _events_of(session, journey) if row.outcome == "applied"]
    return any(_after(rows, seen.seen))


class Repairs:
    """One journey at a time."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self._database, self._engine = database, engine

    async def repair(self, organisation: str, journey_id: UUID) -> list[str]:
        """What was done; nothing, where nothing is wrong. Raises when the engine is away."""
        # The record first: a journey that runs is always at least as far as what it has reported.
        async with self._database.reading() as session:
            before = await repository.find_journey(session, organisation, journey_id)
        if before is None:
            return []
        seen = None
        if before.phase != repository.CLOSED:
            seen = await self._engine.look_at(organisation, journey_id)
        async with self._database.transaction() as session:
            journey = await repository.find_journey(
                session, organisation, journey_id, to_change=True
            )
            assert journey is not None
            done = await _hurry(session, journey)
            told = None
            if journey.phase != repository.CLOSED and seen is not None:
                lost = is_lost(before, seen)
                if lost is None and await _is_suspected(session, journey):
                    unheard = await has_unheard(session, before, seen)
                    lost = Lost(everything=False, seen=seen.seen) if unheard else None
                if lost is not None:
                    told = await _what_was_told(session, journey, lost)
                    done.append("told again")
                elif seen.revision is not None:
                    # One that does not answer has all that it was told, and hears it later.
                    if await _tell_what_waits(session, journey, seen):
                        done.append("told what waits")
                    if await _wake_up(session, journey):
                        done.append("told to look")
        if told is not None:
            await self._engine.tell_again(organisation, journey_id, told)
        return done


async def _is_suspected(session: AsyncSession, journey: JourneyRow) -> bool:
    """Has it reported what does not go with the record?"""
    return await session.get(StuckRow, (journey.organisation, journey.id, BEHIND)) is not None


async def _hurry(session: AsyncSession, journey: JourneyRow) -> list[str]:
    """What waits for its next try is tried now."""
    now, done = datetime.now(UTC), []
    for row in await _outbox_of(session, journey):
        if row.next_try_at > now:
            row.next_try_at = now
            done.append("tried at once")
    erasure = await session.get(ErasureRow, (journey.organisation, journey.id))
    if erasure is not None and erasure.done_at is None and erasure.next_try_at > now:
        erasure.next_try_at = now
        done.append("erased at once")
    return done[:1] if done[:1] == done[-1:] else done


async def _outbox_of(session: AsyncSession, journey: JourneyRow) -> list[OutboxRow]:
    wanted = select(OutboxRow).where(
        col(OutboxRow.organisation) == journey.organisation, col(OutboxRow.journey) == journey.id
    )
    return list((await session.exec(wanted)).all())


async def _what_was_told(session: AsyncSession, journey: JourneyRow, lost: Lost) -> ToldAgain:
    """Everything that stands, in the order in which it was told; of a part, what came after it.

    The record takes a revision of its own, so that whoever is behind knows that they are.
    """
    journey.revision, journey.progress_hash = journey.revision + 1, ""
    rows = await _events_of(session, journey)
    if not lost.everything:
        rows = list(_after(rows, lost.seen))
    events = tuple(
        EventArrived(event_id=row.id, kind=EventKind(row.kind), occurred_at=row.occurred_at)
        for row in rows
    )
    return ToldAgain(revision=journey.revision, events=events)


def _after(rows: list[EventRow], seen: Iterable[UUID]) -> Iterable[EventRow]:
    """What a journey has not heard. It forgets the oldest, which it did hear."""
    known = set(seen)
    heard = [row.told_at for row in rows if row.id in known]
    first = min(heard, default=None)
    return (row for row in rows if row.id not in known and (first is None or row.told_at > first))


async def _events_of(session: AsyncSession, journey: JourneyRow) -> list[EventRow]:
    wanted = (
        select(EventRow)
        .where(
            col(EventRow.organisation) == journey.organisation,
            col(EventRow.journey) == journey.id,
            col(EventRow.outcome).in_(STANDS),
        )
        .order_by(col(EventRow.told_at), col(EventRow.id))
    )
    return list((await session.exec(wanted)).all())


async def _tell_what_waits(session: AsyncSession, journey: JourneyRow, seen: Seen) -> bool:
    """Events that are not settled, of which it has not heard and nobody is about to tell: told once
    more. What it has heard it hands over itself: told each minute of a service that is away for
    months, it would be all that its history holds.
    """
    heard = {row.event for row in await _outbox_of(session, journey)} | set(seen.seen)
    now = datetime.now(UTC)
    waiting = [
        row
        for row in await _events_of(session, journey)
        if row.outcome == "waiting" and row.id not in heard
    ]
    for row in waiting:
        session.add(
            OutboxRow(
                organisation=journey.organisation,
                journey=journey.id,
                event=row.id,
                kind=row.kind,
                occurred_at=row.occurred_at,
                stored_at=now,
                next_try_at=now,
            )
        )
    return bool(waiting)


async def _wake_up(session: AsyncSession, journey: JourneyRow) -> bool:
    """A journey that should have looked long ago is told to."""
    due = journey.next_wake
    if due is None or due > repository.now_there(journey):
        return False
    if any(row.kind == LOOK for row in await _outbox_of(session, journey)):
        return False
    now = datetime.now(UTC)
    session.add(
        OutboxRow(
            organisation=journey.organisation,
            journey=journey.id,
            kind=LOOK,
            stored_at=now,
            next_try_at=now,
        )
    )
    return True
