"""What coordination remembers. Every key begins with the organisation: no two can meet."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, UniqueConstraint, false, text
from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel

from services.chassis.database import UtcDateTime
from services.chassis.tables import service_registry

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only what is called INTEGER."""


CRITICAL = "ladder = 'critical' AND status = 'open'"
"""A critical result that nobody has seen yet, as an index over these few rows says it."""


class CoordinationTables(SQLModel, registry=service_registry()):
    """The base of these tables; `CoordinationTables.metadata` knows them all."""


class JourneyRow(CoordinationTables, table=True):
    """A journey, and where it stands: the worklist's own row, written by the journey's progress."""

    __tablename__ = "journey"
    __table_args__ = (
        Index("ix_journey_rank", "organisation", "rank_at", "id"),
        Index("ix_journey_priority", "organisation", "priority_at", "id"),
        Index("ix_journey_lost", "lost_since"),
        Index("ix_journey_phase", "organisation", "phase"),
        Index("ix_journey_assignee", "organisation", "assignee"),
        Index("ix_journey_in_phase_with", "organisation", "phase", "assignee"),
        Index("ix_journey_patient_id", "organisation", "patient_id"),
        Index("ix_journey_record", "organisation", "record"),
    )

    organisation: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    patient: dict[str, Any] = Field(sa_type=JSON)
    patient_id: str
    request_hash: str
    zone: str
    profile: str
    label_profile: str | None = None
    assignee: str | None = None
    started_at: datetime = Field(sa_type=UtcDateTime)
    phase: str = "assessment"
    state: str | None = None
    revision: int = 0
    as_of: datetime = Field(sa_type=UtcDateTime)
    clock_ahead_seconds: int = 0
    task: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    conclusion: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    next_due: date | None = None
    next_act: str | None = None
    site: str | None = None
    paused_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_because: str | None = None
    """The reason by which the journey closed, as a code."""
    carried: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """What a closed journey is opened again from, as its workflow left it."""
    merged_into: UUID | None = None
    """The journey of the same person that goes on instead."""
    record: UUID | None = None
    """Where the services keep this person, once two journeys were merged; until then the id."""
    rank_at: datetime = Field(sa_type=UtcDateTime)
    """When, on the real clock, the first thing due becomes overdue; far away when nothing is."""
    priority_at: datetime = Field(default=datetime(9999, 1, 1, tzinfo=UTC), sa_type=UtcDateTime)
    """Where it stands in the queue: what is riskier counts as due earlier."""
    priority_ladder: str | None = None
    """The ladder of what gives it that place."""
    preferences: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """How the patient wants to be told, and by what not; as it was told last."""
    lost_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when nobody could reach the patient any more."""
    next_wake: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    """When, on the journey's own clock, it was told to look again."""
    progress_hash: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What the last report said: another one of the same revision comes from an older workflow."""
    first_low_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the first low phosphate was drawn that was told of; the programme counts from there."""
    edition: str | None = None
    """The edition of the knowledge this journey stays with; None: the one in force."""


