"""HTTP for who looks after journeys: keys, who is forgotten, ended runs, who is stuck."""

import gzip
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import audit
from services.chassis.auth import Caller, requires, requires_by_name
from services.chassis.database import InTransaction
from services.chassis.errors import Conflict, Gone, NotFound, Unavailable
from services.coordination import repository
from services.coordination.data_keys import opened_by_the_ring
from services.coordination.erasing import shown
from services.coordination.inbox import held
from services.coordination.journeys import LOOK, KeyGone
from services.coordination.parts import parts_of
from services.coordination.routes import found
from services.coordination.tables import JourneyRow, OutboxRow
from services.coordination.upkeep import upkeep_of
from services.coordination.upkeep_contract import (
    KEY_SCOPE,
    EditionOfJourney,
    EditionWanted,
    EndedRun,
    EndedRuns,
    Erasure,
    History,
    Reconciliation,
    ReconciliationWanted,
    Repaired,
    SealedJourneyKey,
    Stuck,
    StuckPage,
)
from services.coordination.upkeep_tables import ErasureRow, JourneyKeyRow, RunRow, StuckRow

router = APIRouter(prefix="/coordination/v1", tags=["upkeep"])

MOST_SHOWN = 500

T = TypeVar("T")


@router.get("/journeys/{journey_id}/key", response_model=SealedJourneyKey)
async def read_key(
    journey_id: UUID, request: Request, caller: Annotated[Caller, requires_by_name(KEY_SCOPE)]
) -> SealedJourneyKey:
    """The key of a journey, sealed by the ring: for workers. 410 when it was destroyed.

    Asked for at every turn of a journey, so it is not noted: it says nothing of a person.
    """
    upkeep = upkeep_of(request)
    place = (caller.organisation, journey_id)
    async with upkeep.database.reading() as session:
        row = await session.get(JourneyKeyRow, place)
        journey = await repository.find_journey(session, *place)
    if journey is None or upkeep.keys is None:
        raise NotFound("there is no such journey, or journeys have no keys here")
    if row is None:
        async with upkeep.database.transaction() as session:
            row = await upkeep.keys.of(session, *place)
            audit.record(session, caller, "create", "JourneyKey", journey_id)
    try:
        key = opened_by_the_ring(row)
    except KeyGone:
        raise Gone("the key of this journey was destroyed") from None
    return SealedJourneyKey.model_construct(ring_key=key.ring_key, sealed=key.sealed)


@router.get("/journeys/{journey_id}/erasure", response_model=Erasure)
async def read_erasure(
    journey_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("EpisodeOfCare", "r")],
) -> Erasure:
    """How far has this person been forgotten, and who has not done their part yet?"""
    row = await session.get(ErasureRow, (caller.organisation, journey_id))
    if row is None:
        raise NotFound("nobody asked for this")
    audit.record(session, caller, "read", "EpisodeOfCare", journey_id, journey_id)
    return shown(row)


@router.get("/journeys/{journey_id}/runs", response_model=EndedRuns)
async def read_runs(
    journey_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("AuditEvent", "r")],
) -> EndedRuns:
    """Which runs of this journey have ended, and are kept?"""
    wanted = (
        select(RunRow)
        .where(col(RunRow.organisation) == caller.organisation, col(RunRow.journey) == journey_id)
        .order_by(col(RunRow.began_at), col(RunRow.run))
    )
    rows = (await session.exec(wanted)).all()
    audit.record(session, caller, "read", "EndedRun", journey_id, journey_id)
    return EndedRuns(runs=[EndedRun.model_validate(row.model_dump()) for row in rows])


@router.get("/journeys/{journey_id}/runs/{run_id}", response_model=History)
async def read_run(
    journey_id: UUID,
    run_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("AuditEvent", "r")],
) -> History:
    """What the engine kept of a run, sealed as it was: who has the journey's key can read it."""
    row = await session.get(RunRow, (caller.organisation, journey_id, run_id))
    if row is None:
        raise NotFound("no such run is kept")
    audit.record(session, caller, "read", "EndedRun", run_id, journey_id)
    return History.model_validate(
        row.model_dump(exclude={"history"}) | {"history": gzip.decompress(row.history).decode()}
    )


