"""What a journey asks of the services: a class per service, a call per method, no decisions.

An event's content goes from coordination to its owner inside one call and never enters a history.
"""

from workflows.activities.assessment import AssessmentActivities
from workflows.activities.coordination import CoordinationActivities, ProgressReport
from workflows.activities.followup import FollowupActivities
from workflows.activities.localization import LocalizationActivities

__all__ = [
    "AssessmentActivities",
    "CoordinationActivities",
    "FollowupActivities",
    "LocalizationActivities",
    "ProgressReport",
]
