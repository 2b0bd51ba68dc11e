"""What is shown of what assessment keeps: conclusions, their marks, what changed, site settings."""

from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from knowledge.terms.sent import Instant
from knowledge.terms.site_settings import SiteSettings
from services.assessment.answer import Assessment, Rejected, UsedInput
from services.chassis.conclusions.shown import Difference

ChangeOf = Literal[
    "class",
    "mechanism",
    "urgent",
    "leading_diagnosis",
    "rule_fired",
    "rule_not_fired",
    "derived",
    "interpretation",
    "next_test_added",
    "next_test_removed",
    "caveat_added",
    "caveat_removed",
    "rejected",
    "not_rejected",
]


@dataclass(slots=True)
class NewerVersion:
    """A result that was sent again: the version that was used, and the one that stands now."""

    observation: str
    analyte: str | None
    from_version: Annotated[int, Field(alias="from")]
    to_version: Annotated[int, Field(alias="to")]
    status: str


@dataclass(slots=True)
class Mark(NewerVersion):
    """An assessment used a version that no longer stands, and since when we know."""

    marked_at: Instant


@dataclass(slots=True)
class Change(Difference):
    """One thing that is concluded otherwise; `name` says which, where there are several."""

    what: ChangeOf


@dataclass(slots=True)
class Affected:
    """A conclusion that rested on a result which was corrected, and the one drawn in its place."""

    assessment: UUID
    because: list[NewerVersion]
    redrawn: UUID
    changes: list[Change]


@dataclass(slots=True, kw_only=True)
class StoredAssessment(Assessment):
    """An assessment that was kept, with the moment it was made for and when we concluded it.

    `marked` and `superseded_by` say that a result it used no longer stands; `supersedes`,
    `because` and `changes` what it stands in place of; `affected` what its own results corrected.
    """

    id: UUID
    patient: str | None
    as_of: Instant
    concluded_at: Instant | None = None
    record: UUID | None = None
    marked: list[Mark] = field(default_factory=list)
    superseded_by: UUID | None = None
    supersedes: UUID | None = None
    because: list[NewerVersion] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    affected: list[Affected] = field(default_factory=list)


@dataclass(slots=True)
class Reassessed:
    """A past conclusion as it was drawn, as it would be drawn now, and what differs."""

    then: StoredAssessment
    now: Assessment
    changes: list[Change]


@dataclass(slots=True)
class AssessmentPage:
    """Assessments of one patient, newest first; `cursor` fetches the next page."""

    assessments: list[StoredAssessment]
    cursor: str | None


@dataclass(slots=True)
class FactsStored:
    """What of the facts was kept, what was refused and why, and what was concluded otherwise."""

    accepted: list[str] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    versions: list[UsedInput] = field(default_factory=list)
    affected: list[Affected] = field(default_factory=list)


@dataclass(slots=True)
class SignedSiteSettings:
    """What a site lays over the tables: in which version, signed by whom and when."""

    version: int
    signed_by: str
    signed_at: Instant
    settings: SiteSettings
