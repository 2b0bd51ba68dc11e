"""What of a history still stands, and in which order is it read? Pure.

What was corrected or taken back is not read; what arrived first makes no difference.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from operator import itemgetter
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
    id = event.__dict__.get("id")
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

    Of one moment, what ends goes before what begins; what was told twice is told once.
    """
    placed = sorted(((_place(event), event) for event in told), key=itemgetter(0))
    ordered: list[E] = []
    for (*_, kind, _), same in groupby(placed, key=itemgetter(0)):
        group = [event for _, event in same]
        if len(group) > 1:
            group = [one for place, one in enumerate(group) if one not in group[:place]]
        if len(group) > 1 and kind not in KEPT_AS_TOLD:
            group.sort(key=str)
        ordered += group
    return ordered


def _place(event: Any) -> tuple[date, datetime, bool, str, str]:
    said = event.__dict__  # asking an event for what its kind does not have is slow
    if event.kind == "observations":
        moments = [one.taken_at for one in said["observations"] or () if one.taken_at is not None]
    else:
        moments = [when for name in TIMES if (when := said.get(name)) is not None]
    last, day = UNTIMED, date.min
    for when in moments:
        if isinstance(when, datetime):
            last, day = max(last, when), max(day, when.date())
        else:
            day = max(day, when)
    goes_on = said.get("stopped_on") is None
    return day, last, goes_on, event.kind, said.get("agent") or ""
