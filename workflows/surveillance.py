"""Surveillance: is it gone, does treatment hold? Years of checks; continues as new every year."""

from knowledge.terms.obligation import Proposal
from workflows.activities import FollowupActivities
from workflows.contract import Phase, Role
from workflows.human_task import Question
from workflows.stage import THE_DIAGNOSIS_IS_IN_DOUBT, Stage

LOOK_AGAIN = Question("look-again", Role.CLINICIAN, ("localize", "watch", "close"))

SURVEILLANCE = Stage(
    phase=Phase.SURVEILLANCE,
    asks=FollowupActivities.conclude_followup,
    questions={
        Proposal.LOOK_AGAIN: LOOK_AGAIN,
        Proposal.LOCALIZE: LOOK_AGAIN,
        Proposal.CLOSE: Question("close-the-journey", Role.CLINICIAN, ("close", "watch")),
    },
    when_reopened=LOOK_AGAIN,
    when_doubted=THE_DIAGNOSIS_IS_IN_DOUBT,
    leads_to={
        "localize": Phase.LOCALIZATION,
        "watch": Phase.SURVEILLANCE,
        "close": Phase.CLOSED,
        "refuted": Phase.CLOSED,
        "confirmed": Phase.SURVEILLANCE,
        "reassess": Phase.ASSESSMENT,
    },
)
