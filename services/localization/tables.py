"""What localization remembers. Every key begins with the organisation: no two can meet."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel

from services.chassis.database import UtcDateTime
from services.chassis.tables import service_registry


class LocalizationTables(SQLModel, registry=service_registry()):
    """The base of these tables; `LocalizationTables.metadata` knows them all."""


class PlanRow(LocalizationTables, table=True):
    """One search: what was said of it as a whole, and the last answer."""

    __tablename__ = "plan"

    organisation: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_type=JSON)
    opened_on: date | None = None
    version: int = 0
    as_of: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer: dict[str, Any] | None = Field(default=None, sa_type=JSON)


class EntryRow(LocalizationTables, table=True):
    """An examination or a study, as it was told. Never changed."""

    __tablename__ = "entry"

    organisation: str = Field(primary_key=True)
    plan: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_type=JSON)
    stored_at: datetime = Field(sa_type=UtcDateTime)


class ConclusionRow(LocalizationTables, table=True):
    """What was concluded when, from which inputs, by which edition. Never changed."""

    __tablename__ = "conclusion"

    organisation: str = Field(primary_key=True)
    plan: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    as_of: datetime = Field(sa_type=UtcDateTime)
    inputs: dict[str, Any] = Field(sa_type=JSON)
    conclusion: dict[str, Any] = Field(sa_type=JSON)
    answer: dict[str, Any] = Field(sa_type=JSON)
    knowledge_version: str
