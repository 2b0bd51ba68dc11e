"""What coordination forgets of one person: every word and number. Ids, codes and days stay."""

from sqlalchemy import delete, update
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import audit
from services.coordination import data_keys
from services.coordination.assignment_tables import AssignmentRow
from services.coordination.merge_tables import MergeRow
from services.coordination.tables import (
    DeliveryRow,
    EventRow,
    JourneyRow,
    MomentRow,
    ObligationRow,
    OutboxRow,
    ReminderRow,
)
from services.coordination.upkeep_tables import ErasureRow, JourneyKeyRow, RunRow, StuckRow

NOBODY = "erased"
"""In the place of the caller's own id of a patient."""

CODES_ONLY = ("started", "phase", "event", "question", "reminder")
"""Moments whose words are codes of ours."""

BLANKED: dict[type[SQLModel], dict[str, object]] = {
    EventRow: {"payload": {}, "source": None, "request_hash": "", "reason": ""},
    ObligationRow: {"because": "", "reason": "", "postponed_because": None},
    DeliveryRow: {"problem": ""},
    AssignmentRow: {"assignee": None, "before": None},
}
"""Tables of which a column says what a person wrote or a service read."""

IDS_ONLY: tuple[type[SQLModel], ...] = (ReminderRow, ErasureRow, JourneyKeyRow, RunRow, StuckRow)
"""Tables that hold ids, codes and days, or what nobody can read without the journey's key."""


async def stop_telling(session: AsyncSession, journey: JourneyRow) -> None:
    """Nothing is on its way any more, to the journey or about it."""
    connection = await session.connection()
    theirs = {"organisation": journey.organisation, "journey": journey.id}
    await connection.execute(delete(OutboxRow).filter_by(**theirs))
    held = update(DeliveryRow).filter_by(**theirs, status="waiting")
    await connection.execute(held.values(status="withdrawn"))


async def forget(session: AsyncSession, journey: JourneyRow) -> None:
    """Every word about this person, who they are, and the key to what was said of them."""
    connection = await session.connection()
    theirs = {"organisation": journey.organisation, "journey": journey.id}
    await stop_telling(session, journey)
    for table, blank in BLANKED.items():
        await connection.execute(update(table).filter_by(**theirs).values(**blank))
    words = update(MomentRow).filter_by(**theirs).where(col(MomentRow.what).not_in(CODES_ONLY))
    await connection.execute(words.values(detail=""))
    merged = (col(MergeRow.survivor) == journey.id) | (col(MergeRow.other) == journey.id)
    prior = update(MergeRow).where(col(MergeRow.organisation) == journey.organisation, merged)
    await connection.execute(prior.values(prior={}))
    await audit.forget(session, journey.organisation, journey.patient_id)
    journey.patient, journey.patient_id, journey.request_hash = {"id": NOBODY}, NOBODY, ""
    journey.assignee = journey.state = journey.task = journey.conclusion = None
    journey.carried = journey.preferences = journey.label_profile = None
    journey.first_low_at = None
    session.add(journey)
    await data_keys.destroy(session, journey.organisation, journey.id)
