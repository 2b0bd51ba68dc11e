"""The nouns coordination speaks: journeys, events, progress, obligations, reminders, the worklist."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from knowledge.terms.obligation import Conclusion, Obligation, ObligationStatus


class Native(BaseModel):
    """What callers send: a field we do not know is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class PatientOfJourney(Native):
    """FHIR Patient, as little as a journey needs. `id` is the caller's own; it stays in our databases."""

    id: str = Field(min_length=1, max_length=200)
    sex: Literal["male", "female", "other", "unknown"] = "unknown"
    birth_date: date | None = None
    age_years: float | None = Field(default=None, ge=0, le=130)


class JourneyRequest(Native):
    """Start of a journey (FHIR EpisodeOfCare)."""

    patient: PatientOfJourney
    zone: str = "UTC"
    profile: str = "INT_adult"
    assignee: str | None = Field(default=None, max_length=200)


class Event(Native):
    """Something that happened, told once and kept. The caller draws the id, so telling it again is the same telling."""

    id: UUID
    kind: str
    occurred_at: AwareDatetime
    source: str | None = Field(default=None, max_length=200)
    version: int = Field(default=1, ge=1)
    payload: dict[str, Any] = {}


class EventStored(BaseModel):
    """The promise: this event is where a crash cannot lose it."""

    event: UUID
    stored_at: AwareDatetime
    repeated: bool


class StoredEvent(Event):
    """An event as the journey reads it: with who told it, and the patient it is about."""

    told_by: str
    told_at: AwareDatetime
    patient: PatientOfJourney
    profile: str


class Outcome(Native):
    """What became of an event once the journey had read it."""

    outcome: Literal["applied", "refused"]
    reason: str = ""


class OpenQuestion(BaseModel):
    """A decision that waits for a person (FHIR Task)."""

    id: UUID
    question: str
    role: str
    answers: tuple[str, ...]
    opened_at: AwareDatetime


class Progress(BaseModel):
    """How far a journey is. `revision` only grows; an older one never overwrites a newer one."""

    revision: int
    at: AwareDatetime
    phase: str
    conclusion: Conclusion | None = None
    task: OpenQuestion | None = None
    next_phase_reason: str = ""


class Wake(Native):
    """The journey's clock says it is this moment: send what is due."""

    at: AwareDatetime


class NextWake(BaseModel):
    """When the journey should look again. None: nothing is due until something happens."""

    at: AwareDatetime | None


class ReminderStatus(StrEnum):
    """What became of one rung of a ladder."""

    SENT = "sent"
    LATE = "sent-late"
    OVERTAKEN = "overtaken"


class Reminder(BaseModel):
    """One message about one obligation at one rung (FHIR CommunicationRequest)."""

    id: UUID
    rule: str
    occurrence: str
    act: str
    rung: str
    recipient: str
    due_at: AwareDatetime
    status: ReminderStatus
    recorded_at: AwareDatetime
    deliveries: list["Delivery"] = []


class Delivery(BaseModel):
    """One attempt chain to one subscription."""

    subscription: UUID
    channel: str
    status: Literal["waiting", "delivered", "failed"]
    attempts: int
    delivered_at: AwareDatetime | None = None


class OwedObligation(Obligation):
    """An obligation as the worklist knows it."""

    status: ObligationStatus
    overdue: bool
    disposition: str | None = None


class Journey(BaseModel):
    """Where one journey stands."""

    id: UUID
    patient_id: str
    phase: str
    state: str | None
    assignee: str | None
    zone: str
    revision: int
    started_at: AwareDatetime
    as_of: AwareDatetime
    task: OpenQuestion | None
    obligations: list[OwedObligation]
    conclusion: Conclusion | None
    events_waiting: int


class TimelineEntry(BaseModel):
    """One thing that happened on a journey, oldest first."""

    at: datetime
    what: str
    detail: str
    reference: str | None = None


class WorklistRow(BaseModel):
    """One journey on the worklist: what is next, what is overdue, whom it waits for."""

    journey: UUID
    patient_id: str
    phase: str
    state: str | None
    assignee: str | None
    next_due: date | None
    next_act: str | None
    overdue: int
    waiting_for: str | None


class WorklistPage(BaseModel):
    """A page of the worklist; `cursor` fetches the next one, None is the last."""

    rows: list[WorklistRow]
    cursor: str | None


class SubscriptionRequest(Native):
    """Who wants to hear reminders: a webhook signed as in Standard Webhooks, or an e-mail address for a role."""

    channel: Literal["webhook", "email"]
    url: str | None = None
    secret: str | None = Field(default=None, min_length=24, max_length=200)
    address: str | None = None
    roles: list[str] = []


class Subscription(BaseModel):
    """A subscription as it is shown: the secret never leaves."""

    id: UUID
    channel: str
    url: str | None
    address: str | None
    roles: list[str]
    version: int


class FastForward(Native):
    """Rehearsal only: move this journey's own clock."""

    days: int = Field(ge=1, le=3660)
