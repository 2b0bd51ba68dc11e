"""What follow-up remembers. Every key begins with the organisation: no two can meet."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel

from services.chassis.database import UtcDateTime
from services.chassis.tables import service_registry


class FollowupTables(SQLModel, registry=service_registry()):
    """The base of these tables; `FollowupTables.metadata` knows them all."""


class PlanRow(FollowupTables, table=True):
    """One patient after treatment: what was said as a whole, and the last answer."""

    __tablename__ = "plan"

    organisation: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_type=JSON)
    version: int = 0
    as_of: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer: dict[str, Any] | None = Field(default=None, sa_type=JSON)


class EntryRow(FollowupTables, table=True):
    """A dated event or how an item ended, as it was told. Never changed."""

    __tablename__ = "entry"

    organisation: str = Field(primary_key=True)
    plan: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_type=JSON)
    stored_at: datetime = Field(sa_type=UtcDateTime)


class ConclusionRow(FollowupTables, table=True):
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
