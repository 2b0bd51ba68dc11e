"""What coordination remembers of journeys' keys, erasures, ended runs, and of who is stuck."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field

from services.chassis.database import UtcDateTime
from services.coordination.tables import CoordinationTables

IN_OUR_ROWS = ("untold", "unsettled", "overslept", "silent", "not-erased")
BY_THE_ENGINE = ("missing", "ended", "failing", "behind")
STUCK_FOR = (*IN_OUR_ROWS, *BY_THE_ENGINE)
"""Why a journey does not go on: what our own rows show, and what the engine says when asked."""


class JourneyKeyRow(CoordinationTables, table=True):
    """The key of one journey, sealed by the key ring. Destroyed: the row stays, the key is gone."""

    __tablename__ = "journey_key"

    organisation: str = Field(primary_key=True)
    journey: UUID = Field(primary_key=True)
    ring_key: str
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    made_at: datetime = Field(sa_type=UtcDateTime)
    destroyed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ErasureRow(CoordinationTables, table=True):
    """A person who is being forgotten, or was: who asked for it, and who has done their part."""

    __tablename__ = "erasure"

    organisation: str = Field(primary_key=True)
    journey: UUID = Field(primary_key=True)
    event: UUID
    asked_by: str
    asked_at: datetime = Field(sa_type=UtcDateTime)
    run_ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    assessment_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    localization_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    followup_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    next_try_at: datetime = Field(sa_type=UtcDateTime, index=True)
    problem: str = ""


class RunRow(CoordinationTables, table=True):
    """The history of a run that has ended, encrypted as it was. Only ever added to."""

    __tablename__ = "ended_run"

    organisation: str = Field(primary_key=True)
    journey: UUID = Field(primary_key=True)
    run: UUID = Field(primary_key=True)
    began_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime = Field(sa_type=UtcDateTime, index=True)
    ended: str
    events: int
    history: bytes = Field(sa_type=LargeBinary)
    kept_at: datetime = Field(sa_type=UtcDateTime)


class StuckRow(CoordinationTables, table=True):
    """A journey that does not go on though it should, as it was found last."""

    __tablename__ = "stuck_journey"

    organisation: str = Field(primary_key=True)
    journey: UUID = Field(primary_key=True)
    reason: str = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    repairs: int = 0
    repaired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
