"""Erase one person from a journey, also from one that runs: promised at once, until it is done.

The event that asks for it and the promise are one transaction, in which the journey closes. Then
each step is done and noted by itself: whoever dies between two goes on with the next, and every
step may be done twice. An outage of a part only makes it take longer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.assessment.client import AssessmentClient
from services.chassis import audit
from services.chassis.auth import Caller
from services.chassis.client import ServiceClient
from services.chassis.database import Database
from services.chassis.erasing import wipe
from services.chassis.errors import Conflict
from services.chassis.logging import get_logger
from services.coordination import erasure_log, forgetting, repository
from services.coordination.contract import LARGEST_VERSION, Event, EventStored, Progress
from services.coordination.ledger import Ledger
from services.coordination.merge_tables import MergeRow
from services.coordination.relay import pause
from services.coordination.settings import CoordinationSettings
from services.coordination.tables import EventRow, JourneyRow
from services.coordination.upkeep_contract import Erasure
from services.coordination.upkeep_tables import ErasureRow
from services.followup.client import FollowupClient
from services.localization.client import LocalizationClient

KIND, WHY = "withdrawal", "consent was withdrawn"
SERVICES = ("assessment", "localization", "followup")
AT_ONCE = 20


class NobodyToAsk(Exception):
    """Coordination was given no key to ask the other services with."""


class Runs(Protocol):
    """Who can end the run of a journey; `workflows.client.JourneyClient` does it."""

    async def end(self, organisation: str, journey_id: UUID, why: str) -> None:
        """The journey does nothing any more. Safe to repeat."""


Erase = Callable[[str, UUID], Awaitable[object]]
"""(organisation, record): let one service forget it."""


def erasers(services: Mapping[str, ServiceClient]) -> dict[str, Erase]:
    """How each service is asked to forget a record."""
    return {
        "assessment": AssessmentClient(services["assessment"]).erase_record,
        "localization": LocalizationClient(services["localization"]).erase_plan,
        "followup": FollowupClient(services["followup"]).erase_plan,
    }


def is_wanted(event: Event) -> bool:
    """Does this withdrawal of consent ask to be forgotten?"""
    return event.kind == KIND and event.payload.get("erase") is True


async def take(
    session: AsyncSession, caller: Caller, journey: JourneyRow, event: Event
) -> EventStored:
    """Store the event and the promise, and close the journey, all at once. Also a closed one.

    Whoever was merged with this person is this person.
    """
    known = await repository.find_event(session, journey.organisation, journey.id, event.id)
    if known is not None:
        promised = await session.get(ErasureRow, (journey.organisation, journey.id))
        if known.kind != KIND or promised is None:
            raise Conflict("this event id was told before, with another content")
        return EventStored(event=known.id, stored_at=known.told_at, repeated=True)
    now = datetime.now(UTC)
    session.add(
        EventRow(
            organisation=journey.organisation,
            journey=journey.id,
            id=event.id,
            kind=KIND,
            occurred_at=event.occurred_at,
            payload={"erase": True},
            request_hash="",
            told_by=caller.subject,
            told_at=now,
            outcome="applied",
            settled_at=now,
        )
    )
    for one in await _all_of_this_person(session, journey):
        await _promise(session, caller, one, event.id, now)
    return EventStored(event=event.id, stored_at=now, repeated=False)


async def _all_of_this_person(session: AsyncSession, journey: JourneyRow) -> list[JourneyRow]:
    same = [col(JourneyRow.id) == journey.id, col(JourneyRow.merged_into) == journey.id]
    if journey.merged_into is not None:
        same.append(col(JourneyRow.id) == journey.merged_into)
    wanted = select(JourneyRow).where(
        col(JourneyRow.organisation) == journey.organisation, or_(*same)
    )
    return list((await session.exec(wanted.order_by(col(JourneyRow.id)).with_for_update())).all())


async def _promise(
    session: AsyncSession, caller: Caller, journey: JourneyRow, event: UUID, now: datetime
) -> None:
    """This journey is erased from now on; what it may still be told or report changes nothing."""
    place = (journey.organisation, journey.id)
    if await session.get(ErasureRow, place) is not None:
        return
    session.add(
        ErasureRow(
            organisation=journey.organisation,
            journey=journey.id,
            event=event,
            asked_by=caller.subject,
            asked_at=now,
            next_try_at=now,
        )
    )
    for waiting in await repository.events_of(session, *place):
        if waiting.outcome == "waiting":
            waiting.outcome, waiting.reason, waiting.settled_at = "refused", WHY, now
    await session.flush()
    there = repository.now_there(journey)
    await repository.note(session, journey, f"erasure:{event}", there, "event", KIND, str(event))
    if journey.phase != repository.CLOSED:
        closing = Progress(
            revision=journey.revision + 1,
            at=there,
            phase=repository.CLOSED,
            next_phase_reason=KIND,
        )
        await Ledger(session, journey, rehearsal=False).report(closing)
    journey.revision, journey.next_wake, journey.carried = LARGEST_VERSION, None, None
    await forgetting.stop_telling(session, journey)


class Erasures:
    """The relay's work: the next step of every erasure that is not done."""

    def __init__(
        self,
        database: Database,
        runs: Runs,
        ask: Mapping[str, Erase],
        settings: CoordinationSettings,
    ) -> None:
        self._database, self._runs, self._ask, self._settings = database, runs, ask, settings

    async def work(self) -> bool:
        """Go on with each; one that cannot stops no other."""
        now = datetime.now(UTC)
        wanted = (
            select(ErasureRow)
            .where(col(ErasureRow.done_at).is_(None), col(ErasureRow.next_try_at) <= now)
            .order_by(col(ErasureRow.next_try_at))
            .limit(AT_ONCE)
        )
        async with self._database.reading() as session:
            rows = list((await session.exec(wanted)).all())
        for row in rows:
            try:
                await self._go_on(row)
            except Exception as error:
                await self._later(row, error)
        return bool(rows)

    async def _go_on(self, row: ErasureRow) -> None:
        place = (row.organisation, row.journey)
        if row.run_ended_at is None:
            if self._settings.erasure_log is not None:
                await asyncio.to_thread(erasure_log.note, self._settings.erasure_log, row)
            await self._runs.end(*place, WHY)
            await self._note(row, "run_ended_at")
        for service in SERVICES:
            if getattr(row, f"{service}_at") is None:
                if service not in self._ask:
                    raise NobodyToAsk(service)
                for record in await self._records(row):
                    await self._ask[service](row.organisation, record)
                await self._note(row, f"{service}_at")
        async with self._database.transaction() as session:
            journey = await repository.find_journey(session, *place, to_change=True)
            assert journey is not None, "a journey's row is never deleted"
            await forgetting.forget(session, journey)
            asker = Caller(row.asked_by, row.organisation)
            audit.record(session, asker, "delete", "EpisodeOfCare", row.journey, row.journey)
        # Whoever was just starting it when it was ended: without its key nobody starts it again.
        await self._runs.end(*place, WHY)
        await self._note(row, "done_at")
        await wipe(self._database)

    async def _records(self, row: ErasureRow) -> list[UUID]:
        """Everywhere that the services keep this person: a merge began a new record each time."""
        joined = (col(MergeRow.survivor) == row.journey) | (col(MergeRow.other) == row.journey)
        merges = select(col(MergeRow.record)).where(
            col(MergeRow.organisation) == row.organisation, joined
        )
        async with self._database.reading() as session:
            journey = await repository.find_journey(session, row.organisation, row.journey)
            records = {row.journey, *(await session.exec(merges)).all()}
        if journey is not None and journey.record is not None:
            records.add(journey.record)
        return sorted(records)

    async def _note(self, row: ErasureRow, step: str) -> None:
        async with self._database.transaction() as session:
            kept = await session.get(ErasureRow, (row.organisation, row.journey))
            assert kept is not None
            setattr(kept, step, datetime.now(UTC))
            kept.attempts, kept.problem = 0, ""

    async def _later(self, row: ErasureRow, error: Exception) -> None:
        """Weather, or somebody's no: tried again for as long as it takes, and told on the way."""
        name = type(error).__name__
        async with self._database.transaction() as session:
            kept = await session.get(ErasureRow, (row.organisation, row.journey))
            assert kept is not None
            kept.attempts += 1
            kept.problem = name
            first, most = self._settings.retry_first_seconds, self._settings.retry_most_seconds
            kept.next_try_at = datetime.now(UTC) + pause(kept.attempts, first, most)
        get_logger("coordination").warning(
            "not-erased-yet", journey_id=str(row.journey), error=name, attempt=kept.attempts
        )


def shown(row: ErasureRow) -> Erasure:
    """How far it is, for who asked."""
    steps = {"run": row.run_ended_at, **{one: getattr(row, f"{one}_at") for one in SERVICES}}
    waiting = [name for name, done in steps.items() if done is None]
    if row.done_at is None:
        waiting.append("coordination")
    return Erasure(
        journey=row.journey,
        asked_at=row.asked_at,
        done_at=row.done_at,
        waiting_for=waiting,
        problem=row.problem,
    )
