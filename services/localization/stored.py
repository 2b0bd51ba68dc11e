"""What is shown of a stored search: the last answer, conclusions with marks, people's words."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from knowledge.terms.obligation import Conclusion
from knowledge.terms.sent import Instant
from services.chassis.conclusions.shown import Difference, MarkOfConclusion, NewerVersion
from services.localization.answer import Candidate, FollowedOrder, Plan
from services.localization.told import LinkSaid, OverrideSaid, PlacedOrder

ChangeOf = Literal[
    "state",
    "leading_candidate",
    "points",
    "next_step_added",
    "next_step_removed",
    "obligation",
    "rule_fired",
    "rule_not_fired",
    "caveat_added",
    "caveat_removed",
]


@dataclass(slots=True)
class Change(Difference):
    """One thing that is concluded otherwise; `name` says which, where there are several."""

    what: ChangeOf


@dataclass(slots=True)
class Affected:
    """A conclusion that rested on a report which was corrected, and the one drawn in its place."""

    conclusion: UUID
    because: list[NewerVersion]
    redrawn: UUID
    changes: list[Change]


@dataclass(slots=True, kw_only=True)
class StoredPlan(Plan):
    """The last answer to a stored plan, and the moment for which it was given.

    `affected`: what was drawn again because of what this call told.
    """

    # Each route that answers with it has a schema of its own: drawn when it is first asked for.
    __pydantic_config__ = ConfigDict(defer_build=True)

    id: UUID
    as_of: Instant
    affected: list[Affected] = field(default_factory=list)


class StoredConclusion(BaseModel):
    """What a journey was told, the whole answer behind it, and whether it still stands."""

    conclusion: Conclusion
    answer: Plan
    concluded_at: Instant | None = None
    marked: list[MarkOfConclusion] = []
    superseded_by: UUID | None = None
    supersedes: UUID | None = None
    because: list[NewerVersion] = []
    changes: list[Change] = []


class KeptReport(BaseModel):
    """A report as the register names it: which version stands, and how its sender calls it."""

    kind: str
    id: UUID
    version: int
    versions: int
    status: str
    told_as: str | None
    told_by: str
    received_at: Instant


class KeptLink(LinkSaid):
    """A person's word about two lesions: whose, since when, and whether it counts.

    It does not where a report was corrected since and the lesion is described elsewhere now.
    """

    id: UUID
    version: int
    by: str
    said_at: Instant
    counts: bool
    why_not: str | None = None


class KeptOverride(OverrideSaid):
    """A gate that a person went past, and whether any step is different for it."""

    id: UUID
    version: int
    by: str
    said_at: Instant
    in_effect: bool


class KeptOrder(BaseModel):
    """An order as it was told, and what has become of it."""

    id: UUID
    version: int
    said: PlacedOrder
    followed: FollowedOrder


class OrderList(BaseModel):
    """Every order of a search, by its day."""

    orders: list[KeptOrder]


class LesionRegister(BaseModel):
    """Every lesion of a search, what each study said of it, and who joined or parted them."""

    id: UUID
    as_of: Instant
    state: str
    lesions: list[Candidate]
    reports: list[KeptReport]
    links: list[KeptLink]
