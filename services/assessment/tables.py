"""What assessment remembers. Every key begins with the organisation: no two can meet."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, false, true
from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel

from services.chassis.database import UtcDateTime
from services.chassis.tables import service_registry


class AssessmentTables(SQLModel, registry=service_registry()):
    """The base of these tables; `AssessmentTables.metadata` knows them all."""


class PatientRow(AssessmentTables, table=True):
    """Whose results these are, and when we last received something. Writers queue for this row.

    `confirmed` tells whether it is worth to look for an earlier conclusion that confirmed a tumor.
    """

    __tablename__ = "patient"

    organisation: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    confirmed: bool = Field(default=True, sa_column_kwargs={"server_default": true()})


class ObservationRow(AssessmentTables, table=True):
    """One version of one result, as it was sent. Never changed; a correction is the next version.

    `specimen` is the version with which this sample's results begin: an id that a sender uses again
    for another sample corrects nothing.
    """

    __tablename__ = "observation_version"

    organisation: str = Field(primary_key=True)
    patient: str = Field(primary_key=True)
    observation: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    specimen: int
    status: str
    body: dict[str, Any] = Field(sa_type=JSON)
    sender: str
    source: UUID
    received_at: datetime = Field(sa_type=UtcDateTime)


class MessageRow(AssessmentTables, table=True):
    """Results that were sent by themselves, and what was answered. Never changed."""

    __tablename__ = "message"

    organisation: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_type=JSON)
    answer: dict[str, Any] = Field(sa_type=JSON)


class RecordRow(AssessmentTables, table=True):
    """One journey's record: whose it is and how many facts it holds. Writers queue for this row."""

    __tablename__ = "record"
    __table_args__ = (Index("ix_record_patient", "organisation", "patient"),)

    organisation: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    facts: int = 0
    patient: str | None = None
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When this person was forgotten: only the id is left, and takes nothing any more."""


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
    answer: dict[str, Any] | None = Field(default=None, sa_type=JSON)


class AssessmentRow(AssessmentTables, table=True):
    """What was concluded when, from which inputs, by which edition. Never changed.

    `as_of` is the clinical moment, `concluded_at` our own clock, which grows within a patient.
    `inputs` names each result by its version, `affected` what this one's results corrected, and
    `rests_on` the earlier assessment whose confirmed tumor this one takes for granted.
    """

    __tablename__ = "assessment"
    __table_args__ = (
        Index("ix_assessment_patient", "organisation", "patient", "as_of", "id"),
        Index("ix_assessment_patient_class", "organisation", "patient", "tio_class"),
        Index("ix_assessment_record", "organisation", "record", "concluded_at"),
    )

    organisation: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    record: UUID | None = None
    patient: str | None = None
    as_of: datetime = Field(sa_type=UtcDateTime)
    request: dict[str, Any] = Field(sa_type=JSON)
    answer: dict[str, Any] = Field(sa_type=JSON)
    conclusion: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    knowledge_version: str
    tio_class: str
    concluded_at: datetime = Field(sa_type=UtcDateTime)
    inputs: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    supersedes: UUID | None = None
    rests_on: UUID | None = None
    because: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    changes: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    affected: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)


class MarkRow(AssessmentTables, table=True):
    """An assessment used a version that was corrected or withdrawn since. Never changed.

    `redrawn` is the assessment that stands in its place from `marked_at` on.
    """

    __tablename__ = "assessment_mark"

    organisation: str = Field(primary_key=True)
    assessment: UUID = Field(primary_key=True)
    observation: str = Field(primary_key=True)
    to_version: int = Field(primary_key=True)
    from_version: int
    status: str
    analyte: str | None = None
    source: UUID
    marked_at: datetime = Field(sa_type=UtcDateTime)
    redrawn: UUID


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
    cancelled: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class SiteSettingsRow(AssessmentTables, table=True):
    """What an organisation laid over the tables, who signed it and when. Never changed."""

    __tablename__ = "site_settings"

    organisation: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_type=JSON)
    signed_by: str
    signed_at: datetime = Field(sa_type=UtcDateTime)
