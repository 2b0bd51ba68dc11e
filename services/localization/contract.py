"""The nouns localization speaks: what it is told (sent.py), what it answers (answer.py)."""

from uuid import UUID

from pydantic import BaseModel

from knowledge.terms.obligation import Conclusion
from knowledge.terms.sent import Instant, Native
from services.localization.answer import (
    Alternative,
    BiopsyAdvice,
    Candidate,
    Caveat,
    DoseEntry,
    DoseLedger,
    Evidence,
    ExpectedYield,
    FiredRule,
    Gate,
    NextLook,
    NextStep,
    NursingAdvice,
    Overridden,
    Plan,
    ReadFgf23,
    Requested,
    SampledVein,
    Sampling,
    ScanCoverage,
    ScorePoint,
    UtilityTerms,
    Warned,
)
from services.localization.sent import (
    Available,
    Biopsy,
    Constraints,
    Dose,
    Examination,
    Fgf23,
    Implant,
    Lesion,
    Link,
    Override,
    Patient,
    PlanRequest,
    ReLook,
    Resection,
    Side,
    SteroidCourse,
    Study,
    Symptom,
    UptakeLevel,
    VenousSample,
)

__all__ = [
    "Alternative",
    "AsOf",
    "Available",
    "Biopsy",
    "BiopsyAdvice",
    "Candidate",
    "Caveat",
    "Constraints",
    "Dose",
    "DoseEntry",
    "DoseLedger",
    "Evidence",
    "Examination",
    "ExpectedYield",
    "Fgf23",
    "FiredRule",
    "Gate",
    "Implant",
    "Lesion",
    "Link",
    "NextLook",
    "NextStep",
    "NursingAdvice",
    "Overridden",
    "Override",
    "Patient",
    "Plan",
    "PlanRequest",
    "ReLook",
    "ReadFgf23",
    "Requested",
    "Resection",
    "SampledVein",
    "Sampling",
    "ScanCoverage",
    "ScorePoint",
    "Side",
    "SteroidCourse",
    "StoredConclusion",
    "StoredPlan",
    "Study",
    "Symptom",
    "UptakeLevel",
    "UtilityTerms",
    "VenousSample",
    "Warned",
]


class AsOf(Native):
    """Conclude as of this moment of the journey's own clock."""

    as_of: Instant


class StoredPlan(Plan):
    """The last answer to a stored plan, and the moment for which it was given."""

    id: UUID
    as_of: Instant


class StoredConclusion(BaseModel):
    """What a journey was told, and the whole answer behind it."""

    conclusion: Conclusion
    answer: Plan
