"""Treatment: the operation is planned. Its report (event `surgery`) ends the phase, not an answer.

No service is asked here. A postponed operation is asked for anew, so that nobody forgets it.
"""

from workflows.contract import Phase, Role
from workflows.human_task import Question
from workflows.stage import Stage

RECORD_THE_OPERATION = Question("record-the-operation", Role.SURGEON, ("postponed", "cancelled"))

TREATMENT = Stage(
    phase=Phase.TREATMENT,
    always=RECORD_THE_OPERATION,
    leads_to={"postponed": Phase.TREATMENT, "cancelled": Phase.LOCALIZATION},
)
