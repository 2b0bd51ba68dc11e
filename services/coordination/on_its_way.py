"""What becomes of a message while it waits, when something happens to whom or what it is about."""

from collections.abc import Collection, Iterable

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules import reminders
from knowledge.terms.obligation import Ladder
from services.coordination import repository, working_time
from services.coordination.addressing import addressed
from services.coordination.contract import ReminderStatus
from services.coordination.corrections import CORRECTED
from services.coordination.hours import of_journey
from services.coordination.planning import PATIENT, means_left
from services.coordination.preferences import refused_by
from services.coordination.reminding import (
    ON_THEIR_WAY,
    place_of,
    reminder_id,
    withdraw_deliveries,
)
from services.coordination.said_before import HELD
from services.coordination.tables import JourneyRow, ObligationRow, ReminderRow
from services.coordination.worklist import Key


async def say_again_what_was_taken_back(
    session: AsyncSession, journey: JourneyRow, owed_again: Iterable[Key]
) -> None:
    """These are owed as they were before. Of what was said of them, that which nobody was told,
    because it was taken back while it waited, counts as not said.
    """
    keys = set(owed_again)
    if not keys:
        return
    wanted = select(ReminderRow).where(
        col(ReminderRow.organisation) == journey.organisation,
        col(ReminderRow.journey) == journey.id,
        col(ReminderRow.rule).in_({rule for rule, _ in keys}),
    )
    said = [
        reminder
        for reminder in (await session.exec(wanted)).all()
        if (reminder.rule, reminder.occurrence) in keys and not reminder.rung.startswith(CORRECTED)
    ]
    sent = await repository.deliveries_of(session, journey.organisation, journey.id)
    for reminder in said:
        deliveries = sent.get(reminder.id, [])
        was_held = reminder.status == ReminderStatus.WITHDRAWN
        if not was_held and {row.status for row in deliveries} != {"withdrawn"}:
            continue
        for row in (*deliveries, reminder):
            await session.delete(row)
    await session.flush()


async def withdraw_what_is_refused(session: AsyncSession, journey: JourneyRow) -> None:
    """By what the patient does not want to be told any more, nothing that still waits is said."""
    refused = refused_by(journey)
    for delivery, reminder in (await session.exec(ON_THEIR_WAY, params=place_of(journey))).all():
        if reminder.recipient != PATIENT:
            continue
        means = means_left(reminder.means, refused)
        if means is None:
            delivery.status = "withdrawn"
        reminder.means = means or reminder.means


async def readdress(session: AsyncSession, journey: JourneyRow) -> None:
    """Somebody else looks after this journey: what waits for who listens to another's journeys
    waits from now on for who listens to theirs. Where nobody does, it is said as it was to be.
    """
    waiting = (await session.exec(ON_THEIR_WAY, params=place_of(journey))).all()
    listening = await repository.subscriptions_of(session, journey.organisation)
    others = {one.id for one in listening if one.assignee not in (None, journey.assignee)}
    moved = [(delivery, said) for delivery, said in waiting if delivery.subscription in others]
    theirs = [one for one in listening if one.assignee is not None and one.id not in others]
    if not moved or not theirs:
        return
    sent = await repository.deliveries_of(session, journey.organisation, journey.id)
    at = max(repository.now_there(journey), journey.as_of)
    site = await working_time.of_site(session, journey.organisation, journey.site)
    hours = of_journey(journey, site, at)
    for delivery, said in moved:
        place = (journey.organisation, journey.id, said.rule, said.occurrence)
        owed = await session.get_one(ObligationRow, place)
        immediate, there = owed.ladder == Ladder.CRITICAL, reminders.hours_on(owed.ladder, hours)
        for new in addressed(said, journey, theirs, there, at, immediate=immediate):
            known = {row.subscription: row for row in sent[said.id]}
            row = known.get(new.subscription)
            if row is None:
                session.add(new)
                sent[said.id].append(new)
            elif row.status == "withdrawn":  # given back to whom it was taken from
                row.status, row.next_try_at = new.status, new.next_try_at
                row.gathered, row.digest = new.gathered, None
            delivery.status = "withdrawn"
    await session.flush()


async def take_over(
    session: AsyncSession, journey: JourneyRow, other: JourneyRow, keys: Collection[Key]
) -> None:
    """What was said of these on the other journey is not said again on this one. What waits there
    waits here from now on, the same message, whoever may be telling it at this moment.
    """
    sent = await repository.deliveries_of(session, other.organisation, other.id)
    for said in await repository.reminders_of(session, other.organisation, other.id):
        if (said.rule, said.occurrence) not in keys:
            continue
        deliveries = sent.get(said.id, [])
        if said.status == HELD or any(row.status == "waiting" for row in deliveries):
            for row in (said, *deliveries):
                row.journey = journey.id
            continue
        id = reminder_id(journey, (said.rule, said.occurrence), said.rung)
        known = {"journey": journey.id, "id": id, "status": ReminderStatus.OVERTAKEN.value}
        session.add(ReminderRow(**(said.model_dump() | known)))
    await session.flush()


async def give_back(session: AsyncSession, journey: JourneyRow, other: JourneyRow) -> None:
    """What went along when two journeys became one stands again where it was said first. One that
    has closed says nothing of it; what came due there is listed when it goes on.
    """
    sent = await repository.deliveries_of(session, journey.organisation, journey.id)
    given_back = set()
    for said in await repository.reminders_of(session, journey.organisation, journey.id):
        key = (said.rule, said.occurrence)
        if said.id == reminder_id(other, key, said.rung):
            given_back.add(key)
            for row in (said, *sent.get(said.id, [])):
                row.journey = other.id
    await session.flush()
    if other.phase == repository.CLOSED:
        await withdraw_deliveries(session, other, given_back)
