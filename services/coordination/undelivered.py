"""What could not be delivered becomes somebody's work, until it arrives or a person ends it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules import reminders
from knowledge.terms.obligation import Ladder, Obligation
from services.coordination import office, repository
from services.coordination.contract import Disposition
from services.coordination.hours import hours_of
from services.coordination.journeys import LOOK
from services.coordination.tables import DeliveryRow, JourneyRow, ObligationRow, OutboxRow

RULE = "undelivered"
"""The rule by which the office owes it; the occurrence names who could not be told."""

PATIENCE = 5
"""Attempts before an outage may count as one that nobody has noticed."""


async def note_failure(session: AsyncSession, journey: JourneyRow, row: DeliveryRow) -> None:
    """The receiver said no: it stands on the timeline, and somebody has to see to it."""
    key = f"undelivered:{row.reminder}:{row.subscription}"
    words = f"{row.channel}: {row.problem}"
    at = repository.now_there(journey)
    await repository.note(session, journey, key, at, "undelivered", words, str(row.reminder))
    await _open(session, journey, row, at)


async def note_outage(
    session: AsyncSession, journey: JourneyRow, row: DeliveryRow, now: datetime
) -> None:
    """It is tried without end; when it has lasted long enough, somebody has to know."""
    if row.attempts >= PATIENCE and reminders.is_work(now - row.created_at, now.date()):
        await _open(session, journey, row, repository.now_there(journey))


async def note_arrival(session: AsyncSession, journey: JourneyRow, row: DeliveryRow) -> None:
    """It arrived after all: unless something else did not, nobody has to see to it any more."""
    if row.attempts < PATIENCE:
        return
    work = await _of_listener(session, journey, row)
    if not work or await _others_failed(session, journey, row):
        return
    at = repository.now_there(journey)
    await office.end_work(session, journey, work, Disposition.DONE, "it arrived", at)


async def _open(session: AsyncSession, journey: JourneyRow, row: DeliveryRow, at: datetime) -> None:
    """Let the office owe it: one piece of work for each who could not be told on this journey."""
    if journey.phase == repository.CLOSED or await _of_listener(session, journey, row):
        return
    hours = await hours_of(session, journey, at)
    today = at.astimezone(ZoneInfo(hours.at_work.zone)).date()
    due = hours.at_work.first_open(today)
    work = Obligation(
        rule=RULE,
        occurrence=f"{row.subscription}/{row.reminder}",
        act=RULE,
        due=due,
        opens=today,
        ladder=Ladder.OFFICE,
        because=f"{row.channel}: {row.problem}",
    )
    if await office.open_work(session, journey, work, at) is None:
        return
    # The journey sleeps until its next step: it is told to look again, when it can be reached.
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


async def _of_listener(
    session: AsyncSession, journey: JourneyRow, row: DeliveryRow
) -> list[ObligationRow]:
    """What is open already because this one cannot be told?"""
    found = await office.open_of(session, journey, (RULE,))
    return [work for work in found if work.occurrence.startswith(f"{row.subscription}/")]


async def _others_failed(session: AsyncSession, journey: JourneyRow, row: DeliveryRow) -> bool:
    """Did something else not reach this one?"""
    wanted = (
        select(func.count())
        .select_from(DeliveryRow)
        .where(
            col(DeliveryRow.organisation) == journey.organisation,
            col(DeliveryRow.journey) == journey.id,
            col(DeliveryRow.subscription) == row.subscription,
            col(DeliveryRow.reminder) != row.reminder,
            col(DeliveryRow.status) == "failed",
        )
    )
    return (await session.exec(wanted)).one() > 0
