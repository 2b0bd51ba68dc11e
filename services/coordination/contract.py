"""The nouns coordination speaks: journeys, events, obligations, reminders, the worklist."""

from datetime import date
from enum import StrEnum
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from knowledge.terms.obligation import Conclusion, Obligation, ObligationStatus
from knowledge.terms.person import Profile
from knowledge.terms.sent import Instant, Native, expect_zone


class PatientOfJourney(Native):
    """FHIR Patient, as little as a journey needs.

    `id` is the caller's own; it stays in our databases.
    """

    id: str = Field(min_length=1, max_length=200)
    sex: Literal["male", "female", "other", "unknown"] = "unknown"
    birth_date: date | None = None
    age_years: float | None = Field(default=None, ge=0, le=130)


class JourneyRequest(Native):
    """Start of a journey (FHIR EpisodeOfCare)."""

    patient: PatientOfJourney
    zone: str = Field(default="UTC", description="IANA time zone in which days begin and end")
    profile: Profile = Profile.INT_ADULT
    label_profile: str | None = Field(
        default=None, max_length=200, description="whose drug labels count here, such as US or EU"
    )
    assignee: str | None = Field(default=None, max_length=200)

    @field_validator("zone")
    @classmethod
    def expect_its_zone(cls, zone: str) -> str:
        """Refuse a zone that no clock knows."""
        return expect_zone(zone)


LARGEST_VERSION = 2**31 - 1
"""What both databases can count."""


class Event(Native):
    """Something that happened, told once and kept.

    The caller draws the id, so telling it again is the same telling.
    """

    id: UUID
    kind: str = Field(max_length=50)
    occurred_at: Instant
    source: str | None = Field(default=None, max_length=200)
    version: int = Field(default=1, ge=1, le=LARGEST_VERSION)
    payload: dict[str, Any] = Field(default_factory=dict)


class DecisionTaken(Native):
    """The payload of a `decision`: what a person answered to which question, and why."""

    task: UUID | None = None
    answer: str = Field(pattern=r"^[a-z][a-z-]{0,39}$")
    reason: str = Field(max_length=2000)

    @field_validator("reason")
    @classmethod
    def expect_reason(cls, reason: str) -> str:
        """A reason of blanks is none."""
        if not reason.strip():
            raise PydanticCustomError("reason_missing", "a reason is needed")
        return reason


class Disposition(StrEnum):
    """How an obligation ended. Every one ends in exactly one of these."""

    DONE = "DONE"
    NOT_INDICATED = "NOT_INDICATED"
    DECLINED = "DECLINED"
    TRANSFERRED = "TRANSFERRED"
    DECEASED = "DECEASED"
    WITHDRAWN = "WITHDRAWN"
    """The service that asked for it does so no longer; never said by a person."""

    MISSED = "MISSED"
    """Nobody did it while it could be done; its reason names who owns that. No person says it."""


class ObligationKey(Native):
    """Which obligation of a journey is meant."""

    rule: str = Field(min_length=1, max_length=200)
    occurrence: str = Field(min_length=1, max_length=200)


class ObligationAnswered(Native):
    """The payload of an `acknowledgement` (without disposition) or a `disposition` (with).

    `undone`: an acknowledgement is taken back, and nobody is at it any more.
    """

    obligation: ObligationKey
    disposition: Disposition | None = None
    undone: bool = False
    reason: str = Field(default="", max_length=2000)

    @model_validator(mode="after")
    def expect_reason(self) -> Self:
        """What is not going to be done says why."""
        said = self.disposition
        if said is not None and self.undone:
            raise PydanticCustomError("disposition", "what has ended is not taken back")
        if said in (Disposition.WITHDRAWN, Disposition.MISSED):
            raise PydanticCustomError("disposition_unknown", "only a service says so")
        if said in (Disposition.NOT_INDICATED, Disposition.DECLINED) and not self.reason.strip():
            raise PydanticCustomError("reason_missing", "this disposition needs a reason")
        return self


class ContactAttempted(Native):
    """The payload of a `contact`: by what it was tried to reach somebody, and what came of it.

    Whoever tells the event tried; when is `occurred_at`. An obligation says what it was about.
    """

    channel: Literal["phone", "sms", "letter", "email", "app", "visit"]
    outcome: Literal["reached", "no_answer", "left_message", "wrong_number", "returned", "refused"]
    whom: Literal["patient", "next_of_kin", "other"] = "patient"
    obligation: ObligationKey | None = None
    note: str = Field(default="", max_length=2000)


