"""What of a history still stands, and in which order is it read? Pure.

What was corrected or taken back is not read; what arrived first makes no difference.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, TypeVar

WITHDRAWN = frozenset({"entered-in-error", "cancelled", "not-done", "not-taken", "revoked"})
AMENDING = WITHDRAWN | {"amended", "corrected", "appended"}
"""Who says so speaks of something that was told before."""

E = TypeVar("E")


def what_stands(told: Sequence[E]) -> list[E]:
    """These events without those that a later version of the same kind and id took the place of.

    A status that speaks of a correction is later than the same version without it. What is the
    same in both is left as it is: a drug given four times may be told under one id.
    """
    latest: dict[tuple[str, str], tuple[int, bool]] = {}
    for event in told:
        key = _key(event)
        if key is not None:
            latest[key] = max(_turn(event), latest.get(key, (0, False)))
    return [
        event
        for event in told
        if getattr(event, "status", None) not in WITHDRAWN
        and ((key := _key(event)) is None or _turn(event) == latest[key])
    ]


def _key(event: Any) -> tuple[str, str] | None:
    id = getattr(event, "id", None)
    return None if id is None else (event.kind, id)


def _turn(event: Any) -> tuple[int, bool]:
    return event.version or 1, event.status in AMENDING


TIMES = (
    *("performed_at", "examined_at", "measured_on", "given_on", "stopped_on", "started_on"),
    *("ordered_on", "noted_on"),
)
UNTIMED = datetime.min.replace(tzinfo=UTC)
KEPT_AS_TOLD = frozenset({"observations", "therapy", "planned", "opinion", "disposition"})
"""Of one moment, the later word counts; of all other kinds it does not matter which came first."""


def in_order(told: Sequence[E]) -> list[E]:
    """These events by their own times; what arrived first makes no difference.

    Of one moment, what ends goes before what begins.
    """
    ordered = sorted(told, key=_place)
    for _, same in groupby(enumerate(ordered), key=lambda one: _place(one[1])):
        group = list(same)
        if len(group) > 1 and group[0][1].kind not in KEPT_AS_TOLD:  # type: ignore[attr-defined]
            first = group[0][0]
            ordered[first : first + len(group)] = sorted((one for _, one in group), key=str)
    return ordered


def _place(event: Any) -> tuple[date, datetime, bool, str]:
    moments = [when for name in TIMES if (when := getattr(event, name, None)) is not None]
    if event.kind == "observations":
        moments = [one.taken_at for one in event.observations or () if one.taken_at is not None]
    goes_on = getattr(event, "stopped_on", None) is None
    timed = [when for when in moments if isinstance(when, datetime)]
    days = [when.date() if isinstance(when, datetime) else when for when in moments]
    return max(days, default=date.min), max(timed, default=UNTIMED), goes_on, event.kind
