"""What coordination remembers of two journeys that were found to be one person's."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.types import JSON
from sqlmodel import Field

from services.chassis.database import UtcDateTime
from services.coordination.tables import CoordinationTables


class MergeRow(CoordinationTables, table=True):
    """A merge and both states before it, so that it can be undone."""

    __tablename__ = "merge"

    organisation: str = Field(primary_key=True)
    event: UUID = Field(primary_key=True)
    """The event that joined them."""
    survivor: UUID = Field(index=True)
    other: UUID = Field(index=True)
    record: UUID
    """Where the services keep the one person."""
    prior: dict[str, Any] = Field(sa_type=JSON)
    """The survivor as its workflow left it, its record, and what both owed."""
    merged_at: datetime = Field(sa_type=UtcDateTime)
    merged_by: str
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    undone_by: UUID | None = None
    """The event that parted them again."""
