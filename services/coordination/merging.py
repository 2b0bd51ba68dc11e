"""Two journeys of one person become one, and two again: what is taken, kept and given back.

The survivor goes on under a record of its own in every service, into which the events of both are
told anew. So nothing that was concluded of either is mixed or lost, and parting them is going back.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.terms.obligation import ObligationStatus
from services.chassis.errors import Conflict, FieldProblem, Unprocessable
from services.coordination import first_low, repository
from services.coordination.journeys import EventArrived, EventKind
from services.coordination.ledger import Ledger
from services.coordination.life_contract import Join, Joined, MergeTold
from services.coordination.merge_tables import MergeRow
from services.coordination.on_its_way import give_back, take_over
from services.coordination.reminding import withdraw_deliveries
from services.coordination.tables import EventRow, JourneyRow, ObligationRow, OutboxRow

TOLD_ANEW = frozenset(
    {
        *("observations", "findings", "exposures", "genetics", "examination", "study"),
        *("venous_sampling", "biopsy", "order", "constraints", "surgery", "therapy", "state"),
        *("symptoms", "measure", "act", "planned", "opinion", "disposition"),
    }
)
"""What is known of a person, whichever journey it was told to; a decision answers to its own."""

PHASES = ("assessment", "localization", "treatment", "surveillance")
OPEN = ObligationStatus.OPEN


async def expect_possible(session: AsyncSession, journey: JourneyRow, told: MergeTold) -> None:
    """Refuse a merge that makes no sense, to whoever tells it."""
    other = await repository.find_journey(session, journey.organisation, told.other)
    why = await why_not(session, journey, other, undone=told.undone)
    if other is None:
        problem = FieldProblem(pointer="/payload/other", code="journey_unknown", detail=why or "")
        raise Unprocessable("1 value cannot be accepted; see errors", errors=[problem])
    if why is not None:
        raise Conflict(why)


async def why_not(
    session: AsyncSession, journey: JourneyRow, other: JourneyRow | None, *, undone: bool
) -> str | None:
    """Why can these two not be joined, or not be parted? None: they can."""
    if other is None:
        return "there is no such journey"
    if other.id == journey.id:
        return "a journey is not merged with itself"
    standing = await _standing(session, journey, other.id)
    if undone:
        return None if standing is not None else "these two are not merged"
    if other.merged_into is not None:
        return f"that journey goes on as {other.merged_into}"
    return None


async def known_of(session: AsyncSession, journey: JourneyRow) -> list[EventRow]:
    """What is known of the person by what this journey was told, oldest first."""
    told = await repository.events_of(session, journey.organisation, journey.id, TOLD_ANEW)
    return [one for one in reversed(told) if one.outcome != "refused"]


async def heard_anew(session: AsyncSession, organisation: str, survivor: UUID) -> set[UUID]:
    """Under which ids has this journey heard once more what it or another was told before?"""
    r, e = MergeRow, EventRow
    wanted = select(col(r.event), col(r.undone_by), col(r.other)).where(
        col(r.organisation) == organisation, col(r.survivor) == survivor
    )
    merges = (await session.exec(wanted)).all()
    both = {survivor, *(other for _, _, other in merges)}
    told = select(col(e.id), col(e.kind)).where(
        col(e.organisation) == organisation, col(e.journey).in_(both)
    )
    events = (await session.exec(told)).all() if merges else ()
    return {
        EventArrived(event_id=id, kind=EventKind(kind), anew=reason).heard_as
        for joined, parted, _ in merges
        for reason in (joined, parted)
        if reason is not None
        for id, kind in events
    }


async def _standing(session: AsyncSession, journey: JourneyRow, other: UUID) -> MergeRow | None:
    """The merge of these two that has not been undone."""
    wanted = select(MergeRow).where(
        col(MergeRow.organisation) == journey.organisation,
        col(MergeRow.survivor) == journey.id,
        col(MergeRow.other) == other,
        col(MergeRow.undone_at).is_(None),
    )
    return (await session.exec(wanted)).first()


async def joined_to(session: AsyncSession, journey: JourneyRow) -> list[UUID]:
    """Which journeys go on as this one, the latest first?"""
    wanted = select(MergeRow).where(
        col(MergeRow.organisation) == journey.organisation,
        col(MergeRow.survivor) == journey.id,
        col(MergeRow.undone_at).is_(None),
    )
    wanted = wanted.order_by(col(MergeRow.merged_at).desc())
    return [row.other for row in (await session.exec(wanted)).all()]


async def merge(
    session: AsyncSession, journey: JourneyRow, event: EventRow, wanted: Join, rehearsal: bool
) -> Joined:
    """Carry out what this event says of two journeys. Asked again, it answers the same."""
    if "into" in event.payload:
        return _told_to_the_other(event)
    told = MergeTold.model_validate(event.payload)
    other = await repository.find_journey(session, journey.organisation, told.other, to_change=True)
    done = await _done(session, journey, event, undone=told.undone)
    if done is not None and other is not None:
        return _answer(journey, other, event, done, undone=told.undone)
    why = await why_not(session, journey, other, undone=told.undone)
    if other is None or why is not None:
        return Joined(occurred_at=event.occurred_at, refusal=why)
    if told.undone:
        standing = await _standing(session, journey, other.id)
        assert standing is not None
        await _Parting(session, journey, other, event, rehearsal).part(standing)
        return _answer(journey, other, event, standing, undone=True)
    return await _Joining(session, journey, other, event, rehearsal).join(wanted)


def _told_to_the_other(event: EventRow) -> Joined:
    """The one that does not go on hears only that; or that it goes on after all."""
    return Joined(
        occurred_at=event.occurred_at,
        undone=bool(event.payload.get("undone")),
        survivor=UUID(event.payload["into"]),
    )


async def _done(
    session: AsyncSession, journey: JourneyRow, event: EventRow, *, undone: bool
) -> MergeRow | None:
    """Was this very event carried out before?"""
    if not undone:
        return await session.get(MergeRow, (journey.organisation, event.id))
    wanted = select(MergeRow).where(
        col(MergeRow.organisation) == journey.organisation, col(MergeRow.undone_by) == event.id
    )
    return (await session.exec(wanted)).first()


def _answer(
    journey: JourneyRow, other: JourneyRow, event: EventRow, row: MergeRow, *, undone: bool
) -> Joined:
    if undone:
        record = row.prior["record"]
        return Joined(
            occurred_at=event.occurred_at,
            undone=True,
            record=None if record is None else UUID(record),
            prior=row.prior["state"],
        )
    phase = row.prior["other_phase"]
    return Joined(
        occurred_at=event.occurred_at,
        record=row.record,
        phase=phase if phase in PHASES else None,
    )


class _Two:
    """Both journeys of one person, in one transaction that holds them."""

    def __init__(
        self,
        session: AsyncSession,
        journey: JourneyRow,
        other: JourneyRow,
        event: EventRow,
        rehearsal: bool,
    ) -> None:
        self._session, self._journey, self._other, self._event = session, journey, other, event
        self._ledger = Ledger(session, journey, rehearsal)

    async def _owed(self, journey: JourneyRow) -> list[ObligationRow]:
        return await repository.obligations_of(self._session, journey.organisation, journey.id)

    async def _events(self, journey: JourneyRow) -> list[EventRow]:
        return await known_of(self._session, journey)

    def _tell_anew(self, events: Iterable[EventRow], anew: UUID) -> None:
        """The survivor hears these once more, for the record it has from now on."""
        now = datetime.now(UTC)
        for one in events:
            self._session.add(
                OutboxRow(
                    organisation=self._journey.organisation,
                    journey=self._journey.id,
                    event=one.id,
                    kind=one.kind,
                    occurred_at=one.occurred_at,
                    anew=anew,
                    stored_at=now,
                    next_try_at=now,
                )
            )

    async def _tell_the_other(self, payload: dict[str, Any]) -> None:
        """The other journey closes, or goes on, by an event of its own."""
        now, other = datetime.now(UTC), self._other
        id = uuid5(self._event.id, str(other.id))
        self._session.add(
            EventRow(
                organisation=other.organisation,
                journey=other.id,
                id=id,
                kind="merge",
                occurred_at=self._event.occurred_at,
                payload=payload,
                request_hash="",
                told_by=self._event.told_by,
                told_at=now,
            )
        )
        self._session.add(
            OutboxRow(
                organisation=other.organisation,
                journey=other.id,
                event=id,
                kind="merge",
                occurred_at=self._event.occurred_at,
                reopens=True,
                stored_at=now,
                next_try_at=now,
            )
        )
        await repository.note(
            self._session, other, f"event:{id}", self._event.occurred_at, "event", "merge", str(id)
        )


class _Joining(_Two):
    async def join(self, wanted: Join) -> Joined:
        """The survivor takes events and obligations; both states are kept."""
        journey, other, event = self._journey, self._other, self._event
        row = MergeRow(
            organisation=journey.organisation,
            event=event.id,
            survivor=journey.id,
            other=other.id,
            record=uuid5(journey.id, str(event.id)),
            prior={
                "state": wanted.state,
                "record": None if journey.record is None else str(journey.record),
                "other_phase": other.phase,
                "owed": [_kept(one) for one in await self._owed(journey)],
                "other_owed": [_kept(one) for one in await self._owed(other)],
            },
            merged_at=datetime.now(UTC),
            merged_by=event.told_by,
        )
        self._session.add(row)
        await self._take_events()
        await first_low.read_anew(self._session, journey)
        await self._take_obligations()
        journey.record, other.merged_into = row.record, journey.id
        self._tell_anew(await self._events(journey), event.id)
        if other.phase != repository.CLOSED:
            await self._tell_the_other({"into": str(journey.id)})
        return _answer(journey, other, event, row, undone=False)

    async def _take_events(self) -> None:
        journey = self._journey
        for one in await self._events(self._other):
            place = (journey.organisation, journey.id, one.id)
            if await self._session.get(EventRow, place) is None:
                taken = one.model_dump() | {"journey": journey.id, "taken_from": self._other.id}
                self._session.add(EventRow(**taken))
        await self._session.flush()

    async def _take_obligations(self) -> None:
        """What is open there is open here, or ended as a person said; what was said of it there is
        not said again, and what passed while that one was paused is not said at all.
        """
        journey = self._journey
        known = {(one.rule, one.occurrence) for one in await self._owed(journey)}
        taken = [
            ObligationRow(**(one.model_dump() | {"journey": journey.id}))
            for one in await self._owed(self._other)
            if (one.rule, one.occurrence) not in known
            and (one.status == OPEN or one.ended_by is not None)
        ]
        self._session.add_all(taken)
        await self._session.flush()
        still_open = [one for one in taken if one.status == OPEN]
        await take_over(
            self._session, journey, self._other, {(one.rule, one.occurrence) for one in still_open}
        )
        if self._other.paused_since is not None:
            await self._ledger.pass_over(still_open)
        if journey.paused_since is not None:
            await self._ledger.fall_silent(still_open)
        await self._ledger.rank()


class _Parting(_Two):
    async def part(self, row: MergeRow) -> None:
        """Each has again what it had; what was told to the survivor since stays with it."""
        journey, other, event = self._journey, self._other, self._event
        row.undone_at, row.undone_by = datetime.now(UTC), event.id
        prior = row.prior["record"]
        journey.record, other.merged_into = None if prior is None else UUID(prior), None
        mine = []
        for one in await self._events(journey):
            if one.taken_from == other.id:
                await self._session.delete(one)
            elif one.settled_at is None or one.settled_at > row.merged_at:
                mine.append(one)
        await first_low.read_anew(self._session, journey)
        await give_back(self._session, journey, other)
        await self._give_obligations_back(row)
        self._tell_anew(mine, event.id)
        if other.carried is not None or other.phase != repository.CLOSED:
            await self._tell_the_other({"into": str(journey.id), "undone": True})

    async def _give_obligations_back(self, row: MergeRow) -> None:
        before = {(one["rule"], one["occurrence"]): one for one in row.prior["owed"]}
        given_back = []
        for one in await self._owed(self._journey):
            was = before.get((one.rule, one.occurrence))
            if was is None and one.status == OPEN:
                one.status, one.disposition = ObligationStatus.CANCELLED.value, "WITHDRAWN"
                one.reason, one.ended_at = "the merge was undone", self._journey.as_of
                given_back.append((one.rule, one.occurrence))
            elif was is not None and was["status"] == OPEN and one.ended_by is None:
                one.status, one.disposition = OPEN.value, None
                one.reason, one.ended_at = "", None
        await withdraw_deliveries(self._session, self._journey, given_back)
        await self._ledger.rank()


def _kept(row: ObligationRow) -> dict[str, Any]:
    return row.model_dump(mode="json", include={"rule", "occurrence", "status", "disposition"})
