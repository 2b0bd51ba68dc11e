"""For whom is a dose worked out: weight, label, pregnancy, and how far that was read?"""

from typing import Any

from knowledge.rules import burosumab_limits, reference_intervals
from knowledge.rules.follow_up_safety import dose_lasts
from knowledge.terms.finding import ReadStatus
from knowledge.terms.stop import Stop
from services.followup.drugs import BUROSUMAB
from services.followup.situation import Situation


def every_days_of(now: Situation) -> int:
    """How often, where nobody told: as the label begins, else as a dose lasts."""
    cell = now.label.cell("start")
    return int(cell.fields["every"]) if cell is not None else dose_lasts(None, now.on).days


def by_whom(now: Situation) -> dict[str, Any]:
    """For whom, by which label, and how far that was read."""
    return {
        "agent": BUROSUMAB,
        "weight_kg": now.kg,
        "label_profile": now.label.region,
        "read_status": now.label.read_status,
        "halts_read": halts_read(now),
    }


def halts_read(now: Situation) -> ReadStatus | None:
    """Rules of labels that were read say less where another label counts."""
    return now.label.read_status if now.label.unknown else None


def of_the_person(now: Situation) -> list[Stop]:
    """Of the weight, and of pregnancy, whatever is given."""
    stops = weight_stops(now)
    if now.pregnant and burosumab_limits.pregnancy_asks(now.label):
        stops.append(burosumab_limits.in_pregnancy(now.label))
    return stops


def weight_stops(now: Situation) -> list[Stop]:
    """Can this person weigh that much?"""
    adult = reference_intervals.is_child(now.history.subject) is False
    return list(burosumab_limits.weight_stops(now.kg, adult=adult))
