"""Tell journeys what waits for them: at least once, in order per journey, however long it takes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func
from sqlmodel import col, select

from services.chassis.database import Database
from services.chassis.logging import get_logger
from services.coordination import repository
from services.coordination.journeys import Journeys, tell
from services.coordination.relay import pause, side_by_side
from services.coordination.settings import CoordinationSettings
from services.coordination.tables import OutboxRow

AT_ONCE = 20
PATIENCE_SECONDS = 10.0


Mend = Callable[[str, UUID], Awaitable[list[str]]]
"""Lets a journey go on that the engine has ended though it is open."""


_FIRST = (
    select(func.min(col(OutboxRow.number)).label("number"), func.count().label("waiting"))
    .group_by(col(OutboxRow.organisation), col(OutboxRow.journey))
    .subquery()
)
_RIPE = (
    select(OutboxRow, _FIRST.c.waiting)
    .join(_FIRST, col(OutboxRow.number) == _FIRST.c.number)
    .where(col(OutboxRow.next_try_at) <= bindparam("now"))
    .order_by(col(OutboxRow.number))
    .limit(AT_ONCE)
)
_TOLD = delete(OutboxRow).where(col(OutboxRow.number) == bindparam("done"))


class RunEnded(Exception):
    """The engine has ended a journey that is open: by hand, or it came from an older backup."""


class JustClosed(Exception):
    """The journey was open when we looked, and had closed when we told it: it is opened again."""


class EngineAway(Exception):
    """The workflow engine does not answer; events are kept until it does."""


class Outbox:
    """The relay's work: the first untold message of each journey, again and again."""

    def __init__(
        self,
        database: Database,
        journeys: Journeys,
        settings: CoordinationSettings,
        mend: Mend | None = None,
    ) -> None:
        self._database, self._journeys, self._settings = database, journeys, settings
        self._mend = mend
        self._log = get_logger("coordination")

    async def work(self) -> bool:
        """Tell every journey the first thing that waits for it."""
        ripe = await self._ripe()
        await side_by_side(self._tell(message) for message, _ in ripe)
        return len(ripe) == AT_ONCE or any(waiting > 1 for _, waiting in ripe)

    async def check(self) -> None:
        """Is the workflow engine there?"""
        try:
            await self._journeys.check()
        except Exception as error:
            raise EngineAway(type(error).__name__) from None

    async def _ripe(self) -> Sequence[tuple[OutboxRow, int]]:
        """Each with how many wait for its journey."""
        async with self._database.reading() as session:
            return (await session.exec(_RIPE, params={"now": datetime.now(UTC)})).all()

    async def _tell(self, message: OutboxRow) -> None:
        carried = await self._carried(message) if message.reopens else None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                taken = await tell(
                    self._journeys,
                    message.organisation,
                    message.journey,
                    message.event,
                    message.kind,
                    message.occurred_at,
                    message.anew,
                    carried,
                )
            if not taken and self._mend is not None and await self._is_open(message):
                # What was stored is never refused because of what became of a run.
                await self._mend(message.organisation, message.journey)
                raise RunEnded
            if not taken and message.reopens and await self._carried(message) is not None:
                raise JustClosed
        except Exception as error:
            await self._later(message, error)
            return
        await self._done(message, taken)

    async def _carried(self, message: OutboxRow) -> dict[str, Any] | None:
        """What a closed journey is opened again from."""
        async with self._database.reading() as session:
            row = await repository.find_journey(session, message.organisation, message.journey)
            return None if row is None else row.carried

    async def _is_open(self, message: OutboxRow) -> bool:
        """Is it only the run that has ended, and not the journey?"""
        async with self._database.reading() as session:
            journey = await repository.find_journey(session, message.organisation, message.journey)
        return journey is not None and journey.phase != repository.CLOSED

    async def _later(self, message: OutboxRow, error: Exception) -> None:
        """Weather: wait longer each time, and never give up."""
        async with self._database.transaction() as session:
            row = await session.get(OutboxRow, message.number)
            if row is None:
                return
            row.attempts += 1
            most = self._settings.retry_most_seconds
            wait = pause(row.attempts, self._settings.retry_first_seconds, most)
            row.next_try_at = datetime.now(UTC) + wait
            attempts = row.attempts
        self._log.warning(
            "journey-not-told",
            journey_id=str(message.journey),
            kind=message.kind,
            error=type(error).__name__,
            attempt=attempts,
        )

    async def _done(self, message: OutboxRow, taken: bool) -> None:
        """The journey knows; or it has closed, and whoever told it hears that."""
        async with self._database.transaction() as session:
            done = await session.exec(_TOLD, params={"done": message.number})
            if not done.rowcount or taken or message.event is None:
                return
            journey = await repository.find_journey(
                session, message.organisation, message.journey, to_change=True
            )
            event = await repository.find_event(
                session, message.organisation, message.journey, message.event
            )
            if journey is None or event is None or event.outcome != "waiting":
                return
            event.outcome, event.reason = "refused", "the journey is closed"
            event.settled_at = datetime.now(UTC)
            words = f"{event.kind}: {event.reason}"
            await repository.note(
                session,
                journey,
                f"refused:{event.id}",
                repository.now_there(journey),
                "refused",
                words,
                str(event.id),
            )
