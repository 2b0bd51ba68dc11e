"""Can this value be believed, and for what may it be used?"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import inf

from knowledge.tables import Table
from knowledge.terms.analyte import ANALYTES, Analyte
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Comparator, Quantity

TABLE = Table.beside(__file__)

RAISES_PHOSPHATE = frozenset({"haemolysed", "late_separated"})
"""Flags of a sample whose phosphate is truly lower than measured (PA-04)."""

WRONG_TUBE = "wrong_tube"
A_SHARE = "1"
"""The unit of what has none: it is not printed."""

_CEILING = (Comparator.LESS, Comparator.LESS_OR_EQUAL)
_FLOOR = (Comparator.GREATER, Comparator.GREATER_OR_EQUAL)


def _in_working_units(name: str) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """The limits as rules compute with them, worked out once."""
    ends: dict[str, tuple[Decimal | None, Decimal | None]] = {}
    for key, limit in TABLE.limits[name].items():
        factor = ANALYTES[key].factors[limit.unit]
        low = None if limit.low is None else limit.low * factor
        ends[key] = (low, None if limit.high is None else limit.high * factor)
    return ends


HARD, SOFT = _in_working_units("hard"), _in_working_units("soft")
SOFT_ADULT = _in_working_units("soft_adult")
NO_LIMITS = (None, None)
_NO_END = Decimal(inf)


def _never_wondered_at(key: str) -> tuple[Decimal, Decimal]:
    lows = [one[key][0] for one in (HARD, SOFT, SOFT_ADULT) if key in one]
    highs = [one[key][1] for one in (HARD, SOFT, SOFT_ADULT) if key in one]
    low = max((low for low in lows if low is not None), default=Decimal(0))
    return max(low, Decimal(0)), min((high for high in highs if high is not None), default=_NO_END)


NOTHING_TO_SAY: Mapping[str, tuple[Decimal, Decimal]] = {
    key: _never_wondered_at(key) for key in ANALYTES
}
"""Between these ends a value is neither refused nor wondered at, for anybody. Asked first: most
values lie there."""


def impossible(analyte: Analyte, value: Quantity) -> str | None:
    """Why can nobody have this value? None when somebody can. It is in the working unit."""
    if value.value < 0:
        return "below nought"
    if value.unit != analyte.unit:
        return None  # a unit that stands apart: the limits are not for it
    low, high = HARD.get(analyte.key, NO_LIMITS)
    # "<100" and ">0.01" contradict no limit on their far side: the truth may be anywhere.
    if low is not None and value.value < low and value.comparator not in _FLOOR:
        return f"below {_with_unit(low, analyte)}, outside of what can be"
    if high is not None and value.value > high and value.comparator not in _CEILING:
        return f"above {_with_unit(high, analyte)}, outside of what can be"
    return None


def _with_unit(limit: Decimal, analyte: Analyte) -> str:
    return f"{limit:f}" if analyte.unit == A_SHARE else f"{limit:f} {analyte.unit}"


def unusual(observation: Observation, child: bool | None = None) -> bool:
    """Is this value so unusual that somebody should confirm it? Some limits are for adults only."""
    key, value = observation.analyte.key, observation.value.value
    low, high = SOFT.get(key, NO_LIMITS)
    if (low is not None and value < low) or (high is not None and value > high):
        return True
    if child or key not in SOFT_ADULT:
        return False
    low, high = SOFT_ADULT[key]
    return (low is not None and value < low) or (high is not None and value > high)


def too_dilute(observation: Observation) -> bool:
    """Is this urine so dilute that what is measured in it is uncertain?"""
    low, _ = SOFT["u_creat"]
    return low is not None and observation.value.value < low


def ages_differ(told: Decimal, known: Decimal, on: date) -> bool:
    """Does an age that was told contradict the date of birth?"""
    return abs(told - known) > TABLE.number("age_tolerance", on)


def acute_aftermath(on: date) -> int:
    """For how many days after an acute illness does it still touch what is drawn (V-07)?"""
    return TABLE.whole("acute_aftermath", on)


def hides_low_phosphate(observation: Observation) -> bool:
    """Could this sample look normal although phosphate is low (V-04)?"""
    return not RAISES_PHOSPHATE.isdisjoint(observation.flags)
