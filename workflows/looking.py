"""When does a journey look up though nobody told it anything?"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from workflows import policies
from workflows.contract import JourneyState
from workflows.course import Course


def look_up_at(
    course: Course,
    now: datetime,
    began: datetime,
    knows: Callable[[str], bool],
    *,
    unreached: bool,
) -> datetime:
    """The next moment at which anything is due, by anyone's reckoning."""
    moments = [began + policies.RUN]
    if unreached:
        moments.append(now + policies.TRY_AGAIN)
    if not course.is_closed:
        asked_at = course.state.asked_at
        first = began + policies.FIRST_LOOK
        moments.append(asked_at + longest_sleep(course.state, knows) if asked_at else first)
        for moment in (course.state.next_wake, asked_to_look_at(course)):
            if moment is not None:
                moments.append(max(moment, now + policies.SOONEST))
    return min(moments)


def longest_sleep(state: JourneyState, knows: Callable[[str], bool]) -> timedelta:
    """For how long may a service that concluded something be left alone?"""
    named = state.look_on is not None and knows(policies.AT_ONCE)
    return policies.LOOK_ANYWAY if named else policies.LOOK_AGAIN


def asked_to_look_at(course: Course) -> datetime | None:
    """From when on may time alone have changed what the service concludes?"""
    state = course.state
    beside = state.beside.look_on if course.is_watched_beside else None
    on = min((day for day in (state.look_on, beside) if day is not None), default=None)
    return None if on is None else datetime.combine(on, time.min, UTC)
