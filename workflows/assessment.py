"""Assessment: does this person have TIO? Until a clinician decides to look for a tumor."""

from knowledge.terms.obligation import Proposal
from workflows.activities import AssessmentActivities
from workflows.contract import Phase, Role
from workflows.human_task import Question
from workflows.stage import Stage

PROCEED_TO_LOCALIZATION = Question(
    "proceed-to-localization", Role.CLINICIAN, ("localize", "keep-testing", "close")
)

ASSESSMENT = Stage(
    phase=Phase.ASSESSMENT,
    asks=AssessmentActivities.conclude_assessment,
    questions={
        Proposal.LOCALIZE: PROCEED_TO_LOCALIZATION,
        Proposal.CLOSE: Question("close-the-journey", Role.CLINICIAN, ("close", "keep-testing")),
    },
    leads_to={
        "localize": Phase.LOCALIZATION,
        "keep-testing": Phase.ASSESSMENT,
        "close": Phase.CLOSED,
        "refuted": Phase.CLOSED,
    },
)
