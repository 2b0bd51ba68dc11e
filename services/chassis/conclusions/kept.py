"""What a service keeps of its plans: things told in versions, conclusions, and marks on them.

A service makes its own tables of these rows; nothing in them is ever changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import false
from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel

from services.chassis.conclusions.shown import MarkOfConclusion, NewerVersion
from services.chassis.database import UtcDateTime


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one thing that was told: by whom, and how they are called."""

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

    @property
    def source(self) -> str:
        """After what a conclusion is called that is drawn again because of this version."""
        return f"{self.key}/{self.number}"


class KeptVersion(SQLModel):
    """One version of something that was told of a plan. A correction is the next version.

    `told_by` is who holds the token, `by` how they are called.
    """

    organisation: str = Field(primary_key=True)
    plan: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    status: str
    body: dict[str, Any] = Field(sa_type=JSON)
    told_as: str | None = None
    told_by: str
    by: str
    received_at: datetime = Field(sa_type=UtcDateTime)


class KeptConclusion(SQLModel):
    """What was concluded when, from which inputs, by which edition.

    `as_of` is the clinical moment, `concluded_at` our own clock. `versions` names each input by its
    version, `said` is the plan as a whole at that moment; `heard`: a journey was told this one.
    """

    organisation: str = Field(primary_key=True)
    plan: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    as_of: datetime = Field(sa_type=UtcDateTime)
    inputs: dict[str, Any] = Field(sa_type=JSON)
    conclusion: dict[str, Any] = Field(sa_type=JSON)
    answer: dict[str, Any] = Field(sa_type=JSON)
    knowledge_version: str
    concluded_at: datetime = Field(sa_type=UtcDateTime)
    versions: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    said: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    heard: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    supersedes: UUID | None = None
    because: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    changes: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)


class KeptMark(SQLModel):
    """A conclusion used a version that was corrected or withdrawn since.

    `redrawn` is the conclusion that stands in its place from `marked_at` on.
    """

    organisation: str = Field(primary_key=True)
    plan: UUID = Field(primary_key=True)
    conclusion: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    entry: UUID = Field(primary_key=True)
    to_version: int = Field(primary_key=True)
    from_version: int
    what: str
    status: str
    marked_at: datetime = Field(sa_type=UtcDateTime)
    redrawn: UUID


def as_because(mark: KeptMark) -> NewerVersion:
    """What a mark says, without when."""
    return NewerVersion(
        mark.kind, mark.entry, mark.what, mark.from_version, mark.to_version, mark.status
    )


def as_shown(mark: KeptMark) -> MarkOfConclusion:
    """What a mark says, and since when."""
    why = as_because(mark)
    return MarkOfConclusion(
        why.kind, why.id, why.what, why.from_version, why.to_version, why.status, mark.marked_at
    )
