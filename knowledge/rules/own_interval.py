"""Can the interval that a laboratory sent along be one of what it measured, in that unit?"""

from decimal import Decimal
from functools import lru_cache

from knowledge.rules.unit_questions import interval_is_of
from knowledge.rules.validity import HARD, NO_LIMITS
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation, ReferenceRange


def cannot_be(observation: Observation, adult: bool | None) -> bool:
    """Is it crossed, one of another unit, or outside of what can be? Then it says nothing."""
    own = observation.reference_range
    if own is None:
        return False
    return _cannot_be(observation.analyte.key, observation.printed.unit, own.low, own.high, adult)


@lru_cache(maxsize=4096)
def _cannot_be(
    key: str, unit: str, low: Decimal | None, high: Decimal | None, adult: bool | None
) -> bool:
    if low is not None and low <= 0:
        low = None  # "0 - 1.5" is an upper end only: nothing lies below nought
    if low is None and high is None:
        return False
    if low is not None and high is not None and low >= high:
        return True
    analyte = ANALYTES[key]
    if interval_is_of(analyte, unit, ReferenceRange(low, high), adult) is not None:
        return True
    if analyte.working[unit] != analyte.unit:
        return False  # a unit that stands apart: the limits are not for it
    factor, (least, most) = analyte.factors[unit], HARD.get(key, NO_LIMITS)
    above = low is not None and most is not None and low * factor > most
    return above or (high is not None and least is not None and high * factor < least)
