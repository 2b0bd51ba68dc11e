"""Events from outside, stored before they are answered; repeated ones recognised."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules import reminders
from services.chassis.auth import Caller
from services.chassis.errors import Conflict, FieldProblem, NotFound, Unprocessable, pointer
from services.coordination import answering, erasing, merging, repository
from services.coordination.contract import (
    DecisionTaken,
    Disposition,
    Event,
    EventStored,
    ObligationAnswered,
    OpenQuestion,
    Outcome,
    PatientOfJourney,
    StoredEvent,
)
from services.coordination.happened import carry_out, may_reopen
from services.coordination.journeys import KINDS
from services.coordination.ledger import Ledger
from services.coordination.life_contract import MergeTold
from services.coordination.payloads import expect_readable
from services.coordination.tables import EventRow, JourneyRow, ObligationRow, OutboxRow


async def store(
    session: AsyncSession, caller: Caller, journey: JourneyRow, event: Event
) -> EventStored:
    """Keep an event, and the duty to tell the journey of it, in one transaction.

    The caller holds the journey, so the same event told twice at once is still one event.
    """
    if erasing.is_wanted(event):
        return await erasing.take(session, caller, journey, event)
    known = await repository.find_event(session, journey.organisation, journey.id, event.id)
    if known is not None:
        if known.request_hash != repository.fingerprint(event):
            raise Conflict("this event id was told before, with another content")
        return EventStored(event=known.id, stored_at=known.told_at, repeated=True)
    if journey.merged_into is not None:
        raise Conflict(f"this journey goes on as {journey.merged_into}; tell it there")
    read = _expect_readable(event, journey)
    reopens, closed = may_reopen(read), journey.phase == repository.CLOSED
    if closed and not (reopens and journey.carried is not None):
        raise Conflict("this journey is closed; it takes no more events")
    if isinstance(read, MergeTold):
        await merging.expect_possible(session, journey, read)
    row = EventRow(
        organisation=journey.organisation,
        journey=journey.id,
        request_hash=repository.fingerprint(event),
        told_by=caller.subject,
        told_at=datetime.now(UTC),
        **event.model_dump(exclude={"payload"}),
        payload=event.model_dump(mode="json")["payload"],
    )
    session.add(row)
    session.add(
        OutboxRow(
            organisation=journey.organisation,
            journey=journey.id,
            event=event.id,
            kind=event.kind,
            occurred_at=event.occurred_at,
            reopens=reopens,
            stored_at=row.told_at,
            next_try_at=row.told_at,
        )
    )
    await repository.note(
        session, journey, f"event:{event.id}", event.occurred_at, "event", event.kind, str(event.id)
    )
    return EventStored(event=event.id, stored_at=row.told_at, repeated=False)


def _expect_readable(event: Event, journey: JourneyRow) -> BaseModel | None:
    """Refuse what nobody could make sense of, with the place where it goes wrong."""
    if event.kind not in KINDS:
        raise _wrong(("kind",), "kind_unknown", f"must be one of {', '.join(sorted(KINDS))}")
    read = expect_readable(event)
    if isinstance(read, DecisionTaken):
        _expect_an_answer(read, journey)
    elif isinstance(read, ObligationAnswered) and event.kind == "disposition":
        if read.disposition is None:
            raise _wrong(("payload", "disposition"), "missing", "how did it end?")
    elif isinstance(read, ObligationAnswered) and read.disposition is not None:
        detail = "an acknowledgement ends nothing; send a `disposition`"
        raise _wrong(("payload", "disposition"), "disposition", detail)
    return read


def _expect_an_answer(decision: DecisionTaken, journey: JourneyRow) -> None:
    """If it answers the question that is open now, it must be one of its answers."""
    if journey.task is None:
        return
    task = OpenQuestion.model_validate(journey.task)
    if decision.task == task.id and decision.answer not in task.answers:
        detail = f"must be one of {', '.join(task.answers)}"
        raise _wrong(("payload", "answer"), "answer_unknown", detail)


def _wrong(place: tuple[str, ...], code: str, detail: str) -> Unprocessable:
    problem = FieldProblem(pointer=pointer(place), code=code, detail=detail)
    return Unprocessable("1 value cannot be accepted; see errors", errors=[problem])


def as_stored(row: EventRow, journey: JourneyRow) -> StoredEvent:
    """The event as the journey reads it."""
    return StoredEvent(
        id=row.id,
        kind=row.kind,
        occurred_at=row.occurred_at,
        source=row.source,
        version=row.version,
        payload=_as_told_now(row),
        told_by=row.told_by,
        told_at=row.told_at,
        patient=PatientOfJourney.model_validate(journey.patient),
        profile=journey.profile,
        label_profile=journey.label_profile,
        zone=journey.zone,
    )


def _as_told_now(row: EventRow) -> dict[str, Any]:
    """A decision that counts already is only told again to a journey that had lost it: the question
    it answered had another id there.
    """
    if row.kind == "decision" and row.outcome == "applied":
        return row.payload | {"task": None}
    return row.payload


async def settle(
    session: AsyncSession, journey: JourneyRow, event: EventRow, outcome: Outcome, ledger: Ledger
) -> Outcome:
    """Remember what became of an event. An applied one is not refused later, nor the reverse."""
    if event.outcome != "waiting":
        return _outcome(event)
    if outcome.outcome == "applied" and event.kind in ("acknowledgement", "disposition"):
        outcome = await _answer_obligation(session, journey, event, ledger)
    elif outcome.outcome == "applied" and event.kind in answering.KINDS:
        outcome = await answering.take(session, journey, event, ledger)
    if outcome.outcome == "applied":
        await carry_out(session, journey, event, ledger)
    event.outcome, event.reason = outcome.outcome, outcome.reason
    event.settled_at = datetime.now(UTC)
    what = {"refused": "refused", "applied": "noted" if outcome.reason else None}[outcome.outcome]
    if what is not None:
        words = f"{event.kind}: {outcome.reason}"
        await repository.note(
            session,
            journey,
            f"{what}:{event.id}",
            repository.now_there(journey),
            what,
            words,
            str(event.id),
        )
    return outcome


def _outcome(event: EventRow) -> Outcome:
    settled: Any = event.outcome
    return Outcome(outcome=settled, reason=event.reason)


async def _answer_obligation(
    session: AsyncSession, journey: JourneyRow, event: EventRow, ledger: Ledger
) -> Outcome:
    """Carry out what a person said about something that is due."""
    said = ObligationAnswered.model_validate(event.payload)
    place = (journey.organisation, journey.id, said.obligation.rule, said.obligation.occurrence)
    owed = await session.get(ObligationRow, place)
    if owed is None:
        return Outcome(outcome="refused", reason="nothing of that name was ever due here")
    if said.undone:
        return await answering.take_back_seen(session, journey, event, ledger, owed)
    if owed.status != "open":
        return Outcome(outcome="refused", reason="it has already ended")
    if said.disposition is None:
        owed.acknowledged_at = event.occurred_at
        if not reminders.ends_when_acknowledged(owed.ladder):
            return Outcome(outcome="applied")
    ended = said.disposition or Disposition.DONE
    await ledger.dispose(owed, ended, said.reason, event.told_by)
    words = f"{owed.act}: {ended.value}"
    await repository.note(
        session,
        journey,
        f"disposition:{event.id}",
        event.occurred_at,
        "disposition",
        words,
        str(event.id),
    )
    return Outcome(outcome="applied")


async def held(session: AsyncSession, organisation: str, journey_id: Any) -> JourneyRow:
    """The journey, held until this transaction ends. 404 when this organisation has none such."""
    journey = await repository.find_journey(session, organisation, journey_id, to_change=True)
    if journey is None:
        raise NotFound("there is no such journey")
    return journey
