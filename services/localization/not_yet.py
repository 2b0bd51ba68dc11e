"""What is dated after the day that is asked about has not happened: a slip of the pen, or a plan.

It counts from its day on; until then the answer says how much of it there is.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from services.localization.register import day_of
from services.localization.sent import PlanRequest

GRACE = timedelta(days=1)
"""Days are compared that were written in different zones."""

DATED: dict[str, Callable[[Any], datetime | date | None]] = {
    "studies": attrgetter("performed_at"),
    "venous_samples": attrgetter("taken_at"),
    "biopsies": attrgetter("performed_at"),
    "resections": attrgetter("performed_at"),
    "fgf23": attrgetter("taken_at"),
    "re_looks": attrgetter("performed_on"),
    "examined_on": lambda day: day,
}
"""When did each of these happen?"""


class Later(NamedTuple):
    """How much of what was told is still to come, and from which day the first of it counts."""

    entries: int = 0
    first: date | None = None


def is_later(when: datetime | date | None, on: date) -> bool:
    """Has this not happened by that day? What has no date counts."""
    day = day_of(when)
    return day is not None and day > on and day - on > GRACE


def happened(request: PlanRequest, on: date) -> tuple[PlanRequest, Later]:
    """The request as of that day, without what is dated later; and how much that is."""
    changes: dict[str, Any] = {}
    days: list[date | None] = []
    for name, when in DATED.items():
        told = getattr(request, name)
        later = [day_of(when(one)) for one in told if is_later(when(one), on)]
        if later:
            days += later
            changes[name] = [one for one in told if not is_later(when(one), on)]
    exam = request.examination
    if exam is not None and is_later(exam.examined_at, on):
        days.append(day_of(exam.examined_at))
        changes["examination"] = None
    if not changes:
        return request, Later()
    return request.model_copy(update=changes), Later(len(days), min(filter(None, days)) - GRACE)