class Postponed(Native):
    """The payload of a `postponement`: until when somebody put off what is due, and why.

    `undone`: it is taken back, and due as it was before.
    """

    obligation: ObligationKey
    until: date
    undone: bool = False
    reason: str = Field(max_length=2000)

    @field_validator("reason")
    @classmethod
    def expect_reason(cls, reason: str) -> str:
        """A reason of blanks is none."""
        if not reason.strip():
            raise PydanticCustomError("reason_missing", "a reason is needed")
        return reason


Means = Literal["everything", "sms", "letter", "app", "email", "phone"]


class ContactPreferences(Native):
    """The payload of `preferences`: what the patient refuses and why, and in which language.

    It replaces what was said before. What is due is still due: its ladder climbs to those at work.
    """

    refuses: tuple[Means, ...] = Field(default=(), max_length=10)
    reason: str = Field(default="", max_length=2000)
    language: Literal["en", "zh"] | None = None

    @model_validator(mode="after")
    def expect_reason(self) -> Self:
        """Nobody is left out of reminders without a reason."""
        if self.refuses and not self.reason.strip():
            raise PydanticCustomError("reason_missing", "a refusal needs a reason")
        return self


class EventStored(BaseModel):
    """The promise: this event is where a crash cannot lose it."""

    event: UUID
    stored_at: Instant
    repeated: bool


class StoredEvent(Event):
    """An event as the journey reads it: with who told it, and the patient it is about."""

    model_config = ConfigDict(extra="ignore")

    told_by: str
    told_at: Instant
    patient: PatientOfJourney
    profile: str
    label_profile: str | None = None
    zone: str | None = None


class Outcome(Native):
    """What became of an event once the journey had read it."""

    outcome: Literal["applied", "refused"]
    reason: str = Field(default="", max_length=2000)


class OpenQuestion(BaseModel):
    """A decision that waits for a person (FHIR Task)."""

    id: UUID
    question: str
    role: str
    answers: tuple[str, ...]
    opened_at: Instant


class Progress(BaseModel):
    """How far a journey is.

    `beside` is what follow-up concluded beside the phase's own service, where it is asked too;
    while `watched_beside` what it asks for stays owed. `revision` only grows; an older one never
    overwrites a newer one.
    """

    revision: int = Field(ge=0)
    at: Instant
    phase: str = Field(max_length=50)
    conclusion: Conclusion | None = None
    beside: Conclusion | None = None
    watched_beside: bool = False
    task: OpenQuestion | None = None
    next_phase_reason: str = ""
    paused_since: Instant | None = None
    carried: dict[str, Any] | None = None
    """What the journey is opened again from; told when it closes. Codes and ids only."""


class Wake(Native):
    """The journey's clock says it is this moment: send what is due."""

    at: Instant


class NextWake(BaseModel):
    """When the journey should look again. None: nothing is due until something happens."""

    at: Instant | None


class ReminderStatus(StrEnum):
    """What became of one rung of a ladder."""

    SENT = "sent"
    LATE = "sent-late"
    OVERTAKEN = "overtaken"
    HELD = "held"
    """Too much was said to the patient that day; it follows on the next with room, as late."""

    NOT_WANTED = "not-wanted"
    """The patient does not want it said; the ladder climbs to others all the same."""

    WITHDRAWN = "withdrawn"
    """It was held, and meanwhile its reason has gone."""


class Delivery(BaseModel):
    """One attempt chain to one subscription."""

    subscription: UUID
    channel: str
    status: Literal["waiting", "delivered", "failed", "withdrawn", "muted"]
    attempts: int
    delivered_at: Instant | None = None


class Reminder(BaseModel):
    """One message about one obligation at one rung (FHIR CommunicationRequest)."""

    id: UUID
    rule: str
    occurrence: str
    act: str
    rung: str
    recipient: str
    means: str = Field(description="how the ladder wants it said: a letter, a call, a task")
    due: date
    due_at: Instant = Field(description="when this rung was to be sent")
    status: ReminderStatus
    recorded_at: Instant = Field(description="when it was, on the journey's own clock")
    hold_until: Instant | None = Field(default=None, description="until when a held one waits")
    deliveries: list[Delivery] = []


class RemindersPage(BaseModel):
    """What was said on a journey, oldest first."""

    reminders: list[Reminder]
    cursor: str | None = None


