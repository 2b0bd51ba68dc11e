"""What is shown of a stored plan: the last answer, and what was concluded, with its marks."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from knowledge.terms.obligation import Conclusion
from knowledge.terms.sent import Instant
from services.chassis.conclusions.shown import Difference, MarkOfConclusion, NewerVersion
from services.followup.answer import FollowUp

ChangeOf = Literal[
    "state",
    "risk_tier",
    "flag_added",
    "flag_removed",
    "alert_added",
    "alert_removed",
    "obligation",
    "rule_fired",
    "rule_not_fired",
    "caveat_added",
    "caveat_removed",
    "rejected",
    "not_rejected",
]


@dataclass(slots=True)
class Change(Difference):
    """One thing that is concluded otherwise; `name` says which, where there are several."""

    what: ChangeOf


@dataclass(slots=True)
class Affected:
    """A conclusion that rested on what was corrected, and the one drawn in its place."""

    conclusion: UUID
    because: list[NewerVersion]
    redrawn: UUID
    changes: list[Change]


class StoredFollowUp(FollowUp):
    """The last answer to a stored plan, and the moment for which it was given.

    `affected`: what was drawn again because of what this call told.
    """

    id: UUID
    as_of: Instant
    affected: list[Affected] = Field(default_factory=list)


class StoredConclusion(BaseModel):
    """What a journey was told, the whole answer behind it, and whether it still stands."""

    conclusion: Conclusion
    answer: FollowUp
    concluded_at: Instant | None = None
    marked: list[MarkOfConclusion] = []
    superseded_by: UUID | None = None
    supersedes: UUID | None = None
    because: list[NewerVersion] = []
    changes: list[Change] = []


class KeptEvent(BaseModel):
    """One version of an event as it was told: by whom, when, and whether it stands."""

    version: int
    status: str
    stands: bool
    told: dict[str, Any]
    told_by: str
    by: str
    received_at: Instant


class EventHistory(BaseModel):
    """Every version of an event, the first of them first."""

    id: UUID
    kind: str
    versions: list[KeptEvent]
