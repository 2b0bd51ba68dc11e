"""Is this a disorder of calcium and parathyroid hormone?"""

from datetime import date
from decimal import Decimal

from knowledge.rules.reference_intervals import Level, Reading
from knowledge.tables import Table
from knowledge.terms.finding import Finding
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Quantity

TABLE = Table.beside(__file__)
FORMULA = "payne-1973"


def adjusted_calcium(total: Decimal, albumin: Decimal, on: date) -> Decimal:
    """What would total calcium be at a normal albumin? mmol/L and g/L."""
    slope, target = TABLE.number("adjustment_slope", on), TABLE.number("adjustment_albumin", on)
    return total + slope * (target - albumin)


def adjustment_problem(albumin: Quantity, egfr: Quantity | None, on: date) -> str | None:
    """Why should this adjustment not be trusted? None when it may be."""
    if albumin.below(TABLE.value("adjustment_albumin_from", on)):
        return "calcium_albumin_low"
    if albumin.above(TABLE.value("albumin_raised_above", on)):
        return "calcium_albumin_raised"
    if egfr is not None and egfr.below(TABLE.value("adjustment_egfr_from", on)):
        return "calcium_in_ckd"
    return None


def dangerous(adjusted: Quantity, on: date) -> bool:
    """Is adjusted calcium far enough from normal for urgent care?"""
    below = adjusted.below(TABLE.value("calcium_urgent_below", on))
    return bool(below or adjusted.above(TABLE.value("calcium_urgent_above", on)))


def adjusted_differs(reported: Quantity, own: Quantity, on: date) -> bool:
    """Does a reported adjusted calcium differ from our own by more than the rounding of both?"""
    tolerance = TABLE.value("adjusted_tolerance", on)
    if reported.comparator is not None or reported.unit != own.unit:
        return False
    return abs(reported.value - own.value) > tolerance.value


def misleads(magnesium: Quantity, on: date) -> bool:
    """Is magnesium so low that PTH and calcium cannot be read until it is corrected (RF-06)?"""
    return magnesium.below(TABLE.value("magnesium_from", on)) is True


def pth_position(observation: Observation | None, reading: Reading, on: date) -> str:
    """Where does PTH lie: low, normal, upper_half, high? Unknown is undetermined."""
    if observation is None or reading.level is Level.UNDETERMINED:
        return "undetermined"
    if reading.level is not Level.NORMAL:
        return str(reading.level)
    if reading.low is None or reading.high is None:
        return "normal"
    share = TABLE.number("pth_upper_half", on)
    middle = reading.low + (reading.high - reading.low) * share
    return "upper_half" if observation.printed.value > middle else "normal"


def calcium_and_pth(calcium: Level, pth: str, vitamin_d: str) -> Finding:
    """Which pattern do calcium, PTH and 25-OH vitamin D make together?"""
    decision = TABLE.decide("calcium_and_pth", str(calcium), pth, vitamin_d)
    return Finding(decision.then, decision.rule)


def much_raised(observation: Observation, reading: Reading, on: date) -> bool:
    """Is PTH more than about one and a half times its upper limit (P-04)?"""
    if reading.high is None or reading.level is not Level.HIGH:
        return False
    return observation.printed.value > reading.high * TABLE.number("normocalcemic_pth", on)
