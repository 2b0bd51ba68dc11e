"""The nouns follow-up speaks.

What it is told at once (sent.py) or one by one (told.py), what it answers (answer.py), what of a
stored plan is shown (stored.py).
"""

from services.followup.answer import (
    Alert,
    Caveat,
    FiredRule,
    FollowUp,
    Rejected,
    ScheduleItem,
)
from services.followup.sent import (
    DatedEvent,
    DispositionOf,
    DrugExposure,
    Examined,
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
    "Caveat",
    "DatedEvent",
    "Disposition",
    "DispositionOf",
    "DrugExposure",
    "EventBody",
    "Examined",
    "FiredRule",
    "FollowUp",
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
    "Therapy",
]
