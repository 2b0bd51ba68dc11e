"""Carry out what people say around a reminder: they tried to reach somebody, put off, or refuse."""

from datetime import UTC
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules import reminders
from services.coordination import contacts, repository
from services.coordination.contract import Outcome, Postponed
from services.coordination.ledger import Ledger
from services.coordination.on_its_way import (
    say_again_what_was_taken_back,
    withdraw_what_is_refused,
)
from services.coordination.preferences import take_preferences
from services.coordination.reminding import withdraw_deliveries
from services.coordination.tables import EventRow, JourneyRow, ObligationRow

KINDS = ("contact", "postponement", "preferences")
"""What is carried out here once the journey has taken it."""


async def take(
    session: AsyncSession, journey: JourneyRow, event: EventRow, ledger: Ledger
) -> Outcome:
    """Do what the event says; refused with the reason where it makes no sense."""
    if event.kind == "contact":
        reason = await contacts.take_attempt(session, journey, event)
    elif event.kind == "postponement":
        return await _postpone(session, journey, event, ledger)
    else:
        reason = take_preferences(journey, event)
        if reason is None:
            await withdraw_what_is_refused(session, journey)
    await ledger.rank()
    return Outcome(outcome="applied", reason=reason or "")


async def _postpone(
    session: AsyncSession, journey: JourneyRow, event: EventRow, ledger: Ledger
) -> Outcome:
    """Put off what is due: its ladder stands on the new day, and starts anew."""
    said = Postponed.model_validate(event.payload)
    place = (journey.organisation, journey.id, said.obligation.rule, said.obligation.occurrence)
    owed = await session.get(ObligationRow, place)
    if said.undone:
        return await _take_back(session, journey, event, ledger, owed)
    refusal = _why_not(owed, said, journey)
    if owed is None or refusal is not None:
        return Outcome(outcome="refused", reason=refusal or "")
    owed.postponed_until = said.until
    owed.postponed_at = repository.now_there(journey).astimezone(UTC)
    owed.postponed_by, owed.postponed_because = event.told_by, said.reason
    owed.acknowledged_at = None
    await withdraw_deliveries(session, journey, [(owed.rule, owed.occurrence)])
    await ledger.rank()
    words = f"{owed.act}: {said.until.isoformat()}"
    key, at = f"postponed:{event.id}", event.occurred_at
    await repository.note(session, journey, key, at, "postponed", words, str(event.id))
    closes = owed.closes
    late = closes is not None and said.until > closes
    reason = f"later than its window, which closes on {closes}" if late else ""
    return Outcome(outcome="applied", reason=reason)


async def _take_back(
    session: AsyncSession,
    journey: JourneyRow,
    event: EventRow,
    ledger: Ledger,
    owed: ObligationRow | None,
) -> Outcome:
    """It is due as it was before; what was said already is not said again."""
    if owed is None or owed.status != "open" or owed.postponed_until is None:
        return Outcome(outcome="refused", reason="nothing of that name is put off here")
    owed.postponed_until = owed.postponed_at = None
    owed.postponed_by = owed.postponed_because = None
    await withdraw_deliveries(session, journey, [(owed.rule, owed.occurrence)])
    await say_again_what_was_taken_back(session, journey, [(owed.rule, owed.occurrence)])
    await ledger.rank()
    key, at = f"postponed:{event.id}", event.occurred_at
    words = f"{owed.act}: {owed.due.isoformat()}"
    await repository.note(session, journey, key, at, "postponed", words, str(event.id))
    return Outcome(outcome="applied")


async def take_back_seen(
    session: AsyncSession,
    journey: JourneyRow,
    event: EventRow,
    ledger: Ledger,
    owed: ObligationRow,
) -> Outcome:
    """Nobody is at it any more; what had ended by being seen is to be seen again."""
    ended_by_it = owed.status == "done" and reminders.ends_when_acknowledged(owed.ladder)
    if owed.acknowledged_at is None or not (owed.status == "open" or ended_by_it):
        return Outcome(outcome="refused", reason="nothing of that name is acknowledged here")
    owed.acknowledged_at = None
    if ended_by_it:
        owed.status, owed.disposition, owed.reason = "open", None, ""
        owed.ended_at = owed.ended_by = None
        await say_again_what_was_taken_back(session, journey, [(owed.rule, owed.occurrence)])
    await ledger.rank()
    key, at = f"unseen:{event.id}", event.occurred_at
    await repository.note(session, journey, key, at, "unseen", owed.act, str(event.id))
    return Outcome(outcome="applied")


def _why_not(owed: ObligationRow | None, said: Postponed, journey: JourneyRow) -> str | None:
    """Why can it not be put off? None if it can."""
    if owed is None:
        return "nothing of that name was ever due here"
    if owed.status != "open":
        return "it has already ended"
    if reminders.ends_when_acknowledged(owed.ladder):
        return "what is to be seen is not put off; it is acknowledged"
    today = repository.now_there(journey).astimezone(ZoneInfo(journey.zone)).date()
    if said.until <= today:
        return "that day is not ahead"
    if said.until <= repository.expected_on(owed):
        return "it is not expected before that day"
    return None
