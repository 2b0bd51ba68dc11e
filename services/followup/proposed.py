"""What follow-up proposes, and what a person answers. Nothing here is ever done by itself."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from knowledge.terms.sent import Instant, Number

Kind = Literal[
    "start",
    "continue",
    "increase",
    "decrease",
    "withhold",
    "restart",
    "interrupt",
    "order",
    "add",
    "switch",
    "review",
    "choose",
]


class Halt(BaseModel):
    """What stands against a proposal: the rule, a code, a sentence, from when it is lifted."""

    rule: str
    code: str
    text: str
    hard: bool
    until: date | None = None
    because: list[str] = []
    sources: list[str]
    read_status: str


class OtherDose(BaseModel):
    """Another way that the label has for the same step."""

    dose: Number
    dose_unit: str
    every_days: int | None = None
    arithmetic: list[str] = []


class TreatmentProposal(BaseModel):
    """FHIR MedicationRequest with the intent `proposal`: what may be done, with its arithmetic.

    `id` is the same as long as plan, rule and occasion are. What is under `missing` has to be known
    before it can be accepted.
    """

    id: UUID
    rule: str
    occasion: str
    kind: Kind
    agent: str | None = None
    text: str
    dose: Number | None = None
    dose_low: Number | None = None
    dose_high: Number | None = None
    dose_unit: str | None = None
    every_days: int | None = None
    doses_per_day: Number | None = None
    due: date | None = None
    opens: date | None = None
    closes: date | None = None
    missed: bool = False
    sample_due: date | None = None
    sample_until: date | None = None
    wash_out_ends: date | None = None
    weight_kg: Number | None = None
    label_profile: str | None = None
    arithmetic: list[str] = []
    other_doses: list[OtherDose] = []
    because: list[str] = []
    hard_stops: list[Halt] = []
    soft_stops: list[Halt] = []
    missing: list[str] = []
    sources: list[str]
    read_status: str


class ProposalDecision(BaseModel):
    """One answer, by whom and when; a later one takes its place and both are kept."""

    number: int
    answer: Literal["accepted", "refused"]
    reason: str
    decided_at: Instant
    decided_by: str
    decided_by_name: str | None
    received_at: Instant
    overridden: list[str] = Field(description="The soft stops that were gone past")
    proposal: TreatmentProposal = Field(description="What was answered to, as it stood then")


class DecidedProposal(BaseModel):
    """A proposal with every answer to it. `standing`: it is still proposed, unchanged."""

    id: UUID
    proposal: TreatmentProposal
    standing: bool
    changed: bool = Field(description="What is proposed now is not what was last answered to")
    answer: Literal["open", "accepted", "refused"]
    decisions: list[ProposalDecision]


class ProposalList(BaseModel):
    """Everything that is proposed for a plan, and everything that was ever answered to."""

    as_of: Instant | None
    proposals: list[DecidedProposal]