@router.get("/stuck", response_model=StuckPage)
async def read_stuck(
    session: InTransaction, caller: Annotated[Caller, requires("Task", "s")]
) -> StuckPage:
    """Which journeys do not go on though they should, and why? The longest first."""
    wanted = (
        select(StuckRow)
        .where(col(StuckRow.organisation) == caller.organisation)
        .order_by(col(StuckRow.since), col(StuckRow.journey))
        .limit(MOST_SHOWN)
    )
    rows = (await session.exec(wanted)).all()
    audit.record(session, caller, "search", "EpisodeOfCare", None)
    return StuckPage(stuck=[Stuck.model_validate(row.model_dump()) for row in rows])


@router.post("/journeys/{journey_id}/repair", response_model=Repaired)
async def repair(
    journey_id: UUID,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    caller: Annotated[Caller, requires("Task", "u")],
) -> Repaired:
    """Let a journey go on that does not. Safe for any journey, any number of times."""
    await found(session, caller, journey_id, "EpisodeOfCare")
    audit.record(session, caller, "update", "EpisodeOfCare", journey_id, journey_id)
    mending = upkeep_of(request).repairs.repair(caller.organisation, journey_id)
    done = await _mended(mending, session, request, after)
    return Repaired(journey=journey_id, done=done)


@router.post("/reconciliation", response_model=Reconciliation)
async def reconcile(
    wanted: ReconciliationWanted,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    caller: Annotated[Caller, requires("EpisodeOfCare", "d")],
) -> Reconciliation:
    """After a restore: let every journey's run and record agree, and say what cannot be known.

    Runs that have no record are ended, so it is for who may end journeys, not for every clinician.
    """
    audit.record(session, caller, "update", "EpisodeOfCare", None)
    mending = upkeep_of(request).reconciling.reconcile(caller.organisation, wanted)
    return await _mended(mending, session, request, after)


async def _mended(
    mending: Awaitable[T], session: AsyncSession, request: Request, after: BackgroundTasks
) -> T:
    """What came of it; whoever works on what waits now is woken. 503 while the engine is away."""
    # What is mended has transactions of its own, in this very database.
    await session.commit()
    try:
        done = await mending
    except Exception as error:
        raise Unavailable(f"the engine is away: {type(error).__name__}") from None
    after.add_task(parts_of(request).outbox.wake)
    after.add_task(upkeep_of(request).erasures.wake)
    return done


@router.get("/journeys/{journey_id}/edition", response_model=EditionOfJourney)
async def read_edition(
    journey_id: UUID, request: Request, caller: Annotated[Caller, requires("Task", "u")]
) -> EditionOfJourney:
    """Which edition of the knowledge does this journey stay with? For who asks on its behalf.

    Found by the journey's own id, or by that under which the services keep the person. Asked
    before every conclusion, so it is not noted: it says nothing of a person.
    """
    async with upkeep_of(request).database.reading() as session:
        here = col(JourneyRow.organisation) == caller.organisation
        # Whose it is stands in both, so that each has its index: this is asked in every turn.
        named = (here & (col(JourneyRow.id) == journey_id)) | (
            here & (col(JourneyRow.record) == journey_id)
        )
        chosen = col(JourneyRow.edition)
        wanted = select(chosen).where(named, chosen.is_not(None))
        edition = (await session.exec(wanted.limit(1))).first()
    return EditionOfJourney(journey=journey_id, edition=edition)


@router.put("/journeys/{journey_id}/edition", response_model=EditionOfJourney)
async def stay_with(
    journey_id: UUID,
    wanted: EditionWanted,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    caller: Annotated[Caller, requires("Task", "u")],
) -> EditionOfJourney:
    """Let a journey stay with an edition, or go over to the one in force; it looks at once.

    Its answers come from a process of that edition. While there is none the journey waits.
    """
    journey = await held(session, caller.organisation, journey_id)
    if journey.phase == repository.CLOSED:
        raise Conflict("this journey is closed; nothing is concluded for it any more")
    if journey.edition != wanted.edition:
        journey.edition = wanted.edition
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
        words = f"edition: {wanted.edition or 'in force'}"
        there = repository.now_there(journey)
        await repository.note(session, journey, f"edition:{now.isoformat()}", there, "noted", words)
        after.add_task(parts_of(request).outbox.wake)
    audit.record(session, caller, "update", "EpisodeOfCare", journey_id, journey.patient_id)
    return EditionOfJourney(journey=journey_id, edition=journey.edition)
