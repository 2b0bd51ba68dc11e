"""When may the people around one journey be told? The site's word before the tables'."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules import working_calendar
from knowledge.rules.sending_hours import Hours, share_of
from knowledge.rules.working_calendar import Calendar
from services.coordination import working_time
from services.coordination.tables import JourneyRow, SubscriptionRow
from services.coordination.working_time import WorkingTime


async def hours_of(session: AsyncSession, journey: JourneyRow, at: datetime) -> Hours:
    """When may the patient, and those who work for this journey, be told?"""
    return of_journey(
        journey, await working_time.of_site(session, journey.organisation, journey.site), at
    )


def of_journey(journey: JourneyRow, site: WorkingTime, at: datetime) -> Hours:
    """The same, where the site's hours are known."""
    on = at.astimezone(ZoneInfo(journey.zone)).date()
    minutes = site.spread_minutes
    at_work = working_calendar.at_work(
        site.zone or journey.zone,
        on,
        opens=site.opens,
        closes=site.closes,
        country=site.country,
        subdivision=site.subdivision,
        closed=site.closed_days,
        opened=site.open_days,
        week=site.weekdays,
    )
    return Hours(
        patient=working_calendar.awake(
            journey.zone,
            on,
            quiet_until=site.quiet_until,
            quiet_from=site.quiet_from,
            days_of=None if site.patients_told == "every_day" else at_work,
            weekends=site.patients_told != "on_working_days",
        ),
        at_work=at_work,
        share=share_of(journey.id),
        spread=working_calendar.spread(on) if minutes is None else timedelta(minutes=minutes),
    )


def of_listener(calendar: Calendar, listener: SubscriptionRow) -> Calendar:
    """The same hours on the clock and with the holidays of one who listens from elsewhere."""
    if listener.zone is not None:
        calendar = replace(calendar, zone=listener.zone)
    if listener.country is None or not calendar.works:
        return calendar
    return replace(
        calendar,
        country=listener.country,
        subdivision=listener.subdivision,
        closed=frozenset(),
        opened=frozenset(),
        week=None,
    )
