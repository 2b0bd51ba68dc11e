"""Who looks after which journey, change by change."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.chassis.database import UtcDateTime
from services.coordination.tables import CoordinationTables


class AssignmentRow(CoordinationTables, table=True):
    """One change of who looks after a journey. The highest version stands."""

    __tablename__ = "assignment"

    organisation: str = Field(primary_key=True)
    journey: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    assignee: str | None = None
    before: str | None = None
    changed_by: str
    changed_at: datetime = Field(sa_type=UtcDateTime)
