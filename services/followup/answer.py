"""What follow-up answers: the state, what is due, what alarms, and why."""

from datetime import date
from typing import Any

from pydantic import BaseModel

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


class FollowUp(BaseModel):
    """The answer: where the patient stands after treatment, what is due, what alarms."""

    state: str
    since: date | None
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
