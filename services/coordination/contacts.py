"""Who tried to reach the patient, what came of it, and the search for one who is lost."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules import tracing
from knowledge.rules.tracing import Attempt, Reach, Standing
from services.coordination import office, repository
from services.coordination.contract import ContactAttempted, Disposition
from services.coordination.tables import EventRow, JourneyRow

LOG = "contact"


async def take_attempt(session: AsyncSession, journey: JourneyRow, event: EventRow) -> str | None:
    """Take an attempt into the log: somebody may be lost by it, or found again."""
    said = ContactAttempted.model_validate(event.payload)
    events = [one for one in await log_of(session, journey) if one.id != event.id]
    stands = standing_of(journey, [*events, event])
    words = f"{said.channel}, {said.whom}: {said.outcome}"
    key = f"contact:{event.id}"
    await repository.note(session, journey, key, event.occurred_at, LOG, words, str(event.id))
    now = repository.now_there(journey)
    if stands.lost_since is not None and journey.lost_since is None:
        return await _lose(session, journey, stands.lost_since, now)
    if stands.reach is Reach.REACHED or (journey.lost_since and stands.lost_since is None):
        await _find(session, journey, now)
    elif stands.wrong and stands.lost_since is None:
        await _check_details(session, journey, event.occurred_at, now)
    return None


async def _lose(session: AsyncSession, journey: JourneyRow, since: datetime, now: datetime) -> str:
    """Nobody reaches this patient any more: a search begins, step by step."""
    journey.lost_since = since
    begun = {row.rule for row in await office.open_of(session, journey, STEPS)}
    for step in tracing.steps(_day(journey, since)):
        if step.rule not in begun:
            await office.open_work(session, journey, step, now)
    key = f"lost:{since.isoformat()}"
    await repository.note(session, journey, key, since, "lost", "nobody answers")
    return "nobody answers any more: a search begins"


async def _find(session: AsyncSession, journey: JourneyRow, now: datetime) -> None:
    """The patient was reached: what was only to find them is owed no more."""
    steps = await office.open_of(session, journey, STEPS)
    reason = "the patient was reached"
    await office.end_work(session, journey, steps, Disposition.NOT_INDICATED, reason, now)
    if journey.lost_since is not None:
        key = f"found:{journey.lost_since.isoformat()}"
        await repository.note(session, journey, key, now, "found", reason)
        journey.lost_since = None


async def _check_details(
    session: AsyncSession, journey: JourneyRow, at: datetime, now: datetime
) -> None:
    """A wrong number is looked up before anything else is tried."""
    if not await office.open_of(session, journey, (tracing.DETAILS,)):
        step = tracing.check_details(_day(journey, at))
        await office.open_work(session, journey, step, now)


STEPS = tuple(tracing.TABLE.entries["steps"])


def _day(journey: JourneyRow, at: datetime) -> date:
    return at.astimezone(ZoneInfo(journey.zone)).date()


async def log_of(session: AsyncSession, journey: JourneyRow) -> list[EventRow]:
    """Every attempt that counts, newest first."""
    events = await repository.events_of(session, journey.organisation, journey.id, {LOG})
    counted = [event for event in events if event.outcome == "applied"]
    return sorted(counted, key=lambda event: (event.occurred_at, event.id), reverse=True)


def standing_of(journey: JourneyRow, events: list[EventRow]) -> Standing:
    """Attempts to reach the patient; what others answered says nothing about them."""
    attempts = [
        Attempt(event.occurred_at, event.payload["channel"], event.payload["outcome"])
        for event in events
        if event.payload.get("whom", "patient") == "patient"
    ]
    return tracing.standing(attempts, _day(journey, repository.now_there(journey)))
