"""Localization: where is the tumor? Scan after scan until it is found or the search has ended."""

from knowledge.terms.obligation import Proposal
from workflows.activities import LocalizationActivities
from workflows.contract import Phase, Role
from workflows.human_task import Question
from workflows.stage import THE_DIAGNOSIS_IS_IN_DOUBT, Stage

PLAN_TREATMENT = Question(
    "plan-treatment", Role.CLINICIAN, ("operate", "keep-looking", "treat-medically", "close")
)

LOCALIZATION = Stage(
    phase=Phase.LOCALIZATION,
    asks=LocalizationActivities.conclude_localization,
    questions={Proposal.OPERATE: PLAN_TREATMENT, Proposal.TREAT_MEDICALLY: PLAN_TREATMENT},
    when_doubted=THE_DIAGNOSIS_IS_IN_DOUBT,
    leads_to={
        "operate": Phase.TREATMENT,
        "keep-looking": Phase.LOCALIZATION,
        "treat-medically": Phase.SURVEILLANCE,
        "close": Phase.CLOSED,
        "refuted": Phase.CLOSED,
        "confirmed": Phase.LOCALIZATION,
        "reassess": Phase.ASSESSMENT,
    },
)
