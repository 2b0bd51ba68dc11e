"""The nouns follow-up speaks.

What it is told at once (sent.py) or one by one (told.py): dated events (events.py) and what a
laboratory reports (reported.py); what it answers (answer.py), what of a stored plan is shown
(stored.py).
"""

from knowledge.terms.sent import AsOf
from services.chassis.conclusions.shown import MarkOfConclusion, NewerVersion
from services.followup.answer import (
    Alert,
    AlertStatus,
    Basis,
    Caveat,
    Coming,
    FiredRule,
    FollowUp,
    Move,
    Preview,
    Proposed,
    Rejected,
    ScheduleItem,
    Transition,
    Visit,
)
from services.followup.events import (
    DatedEvent,
    DispositionOf,
    Examined,
    MeasureTaken,
    Opinion,
    Performed,
    Planned,
    Results,
    Scanned,
    Stated,
    Surgery,
    Symptoms,
    Therapy,
)
from services.followup.proposed import (
    DecidedProposal,
    Halt,
    OtherDose,
    ProposalDecision,
    ProposalList,
    TreatmentProposal,
)
from services.followup.reported import (
    DrugExposure,
    Observation,
    Patient,
    ReferenceRange,
)
from services.followup.sent import (
    PlanRequest,
    ProposedEvents,
)
from services.followup.stored import (
    Affected,
    Change,
    EventHistory,
    KeptEvent,
    StoredConclusion,
    StoredFollowUp,
)
from services.followup.told import (
    DecisionSaid,
    Disposition,
    EventBody,
)

__all__ = [
    "Affected",
    "Alert",
    "AlertStatus",
    "AsOf",
    "Basis",
    "Caveat",
    "Change",
    "Coming",
    "DatedEvent",
    "DecidedProposal",
    "DecisionSaid",
    "Disposition",
    "DispositionOf",
    "DrugExposure",
    "EventBody",
    "EventHistory",
    "Examined",
    "FiredRule",
    "FollowUp",
    "Halt",
    "KeptEvent",
    "MarkOfConclusion",
    "MeasureTaken",
    "Move",
    "NewerVersion",
    "Observation",
    "Opinion",
    "OtherDose",
    "Patient",
    "Performed",
    "PlanRequest",
    "Planned",
    "Preview",
    "ProposalDecision",
    "ProposalList",
    "Proposed",
    "ProposedEvents",
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
    "TreatmentProposal",
    "Visit",
]
