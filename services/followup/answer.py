"""What follow-up answers: the state, what is due, what alarms, and why."""

from datetime import date
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from knowledge.terms.obligation import Ladder, ObligationStatus


class ScheduleItem(BaseModel):
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


class Alert(BaseModel):
    """FHIR DetectedIssue: somebody should look at this."""

    rule: str
    text: str
    observation: str
    urgent: bool


class FiredRule(BaseModel):
    """A rule that spoke, and where it stands."""

    id: str
    conclusion: str
    strength: str
    sources: list[str]
    read_status: str
    on: date | None = None
    because: list[str] = []


class Caveat(BaseModel):
    """What to keep in mind when reading the answer."""

    code: str
    text: str


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
    alerts: list[Alert]
    dose_proposals: list[Any] = []
    fired_rules: list[FiredRule]
    caveats: list[Caveat]
    rejected: list[Rejected]
    knowledge_version: str
