"""What was measured that speaks for or against oral phosphate and active vitamin D?"""

from knowledge.rules import burosumab_course
from knowledge.rules.conventional_stops import Measured
from knowledge.rules.reference_intervals import Level
from services.followup.situation import Situation


def measured_of(now: Situation) -> Measured:
    """What speaks for or against oral phosphate and active vitamin D today?"""
    calcium = now.recent("s_ca_adj", "s_ca")
    urine = [one for one in now.urine_calcium if one.facts["MON-08"] is not None]
    oldest = now.on - burosumab_course.days("safety_holds_for", now.on)
    latest = urine[-1] if urine and urine[-1].day >= oldest else None
    return Measured(
        on=now.on,
        phosphate=next(iter(now.phosphates[::-1]), None),
        calcium=calcium,
        calcium_level=Level.UNDETERMINED if calcium is None else now.history.levels[calcium.id],
        pth_level=now.level("s_pth"),
        egfr=now.egfr(),
        urine_calcium_high=None if latest is None else latest.facts["MON-08"],
        urine_ids=() if latest is None else latest.ids,
    )
