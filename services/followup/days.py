"""On which calendar day is it where the patient is, and on which day do journeys hear of it?"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

A_DAY = timedelta(days=1)


def day_there(at: datetime, zone: str | None) -> date:
    """The day of this moment in the patient's zone; where nobody named one, as it was written."""
    return at.date() if zone is None else at.astimezone(ZoneInfo(zone)).date()


def begun_everywhere(day: date, zone: str | None) -> date:
    """On which day of UTC has this day begun in the patient's zone too? Journeys count by UTC."""
    if zone is None:
        return day
    begins = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    return begins.date() if begins.time() == time() else begins.date() + A_DAY
