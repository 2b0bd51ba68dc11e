"""What a journey hears and says: its phases, its messages, its id. Codes, ids and days; nothing of the patient."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

TASK_QUEUE = "journeys"


class Phase(StrEnum):
    """Where a journey stands. The order is the usual one; recurrence leads back to localization."""

    ASSESSMENT = "assessment"
    LOCALIZATION = "localization"
    TREATMENT = "treatment"
    SURVEILLANCE = "surveillance"
    CLOSED = "closed"


class EventKind(StrEnum):
    """What can happen to a journey from outside."""

    OBSERVATIONS = "observations"
    FINDINGS = "findings"
    EXPOSURES = "exposures"
    GENETICS = "genetics"
    EXAMINATION = "examination"
    STUDY = "study"
    CONSTRAINTS = "constraints"
    SURGERY = "surgery"
    THERAPY = "therapy"
    STATE = "state"
    DECISION = "decision"
    ACKNOWLEDGEMENT = "acknowledgement"
    DISPOSITION = "disposition"
    DEATH = "death"
    WITHDRAWAL = "withdrawal"
    PAUSE = "pause"
    RESUME = "resume"
    TRANSFER = "transfer"
    MERGE = "merge"


class EventArrived(BaseModel):
    """A nudge: this event is stored in coordination and waits to be handed over."""

    model_config = ConfigDict(frozen=True)

    event_id: UUID
    kind: EventKind


class Role(StrEnum):
    """Whom a human task asks."""

    CLINICIAN = "clinician"
    SURGEON = "surgeon"
    COORDINATOR = "coordinator"


class OpenTask(BaseModel):
    """A question that waits for a person (FHIR Task). `answers` are the codes that may be given."""

    id: UUID
    question: str
    role: Role
    answers: tuple[str, ...]
    opened_at: datetime


class JourneyState(BaseModel):
    """Everything a journey carries from one run into the next. New fields need defaults: old runs are read by new code."""

    phase: Phase = Phase.ASSESSMENT
    revision: int = 0
    waiting: list[EventArrived] = []
    seen: list[UUID] = []
    task: OpenTask | None = None
    declined: list[str] = []
    changed: bool = True
    next_wake: datetime | None = None


class JourneyOrder(BaseModel):
    """What starts a journey. Ids only: whom it is about is known to the services alone."""

    journey_id: UUID
    organisation: str
    state: JourneyState = JourneyState()


def workflow_id(organisation: str, journey_id: UUID) -> str:
    """The one workflow of a journey. Organisations cannot meet, even if they choose the same uuid."""
    return f"journey/{organisation}/{journey_id}"
