"""Treatment: the operation is planned. Its report (event `surgery`) ends the phase, not an answer.

No service is asked here. A postponed operation is asked for anew, so that nobody forgets it. Where
a report of the search was corrected and it stands otherwise, the clinician decides once more first.
"""

from workflows.contract import Phase, Role
from workflows.human_task import Question
from workflows.stage import THE_DIAGNOSIS_IS_IN_DOUBT, Stage

RECORD_THE_OPERATION = Question("record-the-operation", Role.SURGEON, ("postponed", "cancelled"))

OPERATE_ALL_THE_SAME = Question("plan-treatment", Role.CLINICIAN, ("operate", "keep-looking"))

TREATMENT = Stage(
    phase=Phase.TREATMENT,
    always=RECORD_THE_OPERATION,
    when_reopened=OPERATE_ALL_THE_SAME,
    when_doubted=THE_DIAGNOSIS_IS_IN_DOUBT,
    leads_to={
        "postponed": Phase.TREATMENT,
        "cancelled": Phase.LOCALIZATION,
        "operate": Phase.TREATMENT,
        "keep-looking": Phase.LOCALIZATION,
        "refuted": Phase.CLOSED,
        "confirmed": Phase.TREATMENT,
        "reassess": Phase.ASSESSMENT,
    },
)
