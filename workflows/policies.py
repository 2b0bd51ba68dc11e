"""How long the world may take, said once. No clinical intervals: services say what is due when."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy

REFUSED = "Refused"
"""The name under which a service's "no" arrives; asking again would not change its mind."""

WEATHER = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(minutes=2),
    maximum_attempts=0,
    non_retryable_error_types=[REFUSED],
)
"""An outage is waited out, however long it lasts. A refusal is not an outage."""


class Patience(TypedDict, total=False):
    """How long one call may take."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


BEAT = timedelta(seconds=2)
"""So often a call under way says that its worker lives."""

TELL: Patience = {
    "start_to_close_timeout": timedelta(seconds=60),
    "heartbeat_timeout": 3 * BEAT,
    "retry_policy": WEATHER,
}
"""For coordination: without it a journey can neither be seen nor remind, so it waits."""

ASK: Patience = {**TELL, "schedule_to_close_timeout": timedelta(hours=1)}
"""For the clinical services: after an hour the journey looks up, because something else
may have happened, somebody may have to be reminded; then it asks again."""

AT_ONCE = "at-once"
"""The patch with which quick calls are made within the workflow's task, and the alarm is kept."""

STEP_BY_STEP = "step-by-step"
"""The patch that takes back the first half: every call is an activity of its own again.

A journey had stood still after a kill (decision 28; why, was found later: decision 29).
"""

ONE_TURN = "one-turn"
"""The patch with which all that is to be done at one moment is one call (decision 29)."""


class Briefly(TypedDict, total=False):
    """How long a call within the workflow's task may take."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    retry_policy: RetryPolicy


BRIEFLY: Briefly = {
    "start_to_close_timeout": timedelta(seconds=5),
    "retry_policy": RetryPolicy(maximum_attempts=1),
}
"""Long enough for a service that is well, and half of the time a workflow's task has."""

QUICKLY: Briefly = {
    "start_to_close_timeout": timedelta(seconds=5),
    "schedule_to_close_timeout": timedelta(seconds=6),
    "retry_policy": RetryPolicy(maximum_attempts=1),
}
"""A turn within the workflow's task. Well before that task would have to be prolonged, it is given
up here and taken as an activity of its own."""

EVENTS_IN_A_TURN = 12
"""So many are handed over in one turn: more take longer than a turn may."""

TURNS_IN_A_ROW = 10
"""So many follow each other in a run. One task may hold all of them, and the engine takes no task
with more than 4 MB."""

LONGEST_REASON = 300
"""Characters of what is kept of why somebody could not be reached."""

TRY_AGAIN = timedelta(minutes=5)
"""The pause before an owner that could not be reached, or refused to conclude, is asked again."""

FIRST_LOOK = timedelta(minutes=1)
"""A journey that was only started asks soon what is due first; usually an event comes before."""

LOOK_AGAIN = timedelta(days=28)
"""Then a service that named no day is asked whether time alone changed anything."""

LOOK_ANYWAY = timedelta(days=91)
"""Then one that named a later day is asked all the same."""

SOONEST = timedelta(minutes=1)
"""A wake that lies in the past is still a wake; but not a loop."""

RUN = timedelta(days=365)
"""A run of a journey ends after a year and continues as new."""

EVENTS_IN_A_RUN = 300
"""Replay costs more than half a millisecond per event, and after months every wake is a replay."""

REMEMBERED = 500
"""So many event ids are known again; the relay repeats within minutes, not years."""

WORDS = 50
"""So many words of a kind are remembered; nobody pauses as often."""

SLOWEST_LEAVE = timedelta(seconds=20)
"""What a worker that is told to stop may still finish."""
