"""To whom does a reminder go, and from when on may it leave? One delivery for each who listens."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from knowledge.rules import working_calendar
from knowledge.rules.sending_hours import Hours
from services.coordination.hours import of_listener
from services.coordination.tables import DeliveryRow, JourneyRow, ReminderRow, SubscriptionRow


def addressed(
    reminder: ReminderRow,
    journey: JourneyRow,
    listening: Iterable[SubscriptionRow],
    hours: Hours,
    at: datetime,
    *,
    immediate: bool,
) -> list[DeliveryRow]:
    """One delivery for everybody who listens to whom it is for, each in their own hours."""
    return [
        _delivery(reminder, journey, listener, hours, at, immediate=immediate)
        for listener in listening
        if _listens(listener, reminder, journey)
    ]


def _listens(listener: SubscriptionRow, reminder: ReminderRow, journey: JourneyRow) -> bool:
    """Is this said to this one?"""
    if listener.roles and reminder.recipient not in listener.roles:
        return False
    return listener.assignee is None or listener.assignee == journey.assignee


def _delivery(
    reminder: ReminderRow,
    journey: JourneyRow,
    listener: SubscriptionRow,
    hours: Hours,
    at: datetime,
    *,
    immediate: bool,
) -> DeliveryRow:
    now = datetime.now(UTC)
    row = DeliveryRow(
        organisation=reminder.organisation,
        reminder=reminder.id,
        subscription=listener.id,
        journey=reminder.journey,
        channel=listener.channel,
        created_at=now,
        next_try_at=now,
    )
    if immediate:
        return row
    if listener.muted_because is not None:
        row.status, row.problem = "muted", listener.muted_because
        return row
    calendar = of_listener(hours.of(reminder.recipient), listener)
    if listener.digest and working_calendar.is_at_work(reminder.recipient):
        row.gathered = True
        on = at.astimezone(ZoneInfo(calendar.zone)).date()
        leaves = working_calendar.digest_moment(calendar, at, on)
    else:
        leaves = calendar.first_moment(at)
    if leaves > at:
        # It waits on the real clock; a journey's own may have been moved ahead in a rehearsal.
        row.next_try_at = max(now, leaves - timedelta(seconds=journey.clock_ahead_seconds))
    return row