class OwedObligation(Obligation):
    """An obligation as the worklist knows it."""

    service: str
    status: ObligationStatus
    overdue: bool
    acknowledged: bool = False
    disposition: Disposition | None = None
    reason: str = ""
    postponed_until: date | None = None
    postponed_by: str | None = None
    postponed_because: str | None = None


class Journey(BaseModel):
    """Where one journey stands."""

    id: UUID
    patient_id: str
    phase: str
    state: str | None
    assignee: str | None
    zone: str
    revision: int
    started_at: Instant
    as_of: Instant
    task: OpenQuestion | None
    obligations: list[OwedObligation]
    conclusion: Conclusion | None
    events_waiting: int
    site: str | None = None
    paused_since: Instant | None = None
    closed_because: str | None = None
    merged_into: UUID | None = Field(
        default=None, description="the journey of the same person that goes on instead of this one"
    )
    record: UUID | None = Field(
        default=None, description="where the services keep this person; after a merge not the id"
    )


class TimelineEntry(BaseModel):
    """One thing that happened on a journey."""

    at: Instant
    what: str
    detail: str
    reference: str | None = None


class TimelinePage(BaseModel):
    """A page of what happened, oldest first; `cursor` fetches the next one."""

    entries: list[TimelineEntry]
    cursor: str | None = None


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
    days_overdue: int = 0
    waiting_for: str | None
    question: str | None = None
    attention: list[str] = Field(default=[], description="failed deliveries, refused events")
    risk: str | None = Field(default=None, description="the ladder that lifts it in the queue")


class WorklistPage(BaseModel):
    """A page of the worklist; `cursor` fetches the next one, None is the last."""

    rows: list[WorklistRow]
    cursor: str | None
    as_of: Instant


class SubscriptionRequest(Native):
    """Who hears reminders: a webhook signed as in Standard Webhooks, or an e-mail address.

    A FHIR server gets each as a CommunicationRequest, and `secret` as its bearer token. No roles:
    every reminder. `assignee`: of this coordinator's journeys only. `zone`, `country` and
    `subdivision` are where this recipient lives or works, by default as the site says. `digest`:
    one message a working day. `muted_because`: nothing is sent, for this reason; what is critical
    is sent all the same.
    """

    channel: Literal["webhook", "email", "fhir"]
    url: str | None = Field(default=None, max_length=2000)
    secret: str | None = Field(default=None, min_length=24, max_length=4000)
    address: str | None = Field(default=None, max_length=320, pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")
    roles: list[str] = Field(default=[], max_length=20)
    assignee: str | None = Field(default=None, min_length=1, max_length=200)
    zone: str | None = Field(default=None, max_length=100)
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    subdivision: str | None = Field(default=None, max_length=20)
    language: Literal["en", "zh"] = "en"
    digest: bool = False
    muted_because: str | None = Field(default=None, min_length=1, max_length=500)

    @model_validator(mode="after")
    def expect_whole(self) -> Self:
        """A webhook has an address and a secret, an e-mail has a mailbox; never both."""
        is_webhook = self.channel == "webhook"
        if self.channel == "fhir":
            if self.url is None or self.address is not None:
                raise PydanticCustomError("fhir_incomplete", "a FHIR server has `url`")
            if self.digest:
                raise PydanticCustomError("digest", "a FHIR server gets each by itself")
            return self
        if is_webhook != (self.url is not None) or is_webhook != (self.secret is not None):
            raise PydanticCustomError("webhook_incomplete", "a webhook has `url` and `secret`")
        if is_webhook == (self.address is not None):
            raise PydanticCustomError("email_incomplete", "an e-mail has `address`")
        return self

    @field_validator("zone")
    @classmethod
    def expect_its_zone(cls, zone: str | None) -> str | None:
        """Refuse a zone that no clock knows."""
        return None if zone is None else expect_zone(zone)


class Subscription(BaseModel):
    """A subscription as it is shown: the secret never leaves."""

    id: UUID
    channel: Literal["webhook", "email", "fhir"]
    url: str | None
    address: str | None
    roles: list[str]
    assignee: str | None = None
    zone: str | None = None
    country: str | None = None
    subdivision: str | None = None
    language: str = "en"
    digest: bool = False
    muted_because: str | None = None
    version: int


class FastForward(Native):
    """Rehearsal only: move this journey's own clock."""

    days: int = Field(ge=1, le=3660)
