"""The nouns follow-up speaks.

What it is told at once (sent.py) or one by one (told.py), what it answers (answer.py), what of a
stored plan is shown (stored.py).
"""

from services.followup.answer import (
    Alert,
    Basis,
    Caveat,
    FiredRule,
    FollowUp,
    Rejected,
    ScheduleItem,
    Transition,
)
from services.followup.sent import (
    DatedEvent,
    DispositionOf,
    DrugExposure,
    Examined,
    MeasureTaken,
    Observation,
    Opinion,
    Patient,
    Performed,
    Planned,
    PlanRequest,
    ReferenceRange,
    Results,
    Scanned,
    Stated,
    Surgery,
    Symptoms,
    Therapy,
)
from services.followup.stored import (
    AsOf,
    StoredConclusion,
    StoredFollowUp,
)
from services.followup.told import (
    Disposition,
    EventBody,
)

__all__ = [
    "Alert",
    "AsOf",
    "Basis",
    "Caveat",
    "DatedEvent",
    "Disposition",
    "DispositionOf",
    "DrugExposure",
    "EventBody",
    "Examined",
    "FiredRule",
    "FollowUp",
    "MeasureTaken",
    "Observation",
    "Opinion",
    "Patient",
    "Performed",
    "PlanRequest",
    "Planned",
    "ReferenceRange",
    "Rejected",
    "Results",
    "Scanned",
    "ScheduleItem",
    "Stated",
    "StoredConclusion",
    "StoredFollowUp",
    "Surgery",
    "Symptoms",
    "Therapy",
    "Transition",
]
