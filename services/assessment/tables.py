"""What assessment remembers. Every key begins with the organisation: no two can meet."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel

from services.chassis.database import UtcDateTime
from services.chassis.tables import service_registry


class AssessmentTables(SQLModel, registry=service_registry()):
    """The base of these tables; `AssessmentTables.metadata` knows them all."""


class RecordRow(AssessmentTables, table=True):
    """One journey's record: how many facts it holds. The row that writers queue for."""

    __tablename__ = "record"

    organisation: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    facts: int = 0


class FactsRow(AssessmentTables, table=True):
    """What one event told, as it was told. Never changed; later facts are laid over it."""

    __tablename__ = "facts"
    __table_args__ = (Index("ix_facts_order", "organisation", "record", "number"),)

    organisation: str = Field(primary_key=True)
    record: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    number: int
    body: dict[str, Any] = Field(sa_type=JSON)
    stored_at: datetime = Field(sa_type=UtcDateTime)


class AssessmentRow(AssessmentTables, table=True):
    """What was concluded when, from which inputs, by which edition. Never changed."""

    __tablename__ = "assessment"
    __table_args__ = (Index("ix_assessment_patient", "organisation", "patient", "as_of", "id"),)

    organisation: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    record: UUID | None = None
    patient: str | None = None
    as_of: datetime = Field(sa_type=UtcDateTime)
    request: dict[str, Any] = Field(sa_type=JSON)
    answer: dict[str, Any] = Field(sa_type=JSON)
    conclusion: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    knowledge_version: str


class AskedStepRow(AssessmentTables, table=True):
    """A step that was asked for: since when, until when it is due, and when it was no longer."""

    __tablename__ = "asked_step"

    organisation: str = Field(primary_key=True)
    record: UUID = Field(primary_key=True)
    step: str = Field(primary_key=True)
    occurrence: int = Field(primary_key=True)
    act: str
    because: str
    opened_on: date
    due_on: date
    ended_on: date | None = None
