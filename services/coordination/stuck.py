"""Which journeys do not go on though they should? Found in our own rows, and by asking the engine.

Our rows show what is late. The engine is asked about those, and about every open journey in turn,
a few in each round: a run that was ended by hand leaves no trace in any row of ours.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists, func
from sqlmodel import col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.database import Database
from services.chassis.logging import get_logger
from services.coordination import repository
from services.coordination.contract import Progress
from services.coordination.journeys import LONGEST_SLEEP, Runs, Seen
from services.coordination.metrics import CoordinationMetrics
from services.coordination.repairing import Engine, Repairs, has_unheard, is_lost
from services.coordination.settings import CoordinationSettings
from services.coordination.tables import EventRow, JourneyRow, OutboxRow
from services.coordination.upkeep_tables import (
    BY_THE_ENGINE,
    IN_OUR_ROWS,
    ErasureRow,
    StuckRow,
)

UNTOLD, UNSETTLED, OVERSLEPT, SILENT, UNERASED = IN_OUR_ROWS
MISSING, ENDED, FAILING, BEHIND = BY_THE_ENGINE

MOST_SUSPECTS = 200
GRACE = timedelta(days=2)
"""A journey looks up every thirteen weeks at least; so much later it is taken to be silent."""


class Place(NamedTuple):
    """One journey."""

    organisation: str
    journey: UUID


Found = dict[tuple[Place, str], datetime]
"""Who is stuck, why, and since when."""


def _key(row: StuckRow) -> tuple[Place, str]:
    return Place(row.organisation, row.journey), row.reason


async def late(session: AsyncSession, now: datetime, after: timedelta) -> Found:
    """What our own rows show."""
    found: Found = {}

    async def note(reason: str, rows: Iterable[tuple[str, UUID, datetime]]) -> None:
        for organisation, journey, since in rows:
            key = (Place(organisation, journey), reason)
            found[key] = min(since, found.get(key, since))

    o, e, j, x = OutboxRow, EventRow, JourneyRow, ErasureRow
    before = now - after
    # By journey: one of which much waits hides no other.
    untold = (
        select(col(o.organisation), col(o.journey), func.min(col(o.stored_at)))
        .where(col(o.stored_at) <= before)
        .group_by(col(o.organisation), col(o.journey))
    )
    await note(UNTOLD, (await session.exec(untold.limit(MOST_SUSPECTS))).all())
    on_the_way = exists().where(
        col(o.organisation) == col(e.organisation), col(o.event) == col(e.id)
    )
    unsettled = (
        select(col(e.organisation), col(e.journey), func.min(col(e.told_at)))
        .where(col(e.outcome) == "waiting", col(e.told_at) <= before, ~on_the_way)
        .group_by(col(e.organisation), col(e.journey))
    )
    await note(UNSETTLED, (await session.exec(unsettled.limit(MOST_SUSPECTS))).all())
    still_open = col(j.phase) != repository.CLOSED
    overslept = select(col(j.organisation), col(j.id), col(j.next_wake)).where(
        still_open, col(j.next_wake) <= before, col(j.clock_ahead_seconds) == 0
    )
    rows = (await session.exec(overslept.limit(MOST_SUSPECTS))).all()
    await note(OVERSLEPT, [(one[0], one[1], one[2]) for one in rows if one[2] is not None])
    silent = select(col(j.organisation), col(j.id), col(j.as_of)).where(
        still_open, col(j.as_of) <= now - LONGEST_SLEEP - GRACE
    )
    await note(SILENT, (await session.exec(silent.limit(MOST_SUSPECTS))).all())
    unerased = select(col(x.organisation), col(x.journey), col(x.asked_at)).where(
        col(x.done_at).is_(None), col(x.asked_at) <= before
    )
    await note(UNERASED, (await session.exec(unerased.limit(MOST_SUSPECTS))).all())
    return found


async def notice(session: AsyncSession, journey: JourneyRow, progress: Progress) -> None:
    """A report that is older than the record, or another one of the same age: who tells it has
    lost something. A repeated one says the same.
    """
    said = sha256(progress.model_dump_json(exclude={"at"}).encode()).hexdigest()
    if progress.revision > journey.revision:
        journey.progress_hash = said
        return
    repeats = progress.revision == journey.revision and journey.progress_hash in ("", said)
    if journey.phase == repository.CLOSED or repeats:
        return
    await keep(session, Place(journey.organisation, journey.id), BEHIND, datetime.now(UTC))


async def keep(session: AsyncSession, place: Place, reason: str, since: datetime) -> None:
    """Remember who is stuck and why; what is known already is only seen again."""
    now = datetime.now(UTC)
    row = await session.get(StuckRow, (*place, reason))
    if row is None:
        row = StuckRow(
            organisation=place.organisation,
            journey=place.journey,
            reason=reason,
            since=since,
            seen_at=now,
        )
        session.add(row)
    row.seen_at = now


class Finder:
    """The relay's work: look, remember, and repair what can be repaired."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        settings: CoordinationSettings,
        metrics: CoordinationMetrics,
    ) -> None:
        self._database, self._engine = database, engine
        self._settings, self._metrics = settings, metrics
        self._repairs = Repairs(database, engine)
        self._after = timedelta(seconds=settings.stuck_after_seconds)
        self._walked_to: Place | None = None

    async def work(self) -> bool:
        """One round. False: the next one comes in its own time."""
        now = datetime.now(UTC)
        async with self._database.reading() as session:
            found = await late(session, now, self._after)
            known = {_key(row): row.seen_at for row in (await session.exec(select(StuckRow))).all()}
            walked = await self._next_open(session)
        ask_about = dict.fromkeys([*(place for place, _ in [*found, *known]), *walked])
        for place in ask_about:
            try:
                reason, since = await self._ask(place, now)
            except Exception as error:
                name = type(error).__name__
                get_logger("coordination").warning("not-looked-at", kind=place[0], error=name)
                continue
            if reason is not None:
                found[place, reason] = since
        await self._remember(found, known, ask_about)
        if self._settings.repair_stuck:
            for place in dict.fromkeys(place for place, _ in found):
                await self._mend(place)
        return False

    async def _next_open(self, session: AsyncSession) -> list[Place]:
        """The next few open journeys, in turn, round and round."""
        j = JourneyRow
        order = (col(j.organisation), col(j.id))
        wanted = select(*order).where(col(j.phase) != repository.CLOSED)
        if self._walked_to is not None:
            wanted = wanted.where(tuple_(*order) > self._walked_to)
        rows = await session.exec(wanted.order_by(*order).limit(self._settings.looked_at_per_round))
        places = [Place(*row) for row in rows.all()]
        self._walked_to = places[-1] if places else None
        return places

    async def _ask(self, place: Place, now: datetime) -> tuple[str | None, datetime]:
        """What does the engine know of this journey that our rows do not show?"""
        async with self._database.reading() as session:
            journey = await repository.find_journey(session, *place)
            begins = await repository.untold(session, *place)
        if journey is None or journey.phase == repository.CLOSED:
            return None, now
        seen = await self._engine.look_at(*place)
        reason = self._reason(journey, seen, now)
        if reason is None and await self._is_behind(place, journey, seen):
            reason = BEHIND
        if reason in (MISSING, ENDED) and (begins or journey.started_at > now - self._after):
            return None, now
        if reason == ENDED:
            async with self._database.reading() as session:
                journey = await repository.find_journey(session, *place)
            if journey is None or journey.phase == repository.CLOSED:
                return None, now
        return reason, seen.since or now

    async def _is_behind(self, place: Place, journey: JourneyRow, seen: Seen) -> bool:
        """One that reported what does not go with the record: did it miss what the record knows?

        As long as it does not say how far it is, that is not known.
        """
        async with self._database.reading() as session:
            if await session.get(StuckRow, (*place, BEHIND)) is None:
                return False
            return seen.revision is None or await has_unheard(session, journey, seen)

    def _reason(self, journey: JourneyRow, seen: Seen, now: datetime) -> str | None:
        if seen.runs is Runs.FAILING:
            late = seen.since is None or seen.since <= now - self._after
            return FAILING if late else None
        if is_lost(journey, seen) is None:
            return None
        return {Runs.MISSING: MISSING, Runs.ENDED: ENDED}.get(seen.runs, BEHIND)

    async def _remember(
        self, found: Found, known: Mapping[tuple[Place, str], datetime], asked: Iterable[Place]
    ) -> None:
        """The rows say what was found now; what is over is gone from them.

        What was noticed while this round looked is for the next one: nobody tells it twice.
        """
        looked_at = set(asked)
        async with self._database.transaction() as session:
            for row in (await session.exec(select(StuckRow))).all():
                key = _key(row)
                is_over = row.reason in IN_OUR_ROWS or key[0] in looked_at
                if is_over and key not in found and known.get(key) == row.seen_at:
                    await session.delete(row)
            await session.flush()
            for (place, reason), since in found.items():
                await keep(session, place, reason, since)

    async def _mend(self, place: Place) -> None:
        """One that cannot be mended stops no other."""
        try:
            done = await self._repairs.repair(*place)
        except Exception as error:
            self._metrics.repaired("failed")
            name = type(error).__name__
            get_logger("coordination").warning(
                "not-repaired", journey_id=str(place.journey), error=name
            )
            return
        if not done:
            return
        self._metrics.repaired("done")
        get_logger("coordination").info("repaired", journey_id=str(place.journey))
        async with self._database.transaction() as session:
            await was_repaired(session, place)


async def was_repaired(session: AsyncSession, place: Place) -> None:
    """Something was done about this journey; whether it helped is seen in the next round."""
    rows = select(StuckRow).where(
        col(StuckRow.organisation) == place.organisation, col(StuckRow.journey) == place.journey
    )
    for row in (await session.exec(rows)).all():
        row.repairs += 1
        row.repaired_at = datetime.now(UTC)
