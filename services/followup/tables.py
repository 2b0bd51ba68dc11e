"""What follow-up remembers. Every key begins with the organisation: no two can meet."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel

from services.chassis.conclusions.kept import KeptConclusion, KeptMark, KeptVersion
from services.chassis.database import UtcDateTime
from services.chassis.tables import service_registry


class FollowupTables(SQLModel, registry=service_registry()):
    """The base of these tables; `FollowupTables.metadata` knows them all."""


class PlanRow(FollowupTables, table=True):
    """One patient after treatment: what was said as a whole, and the last answer.

    Writers queue for this row. `received_at` is when something was told last, by our own clock,
    which grows within a plan.
    """

    __tablename__ = "plan"

    organisation: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_type=JSON)
    version: int = 0
    as_of: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When this person was forgotten: only the id is left, and takes nothing any more."""


class EntryRow(KeptVersion, FollowupTables, table=True):
    """One version of a dated event or of how an item ended, as it was told. Never changed."""

    __tablename__ = "entry_version"


class ConclusionRow(KeptConclusion, FollowupTables, table=True):
    """What was concluded when, from which inputs, by which edition. Never changed."""

    __tablename__ = "conclusion"
    __table_args__ = (Index("ix_conclusion_order", "organisation", "plan", "concluded_at"),)


class MarkRow(KeptMark, FollowupTables, table=True):
    """A conclusion used a version that was corrected or withdrawn since. Never changed."""

    __tablename__ = "conclusion_mark"
    __table_args__ = (
        Index("ix_conclusion_mark_entry", "organisation", "plan", "kind", "entry", "to_version"),
    )


class ProposalDecisionRow(FollowupTables, table=True):
    """What a named person answered to a proposal, and the proposal as it was. Never changed."""

    __tablename__ = "proposal_decision"

    organisation: str = Field(primary_key=True)
    plan: UUID = Field(primary_key=True)
    proposal: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    answer: str
    reason: str
    decided_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: str
    decided_by_name: str | None = None
    received_at: datetime = Field(sa_type=UtcDateTime)
    overridden: list[str] = Field(sa_type=JSON)
    proposed: dict[str, Any] = Field(sa_type=JSON)
    knowledge_version: str
