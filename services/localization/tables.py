"""What localization remembers. Every key begins with the organisation: no two can meet."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel

from services.chassis.conclusions.kept import KeptConclusion, KeptMark, KeptVersion
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
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When this person was forgotten: only the id is left, and takes nothing any more."""


class EntryRow(KeptVersion, LocalizationTables, table=True):
    """One version of a report, an order or a person's word, as it was told. Never changed."""

    __tablename__ = "entry_version"


class ConclusionRow(KeptConclusion, LocalizationTables, table=True):
    """What was concluded when, from which inputs, by which edition. Never changed."""

    __tablename__ = "conclusion"
    __table_args__ = (Index("ix_conclusion_order", "organisation", "plan", "concluded_at"),)


class MarkRow(KeptMark, LocalizationTables, table=True):
    """A conclusion used a version that was corrected or withdrawn since. Never changed."""

    __tablename__ = "conclusion_mark"
    __table_args__ = (
        Index("ix_conclusion_mark_entry", "organisation", "plan", "kind", "entry", "to_version"),
    )
