"""From rows to what callers see. Every view of what is due comes from here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.terms.obligation import Conclusion, ObligationStatus
from services.coordination import listing, repository
from services.coordination.contract import (
    Delivery,
    Disposition,
    Journey,
    OpenQuestion,
    OwedObligation,
    Reminder,
    ReminderStatus,
    Subscription,
    WorklistPage,
    WorklistRow,
)
from services.coordination.cursor import BadCursor, read_cursor, write_cursor
from services.coordination.life_contract import Handover
from services.coordination.listing import Filters, Standing
from services.coordination.repository import as_obligation
from services.coordination.tables import (
    DeliveryRow,
    JourneyRow,
    ObligationRow,
    ReminderRow,
    SubscriptionRow,
)
from services.coordination.worklist import HANDED_OVER, today


async def journey_of(session: AsyncSession, row: JourneyRow) -> Journey:
    """Where does this journey stand now?"""
    now = datetime.now(UTC)
    owed = await repository.obligations_of(session, row.organisation, row.id)
    return Journey(
        id=row.id,
        patient_id=row.patient_id,
        phase=row.phase,
        state=row.state,
        assignee=row.assignee,
        zone=row.zone,
        revision=row.revision,
        started_at=row.started_at,
        as_of=row.as_of,
        task=question_of(row),
        obligations=[owed_of(obligation, now) for obligation in owed],
        conclusion=conclusion_of(row),
        events_waiting=await repository.events_waiting(session, row.organisation, row.id),
        site=row.site,
        paused_since=row.paused_since,
        closed_because=row.closed_because,
        merged_into=row.merged_into,
        record=row.record or row.id,
    )


async def handover_of(session: AsyncSession, row: JourneyRow) -> Handover:
    """What is open, and where does it stand, for whoever takes over?"""
    now = datetime.now(UTC)
    owed = [
        owed_of(one, now)
        for one in await repository.obligations_of(session, row.organisation, row.id)
    ]
    handed = [one for one in owed if one.rule == HANDED_OVER]
    closed = row.phase == repository.CLOSED
    left = Disposition.TRANSFERRED if closed else None
    carried = row.carried or {}
    return Handover(
        journey=row.id,
        patient_id=row.patient_id,
        phase=row.phase,
        left_phase=(carried.get("left") or {}).get("phase"),
        state=row.state,
        site=row.site,
        assignee=row.assignee,
        zone=row.zone,
        as_of=row.as_of,
        conclusion=conclusion_of(row),
        question=question_of(row),
        open=[
            one
            for one in owed
            if one.rule != HANDED_OVER
            and one.disposition is left
            and (closed or one.status == ObligationStatus.OPEN)
        ],
        acknowledged=bool(handed) and handed[-1].status != ObligationStatus.OPEN,
    )


def question_of(row: JourneyRow) -> OpenQuestion | None:
    """What waits for a person?"""
    return None if row.task is None else OpenQuestion.model_validate(row.task)


def conclusion_of(row: JourneyRow) -> Conclusion | None:
    """What was concluded last?"""
    return None if row.conclusion is None else Conclusion.model_validate(row.conclusion)


def owed_of(row: ObligationRow, now: datetime) -> OwedObligation:
    """One obligation, judged at this moment."""
    return OwedObligation(
        **as_obligation(row).model_dump(),
        service=row.service,
        overdue=row.status == "open" and row.overdue_at <= now,
        acknowledged=row.acknowledged_at is not None,
        disposition=None if row.disposition is None else Disposition(row.disposition),
        reason=row.reason,
        postponed_until=row.postponed_until,
        postponed_by=row.postponed_by,
        postponed_because=row.postponed_because,
    )


def reminder_of(row: ReminderRow, deliveries: Sequence[DeliveryRow]) -> Reminder:
    """One reminder with where it went."""
    return Reminder(
        **row.model_dump(
            include={
                "id",
                "rule",
                "occurrence",
                "act",
                "rung",
                "recipient",
                "means",
                "due",
                "due_at",
                "recorded_at",
                "hold_until",
            }
        ),
        status=ReminderStatus(row.status),
        deliveries=[Delivery.model_validate(delivery.model_dump()) for delivery in deliveries],
    )


def subscription_of(row: SubscriptionRow) -> Subscription:
    """A subscription without its secret."""
    return Subscription.model_validate(row.model_dump(exclude={"secret"}))


async def worklist_page(
    session: AsyncSession,
    organisation: str,
    filters: Filters,
    cursor: str | None,
    limit: int,
) -> WorklistPage:
    """One page of the queue, and where the next one begins."""
    page, _ = await queue_of(session, organisation, filters, cursor, limit)
    return page


async def queue_of(
    session: AsyncSession,
    organisation: str,
    filters: Filters,
    cursor: str | None,
    limit: int,
) -> tuple[WorklistPage, list[Standing]]:
    """The same, and beside each row what it was made of."""
    now = datetime.now(UTC)
    after = None
    if cursor is not None:
        priority_at, journey = read_cursor(cursor, 2)
        try:
            after = (datetime.fromisoformat(priority_at), UUID(journey))
        except (TypeError, ValueError, AttributeError):
            raise BadCursor from None
    found = await listing.worklist(session, organisation, filters, now, after, limit + 1)
    shown = found[:limit]
    last = shown[-1].journey if len(found) > limit else None
    page = WorklistPage(
        rows=[_row(standing, now) for standing in shown],
        cursor=write_cursor(last.priority_at.isoformat(), last.id) if last else None,
        as_of=now,
    )
    return page, shown


def _row(standing: Standing, now: datetime) -> WorklistRow:
    row, overdue = standing.journey, standing.overdue
    task = question_of(row)
    on = today(row.zone, row.clock_ahead_seconds, now)
    late = 0 if row.next_due is None else max(0, (on - row.next_due).days)
    attention = []
    if standing.undelivered:
        attention.append(f"{standing.undelivered} not delivered")
    if standing.refused:
        attention.append(f"{standing.refused} refused")
    if row.lost_since is not None:
        attention.append("cannot be reached")
    return WorklistRow(
        journey=row.id,
        patient_id=row.patient_id,
        phase=row.phase,
        state=row.state,
        assignee=row.assignee,
        next_due=row.next_due,
        next_act=row.next_act,
        overdue=overdue,
        days_overdue=late if overdue else 0,
        waiting_for=task.role if task else None,
        question=task.question if task else None,
        attention=attention,
        risk=row.priority_ladder if row.priority_at != row.rank_at else None,
    )