class EventRow(CoordinationTables, table=True):
    """The inbox: what was told, as it was told, and what became of it."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_journey", "organisation", "journey", "told_at"),
        Index("ix_event_settled", "organisation", "journey", "outcome"),
    )

    organisation: str = Field(primary_key=True)
    journey: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    kind: str
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    source: str | None = None
    version: int = 1
    payload: dict[str, Any] = Field(sa_type=JSON)
    request_hash: str
    told_by: str
    told_at: datetime = Field(sa_type=UtcDateTime)
    outcome: str = Field(default="waiting", index=True)
    reason: str = ""
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    taken_from: UUID | None = None
    """The journey this was told to first, before the two were merged."""


class OutboxRow(CoordinationTables, table=True):
    """What a journey has not been told yet; gone once it was. In order per journey.

    Without an event it says that the journey begins. `anew` says why an event is told once more;
    one that `reopens` may be told to a journey that is closed.
    """

    __tablename__ = "outbox"

    number: int | None = Field(
        default=None, sa_column=Column(NUMBER, primary_key=True, autoincrement=True)
    )
    organisation: str
    journey: UUID = Field(index=True)
    event: UUID | None = None
    kind: str
    occurred_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    anew: UUID | None = None
    reopens: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    stored_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    next_try_at: datetime = Field(sa_type=UtcDateTime, index=True)


class ObligationRow(CoordinationTables, table=True):
    """What somebody has to do by when, and how it ended."""

    __tablename__ = "obligation"
    __table_args__ = (
        Index("ix_obligation_open", "status", "overdue_at"),
        Index("ix_obligation_rule", "rule", "status"),
        Index(
            "ix_obligation_critical",
            "organisation",
            "journey",
            sqlite_where=text(CRITICAL),
            postgresql_where=text(CRITICAL),
        ),
    )

    organisation: str = Field(primary_key=True)
    journey: UUID = Field(primary_key=True)
    rule: str = Field(primary_key=True)
    occurrence: str = Field(primary_key=True)
    service: str
    act: str
    opens: date
    due: date
    closes: date | None = None
    ladder: str
    because: str = ""
    status: str = "open"
    created_at: datetime = Field(sa_type=UtcDateTime)
    overdue_at: datetime = Field(sa_type=UtcDateTime)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disposition: str | None = None
    reason: str = ""
    ended_by: str | None = None
    postponed_until: date | None = None
    postponed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    postponed_by: str | None = None
    postponed_because: str | None = None


class ReminderRow(CoordinationTables, table=True):
    """One rung of one obligation's ladder. Its key is why nothing is said twice."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("id", name="uq_reminder_its_id"),)

    organisation: str = Field(primary_key=True)
    journey: UUID = Field(primary_key=True)
    rule: str = Field(primary_key=True)
    occurrence: str = Field(primary_key=True)
    rung: str = Field(primary_key=True)
    id: UUID
    act: str
    recipient: str
    means: str
    due: date
    due_at: datetime = Field(sa_type=UtcDateTime)
    status: str
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    hold_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Until when, on the journey's own clock, it is held because of what was said that day."""


class DeliveryRow(CoordinationTables, table=True):
    """One reminder on its way to one subscription."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_waiting", "status", "next_try_at"),
        Index("ix_delivery_journey", "organisation", "journey"),
        Index("ix_delivery_digest", "organisation", "digest"),
    )

    organisation: str = Field(primary_key=True)
    reminder: UUID = Field(primary_key=True)
    subscription: UUID = Field(primary_key=True)
    journey: UUID
    channel: str
    status: str = "waiting"
    attempts: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_try_at: datetime = Field(sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    problem: str = ""
    gathered: bool = False
    """Is it said in the one message of a working day?"""
    digest: UUID | None = None
    """The message it was gathered into."""


class SubscriptionRow(CoordinationTables, table=True):
    """Who hears reminders, and where."""

    __tablename__ = "subscription"

    organisation: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    channel: str
    url: str | None = None
    secret: str | None = None
    address: str | None = None
    roles: list[str] = Field(sa_type=JSON)
    assignee: str | None = None
    zone: str | None = None
    country: str | None = None
    subdivision: str | None = None
    language: str = "en"
    digest: bool = False
    muted_because: str | None = None
    version: int = 1


class WorkingTimeRow(CoordinationTables, table=True):
    """When people are told at a site, where the tables of the knowledge are not to count."""

    __tablename__ = "working_time"

    organisation: str = Field(primary_key=True)
    site: str = Field(default="", primary_key=True)
    """Empty: what counts in the organisation wherever a site says nothing of its own."""
    body: dict[str, Any] = Field(sa_type=JSON)
    told_by: str
    told_at: datetime = Field(sa_type=UtcDateTime)
    version: int = 1


class MomentRow(CoordinationTables, table=True):
    """The timeline, append-only. `key` names what happened, so that it is noted once."""

    __tablename__ = "moment"
    __table_args__ = (UniqueConstraint("organisation", "journey", "key", name="uq_moment_key"),)

    number: int | None = Field(
        default=None, sa_column=Column(NUMBER, primary_key=True, autoincrement=True)
    )
    organisation: str
    journey: UUID = Field(index=True)
    key: str
    at: datetime = Field(sa_type=UtcDateTime)
    what: str
    detail: str
    reference: str | None = None


class LeaseRow(CoordinationTables, table=True):
    """Which process runs a relay: one at a time, and another when it stops answering."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_type=UtcDateTime)


class SignInRow(CoordinationTables, table=True):
    """A link that lets one person in, once. Only its hash is kept."""

    __tablename__ = "sign_in"

    token_hash: str = Field(primary_key=True)
    organisation: str
    person: str
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SessionRow(CoordinationTables, table=True):
    """A person who is signed in to the pages."""

    __tablename__ = "session"

    token_hash: str = Field(primary_key=True)
    organisation: str
    person: str
    csrf: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
