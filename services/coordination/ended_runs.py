"""Keep what the engine knew of every run that has ended, before the engine forgets it.

A journey's run ends after a year and continues as new, or ends with the journey. Its history is
fetched, sealed as it is, into a table that is only ever added to; the last run too.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from services.chassis.database import Database
from services.chassis.logging import get_logger
from services.coordination.journeys import Ended
from services.coordination.upkeep_tables import RunRow

LOOK_BACK = timedelta(days=2)
"""A run is looked for again for so long after the last one was kept: nothing falls between."""

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Engine(Protocol):
    """Who knows which runs have ended; `workflows.client.JourneyClient` does it."""

    def ended_runs(self, since: datetime) -> AsyncIterator[Ended]:
        """Those that have ended since then."""

    async def history_of(self, organisation: str, journey_id: UUID, run: UUID) -> tuple[int, bytes]:
        """How many events it had, and all of them."""


class EndedRuns:
    """The relay's work: every run that has ended and is not kept yet."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self._database, self._engine = database, engine

    async def work(self) -> bool:
        """One sweep. One run that cannot be fetched stops no other, and is tried next time."""
        async with self._database.reading() as session:
            last = (await session.exec(select(func.max(col(RunRow.kept_at))))).one()
        async for run in self._engine.ended_runs((last or LONG_AGO) - LOOK_BACK):
            try:
                await self._keep(run)
            except Exception as error:
                get_logger("coordination").warning(
                    "run-not-kept", journey_id=str(run.journey), error=type(error).__name__
                )
        return False

    async def _keep(self, run: Ended) -> None:
        place = (run.organisation, run.journey, run.run)
        async with self._database.reading() as session:
            if await session.get(RunRow, place) is not None:
                return
        events, history = await self._engine.history_of(*place)
        async with self._database.transaction() as session:
            if await session.get(RunRow, place, with_for_update=True) is None:
                session.add(
                    RunRow(
                        organisation=run.organisation,
                        journey=run.journey,
                        run=run.run,
                        began_at=run.began_at,
                        ended_at=run.ended_at,
                        ended=run.ended,
                        events=events,
                        history=history,
                        kept_at=datetime.now(UTC),
                    )
                )
