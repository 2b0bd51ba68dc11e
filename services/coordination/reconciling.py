"""After a restore: the record and the engine are of different instants, and are made to agree.

The record is what counts: it holds what was told, decided and said. A run that is behind it, or
gone, hears what it has lost (repairing.py). A run that is ahead of it knows of things that no
record holds any more; it is ended and begins again from the record, and what it had heard is named,
so that somebody can tell it again. What may have left twice is named as well.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlmodel import col, select

from services.chassis.database import Database
from services.chassis.logging import get_logger
from services.coordination import repository
from services.coordination.journeys import Runs, Seen
from services.coordination.merging import heard_anew
from services.coordination.repairing import Engine, Repairs, is_lost
from services.coordination.tables import DeliveryRow, EventRow, JourneyRow, ReminderRow
from services.coordination.upkeep_contract import (
    MayHaveComeTwice,
    ReconciledJourney,
    Reconciliation,
    ReconciliationWanted,
)

WHY, ENDED = "its record was restored to an earlier day", "run ended"
ON_THE_WAY_SECONDS = 1.0
"""A report that was under way when we looked has arrived after so long."""


class EngineAsAWhole(Engine, Protocol):
    """Who knows every run; `workflows.client.JourneyClient` does it."""

    def open_runs(self) -> AsyncIterator[tuple[str, UUID]]:
        """Every journey that runs, of every organisation."""

    async def end(self, organisation: str, journey_id: UUID, why: str) -> None:
        """The journey does nothing any more. Safe to repeat."""


class Reconciling:
    """For one organisation, when somebody asks for it. The same once more does nothing more."""

    def __init__(self, database: Database, engine: EngineAsAWhole, repairs: Repairs) -> None:
        self._database, self._engine, self._repairs = database, engine, repairs

    async def reconcile(self, organisation: str, wanted: ReconciliationWanted) -> Reconciliation:
        """Look at every journey, on both sides, and say what was found and done."""
        # The runs first: a journey that begins meanwhile is in the record before it runs.
        running = {id async for owner, id in self._engine.open_runs() if owner == organisation}
        phases = await self._phases(organisation)
        twice = await self._twice(organisation, wanted.since, wanted.until)
        found: list[ReconciledJourney] = []
        left = sorted(running | {id for id in phases if phases[id] != repository.CLOSED})
        for number, journey in enumerate(left):
            try:
                one = await self._one(organisation, journey, phases.get(journey))
            except Exception as error:
                # The engine is away. What was found is said all the same: nobody finds it again.
                _warn(journey, error)
                found += map(_silent, left[number:])
                break
            if one is not None:
                found.append(one)
        return Reconciliation(
            looked_at=len(phases.keys() | running), journeys=found, may_have_come_twice=twice
        )

    async def _one(
        self, organisation: str, journey: UUID, phase: str | None
    ) -> ReconciledJourney | None:
        if phase is None:
            await self._engine.end(organisation, journey, WHY)
            return ReconciledJourney(journey=journey, found="unknown", done=[ENDED])
        if phase == repository.CLOSED:
            if (await self._row(organisation, journey)).phase != phase:
                return None
            done = []
            if not await self._has_news(organisation, journey):
                await self._engine.end(organisation, journey, WHY)
                done = [ENDED]
            return ReconciledJourney(journey=journey, found="closed", done=done)
        seen = await self._engine.look_at(organisation, journey)
        row = await self._row(organisation, journey)
        if seen.runs is Runs.FAILING or (seen.runs is Runs.RUNNING and seen.revision is None):
            return _silent(journey)
        if is_lost(row, seen) is not None:
            state = "behind" if seen.runs is Runs.RUNNING else "gone"
        else:
            lost = await self._not_known(organisation, journey, seen)
            if lost or await self._is_ahead(organisation, journey, seen):
                return await self._begin_again(organisation, journey, lost)
            state = "as it should be"
        done = await self._repairs.repair(organisation, journey)
        if state == "as it should be" and not done:
            return None
        return ReconciledJourney(journey=journey, found=state, done=done)

    async def _begin_again(
        self, organisation: str, journey: UUID, lost: list[UUID]
    ) -> ReconciledJourney:
        """What it had heard is named also when the engine goes away: its record begins it again
        later (stuck.py), but nobody finds these a second time.
        """
        done: list[str] = []
        try:
            await self._engine.end(organisation, journey, WHY)
            done = [ENDED]
            done = await self._repairs.repair(organisation, journey)
        except Exception as error:
            _warn(journey, error)
        return ReconciledJourney(journey=journey, found="ahead", done=done, lost_events=lost)

    async def _has_news(self, organisation: str, journey: UUID) -> bool:
        """Is it about to hear something? A closed journey is opened again so."""
        waits = select(col(EventRow.id)).where(
            col(EventRow.organisation) == organisation,
            col(EventRow.journey) == journey,
            col(EventRow.outcome) == "waiting",
        )
        async with self._database.reading() as session:
            return (await session.exec(waits.limit(1))).first() is not None

    async def _is_ahead(self, organisation: str, journey: UUID, seen: Seen) -> bool:
        """Has it reported more than the record holds? What is on its way is waited for."""
        assert seen.revision is not None
        if seen.revision <= (await self._row(organisation, journey)).revision:
            return False
        await asyncio.sleep(ON_THE_WAY_SECONDS)
        return seen.revision > (await self._row(organisation, journey)).revision

    async def _not_known(self, organisation: str, journey: UUID, seen: Seen) -> list[UUID]:
        """What the run has heard and no record holds.

        A merge may have moved it elsewhere, or have told it once more, under another id.
        """
        known = select(col(EventRow.id)).where(col(EventRow.organisation) == organisation)
        async with self._database.reading() as session:
            here = known.where(col(EventRow.journey) == journey)
            held = set((await session.exec(here)).all())
            missing = set(seen.seen) - held
            if missing:
                elsewhere = known.where(col(EventRow.id).in_(missing))
                held |= {*(await session.exec(elsewhere)).all()}
                held |= await heard_anew(session, organisation, journey)
        return [id for id in seen.seen if id not in held]

    async def _twice(
        self, organisation: str, since: datetime, until: datetime
    ) -> list[MayHaveComeTwice]:
        """Said after the restore, and due or begun before it: perhaps it was said already."""
        r, d = ReminderRow, DeliveryRow
        again = select(col(r.id), col(r.journey), col(r.due_at)).where(
            col(r.organisation) == organisation,
            col(r.due_at) > since,
            col(r.due_at) <= until,
            col(r.recorded_at) > until,
        )
        waited = (
            select(col(r.id), col(r.journey), col(r.due_at))
            .join(d, repository.OF_ITS_REMINDER)
            .where(
                col(r.organisation) == organisation,
                col(d.created_at) <= since,
                (col(d.delivered_at) > until) | (col(d.status) == "waiting"),
            )
        )
        async with self._database.reading() as session:
            rows = {*(await session.exec(again)).all(), *(await session.exec(waited)).all()}
        return [
            MayHaveComeTwice(reminder=id, journey=journey, due_at=due_at)
            for id, journey, due_at in sorted(rows, key=lambda row: (row[2], row[0]))
        ]

    async def _phases(self, organisation: str) -> dict[UUID, str]:
        wanted = select(col(JourneyRow.id), col(JourneyRow.phase)).where(
            col(JourneyRow.organisation) == organisation
        )
        async with self._database.reading() as session:
            return dict((await session.exec(wanted)).all())

    async def _row(self, organisation: str, journey: UUID) -> JourneyRow:
        async with self._database.reading() as session:
            row = await repository.find_journey(session, organisation, journey)
        assert row is not None, "a journey's row is never deleted"
        return row


def _silent(journey: UUID) -> ReconciledJourney:
    return ReconciledJourney(journey=journey, found="does not answer", done=[])


def _warn(journey: UUID, error: Exception) -> None:
    name = type(error).__name__
    get_logger("coordination").warning("not-reconciled", journey_id=str(journey), error=name)
