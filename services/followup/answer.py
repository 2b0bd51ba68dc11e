"""What follow-up answers: the state, what is due, what alarms, and why."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from knowledge.terms.obligation import Ladder, ObligationStatus
from knowledge.terms.sent import Number
from services.followup.proposed import Halt, TreatmentProposal


@dataclass(slots=True)
class ScheduleItem:
    """FHIR CarePlan.activity: one thing that is due, with its window."""

    id: str
    rule: str
    occurrence: str
    act: str
    due: date
    opens: date
    closes: date
    until: date | None
    ladder: Ladder
    status: ObligationStatus
    overdue: bool
    done_on: date | None
    ended_on: date | None = None
    disposition: str | None = None
    reason: str = ""
    closed_by: list[str] = field(default_factory=list)
    not_measured: list[str] = field(default_factory=list)
    owner: str | None = None
    may_wait_until: date | None = None


class Visit(BaseModel):
    """FHIR Appointment, proposed: what can be done together, on which day, between which days."""

    on: date
    earliest: date
    latest: date
    items: list[str]
    rules: list[str]
    acts: list[str]


class Coming(BaseModel):
    """What would fall due if each item were done on its day."""

    rule: str
    occurrence: str
    act: str
    due: date
    opens: date
    closes: date


class Preview(BaseModel):
    """The calendar of the coming years, before anybody accepts it."""

    until: date
    items: list[Coming]
    visits: list[Visit]


class Move(BaseModel):
    """What a proposed change does to one item: it is new, gone, or on another day."""

    change: Literal["added", "removed", "moved"]
    rule: str
    act: str
    was: date | None = None
    becomes: date | None = None
    reason: str = ""


class Proposed(BaseModel):
    """The calendar as it would be with the proposed events, and what they would move.

    Nothing is stored by asking.
    """

    state: str
    preview: Preview
    moves: list[Move]


class AlertStatus(StrEnum):
    """What has become of an alert since it was raised."""

    ACTIVE = "active"
    RESOLVED = "resolved"
    REPEATED = "repeated"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


class Alert(BaseModel):
    """FHIR DetectedIssue: somebody should look at this. The value stays as it was.

    `limit` is what it was held against; without one, the interval from `low` to `high` was, of the
    laboratory or of the table that `range_from` names.
    """

    rule: str
    occurrence: str = ""
    text: str
    observation: str
    because: list[str] = []
    urgent: bool
    status: AlertStatus = AlertStatus.ACTIVE
    ended_on: date | None = None
    ended_by: str | None = None
    severity: str = ""
    value: Number | None = None
    comparator: str | None = None
    unit: str | None = None
    version: int | None = None
    taken_at: datetime | None = None
    limit: Number | None = None
    limit_unit: str | None = None
    low: Number | None = None
    high: Number | None = None
    range_from: str = ""
    note: str = ""
    sources: list[str] = []
    read_status: str = ""


@dataclass(slots=True)
class FiredRule:
    """A rule that spoke, and where it stands."""

    id: str
    conclusion: str
    strength: str
    sources: list[str]
    read_status: str
    on: date | None = None
    because: list[str] = field(default_factory=list)


class Caveat(BaseModel):
    """What to keep in mind when reading the answer; of which result, and until when, if of one."""

    code: str
    text: str
    observation: str | None = None
    until: date | None = None


class Rejected(BaseModel):
    """A value that was not used, and why."""

    observation: str
    reason: str


FROM, TO = AliasChoices("from", "from_state"), AliasChoices("to", "to_state")


class Basis(BaseModel):
    """A result, or what a person stated, in the version that was read."""

    id: str
    version: int


class Transition(BaseModel):
    """One change of state: by which rule, because of which results."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_state: str = Field(serialization_alias="from", validation_alias=FROM)
    to_state: str = Field(serialization_alias="to", validation_alias=TO)
    on: date
    rule: str
    because: list[Basis]


class FollowUp(BaseModel):
    """The answer: where the patient stands after treatment, what is due, what alarms."""

    state: str
    since: date | None
    transitions: list[Transition] = []
    flags: list[str]
    risk_tier: str | None
    risk_reasons: list[str]
    schedule: list[ScheduleItem]
    visits: list[Visit] = []
    preview: Preview | None = None
    alerts: list[Alert]
    earlier_alerts: list[Alert] = []
    dose_proposals: list[TreatmentProposal] = []
    treatment_proposals: list[TreatmentProposal] = []
    stops: list[Halt] = []
    fired_rules: list[FiredRule]
    caveats: list[Caveat]
    rejected: list[Rejected]
    knowledge_version: str
