"""What of a history still stands? What was corrected or taken back is not read. Pure."""

from collections.abc import Sequence
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
