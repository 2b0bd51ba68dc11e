"""Can this value be believed, and for what may it be used?"""

from decimal import Decimal

from knowledge.rows import Limit
from knowledge.tables import Table
from knowledge.terms.analyte import Analyte
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Comparator, Quantity

TABLE = Table.beside(__file__)

RAISES_PHOSPHATE = frozenset({"haemolysed", "late_separated"})
"""Flags of a sample whose phosphate is truly lower than measured (PA-04)."""

WRONG_TUBE = "wrong_tube"
_CEILING = (Comparator.LESS, Comparator.LESS_OR_EQUAL)
_FLOOR = (Comparator.GREATER, Comparator.GREATER_OR_EQUAL)


def in_working_unit(limit: Limit, analyte: Analyte, end: Decimal | None) -> Decimal | None:
    """A limit as the rules compute with it."""
    return None if end is None else end * analyte.factors[limit.unit]


def impossible(analyte: Analyte, value: Quantity) -> str | None:
    """Why can nobody have this value? None when somebody can. It is in the working unit."""
    if value.value < 0:
        return "below nought"
    limit = TABLE.limits["hard"].get(analyte.key)
    if limit is None:
        return None
    low = in_working_unit(limit, analyte, limit.low)
    high = in_working_unit(limit, analyte, limit.high)
    # "<100" and ">0.01" contradict no limit on their far side: the truth may be anywhere.
    if low is not None and value.value < low and value.comparator not in _FLOOR:
        return f"below {limit.low} {limit.unit}, outside of what can be"
    if high is not None and value.value > high and value.comparator not in _CEILING:
        return f"above {limit.high} {limit.unit}, outside of what can be"
    return None


def unusual(observation: Observation) -> bool:
    """Is this value so unusual that somebody should confirm it?"""
    limit = TABLE.limits["soft"].get(observation.analyte.key)
    if limit is None:
        return False
    value = observation.value.value
    low = in_working_unit(limit, observation.analyte, limit.low)
    high = in_working_unit(limit, observation.analyte, limit.high)
    return (low is not None and value < low) or (high is not None and value > high)


def hides_low_phosphate(observation: Observation) -> bool:
    """Could this sample look normal although phosphate is low (V-04)?"""
    return bool(observation.flags & RAISES_PHOSPHATE)
