"""What localization remembers. Every key begins with the organisation: no two can meet."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, false
from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel

from services.chassis.database import UtcDateTime
from services.chassis.tables import service_registry


class LocalizationTables(SQLModel, registry=service_registry()):
    """The base of these tables; `LocalizationTables.metadata` knows them all."""


class PlanRow(LocalizationTables, table=True):
    """One search: what was said of it as a whole, and the last answer. Writers queue for this row.

    `received_at` is when something was told last, by our own clock, which grows within a search.
    """

    __tablename__ = "plan"

    organisation: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_type=JSON)
    opened_on: date | None = None
    version: int = 0
    as_of: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class EntryRow(LocalizationTables, table=True):
    """One version of a report, an order or a person's word, as it was told. Never changed.

    A correction is the next version. `told_by` is who holds the token, `by` how they are called.
    """

    __tablename__ = "entry_version"

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


class ConclusionRow(LocalizationTables, table=True):
    """What was concluded when, from which inputs, by which edition. Never changed.

    `as_of` is the clinical moment, `concluded_at` our own clock. `versions` names each input by its
    version, `said` is the plan as a whole at that moment; `heard`: a journey was told this one.
    """

    __tablename__ = "conclusion"
    __table_args__ = (Index("ix_conclusion_order", "organisation", "plan", "concluded_at"),)

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


class MarkRow(LocalizationTables, table=True):
    """A conclusion used a version that was corrected or withdrawn since. Never changed.

    `redrawn` is the conclusion that stands in its place from `marked_at` on.
    """

    __tablename__ = "conclusion_mark"
    __table_args__ = (
        Index("ix_conclusion_mark_entry", "organisation", "plan", "kind", "entry", "to_version"),
    )

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
