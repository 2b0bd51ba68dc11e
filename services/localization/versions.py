"""Which version of a report is this, and which one stands? Pure.

A sender may number versions; if not, other content under the same id is the next version. What was
sent before, to the letter, is a repeat and not news. What a person says (an order, a word about two
lesions, an override) has no old versions to repeat: only the last word can be said again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.localization.told import Said

ENDED = frozenset({"revoked", "completed", "entered-in-error"})
"""An order that has ended is not placed again: a new one has a new id."""

MADE_BY_PEOPLE = frozenset({"order", "lesion_link", "override"})


class OtherContent(Exception):
    """This version was sent before and said something else."""


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


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one thing that was told."""

    kind: str
    id: UUID
    number: int
    status: str
    body: Mapping[str, Any]
    sender: str
    by: str
    received_at: datetime
    told_as: str | None = None

    @property
    def key(self) -> str:
        """How a conclusion names its inputs."""
        return f"{self.kind}/{self.id}"


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
    for one in sorted(known, key=lambda one: -one.number):
        if number is not None and one.number != number:
            continue
        if one.body == said:
            return one, one.number
        if number is not None:
            raise OtherContent
        if kind in MADE_BY_PEOPLE:
            break
    if number is None and known:
        _expect_next(kind, newest(known), said)
    return None, number or 1 + max((one.number for one in known), default=0)


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


def newest(known: Sequence[Version]) -> Version:
    """What stands?"""
    return max(known, key=lambda one: one.number)


def by_key(known: Iterable[Version]) -> dict[str, list[Version]]:
    """Every version of each thing, under the name by which conclusions call it."""
    found: dict[str, list[Version]] = {}
    for one in known:
        found.setdefault(one.key, []).append(one)
    return found
