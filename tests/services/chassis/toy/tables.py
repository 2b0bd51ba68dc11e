"""What the toy remembers."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from services.chassis.database import UtcDateTime
from services.chassis.tables import service_registry


class ToyTables(SQLModel, registry=service_registry()):
    """The toy's own base: nothing of it is in anybody else's metadata."""


class Note(ToyTables, table=True):
    """One note about one patient."""

    id: UUID = Field(primary_key=True)
    organisation: str = Field(index=True)
    patient: str
    written_at: datetime = Field(sa_type=UtcDateTime)
    words: str
    version: int = 1
