"""What somebody has to do by when (FHIR CarePlan activity), and the conclusion that carries it.

The only clinical content that enters a workflow's history: codes, dates and ids.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class ObligationStatus(StrEnum):
    """FHIR Task.status, as far as an obligation needs it.

    What nobody did in time is missed: an end as the others are, but never one of what was done.
    """

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"
    MISSED = "missed"


class Ladder(StrEnum):
    """Which reminder ladder applies; the rungs stand in knowledge/rules/reminders.toml."""

    LAB = "lab"
    DOSE = "dose"
    IMAGING = "imaging"
    POSTOPERATIVE = "postoperative"
    DECISION = "decision"
    CRITICAL = "critical"
    ALERT = "alert"
    OFFICE = "office"
    """What the people who run the pathway owe: a message that bounced, a patient not reached."""


class Proposal(StrEnum):
    """What a service proposes to do next. A clinician decides."""

    NONE = "none"
    LOCALIZE = "localize"
    OPERATE = "operate"
    TREAT_MEDICALLY = "treat-medically"
    LOOK_AGAIN = "look-again"
    CLOSE = "close"


class Obligation(BaseModel):
    """One thing that is due. (rule, occurrence) is its stable key within a journey."""

    model_config = ConfigDict(frozen=True)

    rule: str
    occurrence: str
    act: str
    due: date
    opens: date
    closes: date | None = None
    ladder: Ladder = Ladder.LAB
    status: ObligationStatus = ObligationStatus.OPEN
    because: str = ""


class Conclusion(BaseModel):
    """What a service concluded on a day, as a journey hears it; the answer stays with it.

    `because_of` names results that were corrected or withdrawn since the last conclusion, as
    analyte and FHIR status; `changes` what is concluded otherwise now. Both are codes. From
    `look_again` on, time alone may have changed what follows.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    service: str
    state: str
    proposal: Proposal = Proposal.NONE
    concluded_at: datetime
    obligations: tuple[Obligation, ...] = ()
    knowledge_version: str = ""
    because_of: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    look_again: date | None = None
