"""Which version of a report is this, and which one stands? Pure.

What is a repeat and which number is next is said in the chassis; here, what may be a next version.
What a person says (an order, a word about two lesions, an override) has no old versions to repeat:
only the last word can be said again.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.chassis.conclusions import versions
from services.chassis.conclusions.kept import Version
from services.chassis.conclusions.ledger import by_key
from services.chassis.conclusions.versions import OtherContent, newest
from services.localization.told import Said

__all__ = [
    "HasEnded",
    "OlderWord",
    "OtherContent",
    "OtherReport",
    "Version",
    "by_key",
    "newest",
    "place",
    "said_of",
]

ENDED = frozenset({"revoked", "completed", "entered-in-error"})
"""An order that has ended is not placed again: a new one has a new id."""

MADE_BY_PEOPLE = frozenset({"order", "lesion_link", "override"})


class HasEnded(Exception):
    """An order that has ended does not wait again."""


class OlderWord(Exception):
    """What stands was already a later word than this one says it is."""


class OtherReport(Exception):
    """Under this id something else was reported, and nobody speaks of a correction."""


WORDS = ("registered", "preliminary", "final")
"""FHIR's statuses in their order; all others (amended, corrected, …) speak of an earlier report."""

A_DAY = timedelta(days=1)
"""Closer than this it is one report: a day without a time, or another offset."""

SAME = {
    "examination": ("examined_at",),
    "study": ("modality", "tracer", "performed_at"),
    "biopsy": ("site", "laterality", "performed_at"),
    "resection": ("site", "laterality", "performed_at"),
}
"""What tells one report from another where both say it."""


def said_of(body: Said) -> dict[str, Any]:
    """What the caller said; what is absent, null or the default is not said, nor the number."""
    return body.model_dump(mode="json", exclude_defaults=True, exclude={"id", "version"})


def place(
    known: Sequence[Version], kind: str, said: Mapping[str, Any], number: int | None
) -> tuple[Version | None, int]:
    """Is this one of the versions we know (first), or else which number does it get (second)?

    OtherContent when the sender numbered it, and that number said something else before. A sender
    who does not number is believed only where the order of the words is plain: an earlier word than
    the one that stands is refused, and so is another report without a word of correction.
    """
    same, given = versions.place(
        known, number, lambda one: one.body == said, only_last=kind in MADE_BY_PEOPLE
    )
    if same is None and number is None and known:
        _expect_next(kind, newest(known), said)
    return same, given


def _expect_next(kind: str, before: Version, said: Mapping[str, Any]) -> None:
    status = said.get("status", "final")
    if kind == "order":
        if before.status in ENDED and status not in ENDED:
            raise HasEnded
    elif kind not in MADE_BY_PEOPLE:
        if _word(status) < _word(before.status):
            raise OlderWord
        if before.status == status == "final" and _tells_of_another(kind, before.body, said):
            raise OtherReport


def _word(status: str) -> int:
    return WORDS.index(status) if status in WORDS else len(WORDS)


def _tells_of_another(kind: str, before: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    for name in SAME.get(kind, ()):
        one, other = before.get(name), said.get(name)
        if one is None or other is None:
            continue
        if name.endswith("_at"):
            if abs(_moment(one) - _moment(other)) >= A_DAY:
                return True
        elif one.lower() != other.lower():
            return True
    return False


def _moment(said: str) -> datetime:
    moment = datetime.fromisoformat(said)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
