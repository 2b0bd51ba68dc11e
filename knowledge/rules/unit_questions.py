"""Was this number meant in another unit, and what should be sent instead?"""

from collections.abc import Iterator
from decimal import Decimal

from knowledge.rules import reference_intervals
from knowledge.rules.reference_intervals import Reading, ends_in
from knowledge.rules.validity import A_SHARE, HARD, NO_LIMITS, SOFT, SOFT_ADULT
from knowledge.tables import Table
from knowledge.terms.analyte import ANALYTES, Analyte
from knowledge.terms.observation import ReferenceRange
from knowledge.terms.quantity import Quantity

TABLE = Table.beside(__file__)


def to_send_instead(analyte: Analyte, unit: str) -> str | None:
    """What is usually meant when this analyte comes in that unit? None when we do not know."""
    slip = TABLE.entry("slips", f"{analyte.key} {unit}")
    return None if slip is None else str(slip.fields["text"])


def in_words(unit: str) -> str:
    """How is this unit said in a question? A share has no unit to print."""
    return "as a share of 1" if unit == A_SHARE else unit


def usual_in(analyte: Analyte, printed: Quantity) -> str | None:
    """In which other of its units would this number be usual? A question, never a repair."""
    low, high = _usual(analyte.key)
    if low is None or high is None:
        return None
    for unit, value in _elsewhere(analyte, printed.value, printed.unit):
        if low <= value <= high:
            return unit
    return None


def not_high_in(analyte: Analyte, printed: Quantity, reading: Reading) -> str | None:
    """In which other unit would this high number be anything but high?"""
    if reading.high is None:
        return None
    limit = analyte.converted(reading.high, reading.unit, analyte.unit)
    for unit, value in _elsewhere(analyte, printed.value, printed.unit):
        if value <= limit:
            return unit
    return None


def low_in(analyte: Analyte, printed: Quantity, reading: Reading) -> str | None:
    """In which other unit would this number be low?"""
    if reading.low is None:
        return None
    limit = analyte.converted(reading.low, reading.unit, analyte.unit)
    for unit, value in _elsewhere(analyte, printed.value, printed.unit):
        if value < limit:
            return unit
    return None


def interval_is_of(
    analyte: Analyte, unit: str, own: ReferenceRange, adult: bool | None
) -> str | None:
    """To which other unit does the interval sent along belong? None when it fits its own.

    An interval that has nothing in common with the general one, and would have in another unit.
    """
    low, high = _general(analyte.key, adult)
    if low is None or high is None:
        return None
    if own.low is None or own.high is None:
        return _end_is_of(analyte, unit, own, (low, high))
    here = analyte.factors[unit]
    if own.low * here <= high and own.high * here >= low:
        return None
    for other, factor in analyte.factors.items():
        if analyte.working[other] != analyte.working[unit] or factor == here:
            continue
        if own.low * factor <= high and own.high * factor >= low:
            return other
    return None


def _end_is_of(
    analyte: Analyte, unit: str, own: ReferenceRange, general: tuple[Decimal, Decimal]
) -> str | None:
    """The same of one end: outside of the general interval here, on its own side of it there."""
    end = own.low if own.high is None else own.high
    low, high = general
    if end is None or low <= end * analyte.factors[unit] <= high:
        return None
    middle = (low + high) / 2
    low, high = (middle, high) if own.low is None else (low, middle)
    for other, value in _elsewhere(analyte, end, unit):
        if low <= value <= high:
            return other
    return None


def _elsewhere(analyte: Analyte, value: Decimal, unit: str) -> Iterator[tuple[str, Decimal]]:
    for other, factor in analyte.factors.items():
        same_kind = analyte.working[other] == analyte.working[unit]
        if same_kind and factor != analyte.factors[unit] and other not in analyte.seldom:
            yield other, value * factor


def _usual(key: str) -> tuple[Decimal | None, Decimal | None]:
    """Between which values does nobody wonder? Where there is no soft limit the hard one counts."""
    soft, adult, hard = (of.get(key, NO_LIMITS) for of in (SOFT, SOFT_ADULT, HARD))
    low = soft[0] if soft[0] is not None else hard[0]
    high = next((one[1] for one in (soft, adult) if one[1] is not None), None)
    return low, high


def _span(key: str, adult: bool | None) -> tuple[Decimal | None, Decimal | None]:
    """The lowest and the highest end of all general intervals, in the working unit."""
    rows = [
        ends_in(row, ANALYTES[key], ANALYTES[key].unit)
        for row in reference_intervals.TABLE.intervals.get(key, ())
        if adult is not True or row.age_below > reference_intervals.GROWN_UP
    ]
    lows = [low for low, _ in rows if low is not None]
    highs = [high for _, high in rows if high is not None]
    return (min(lows) if lows else None), (max(highs) if highs else None)


_SPANS = {
    (key, adult): _span(key, adult)
    for key in reference_intervals.TABLE.intervals
    for adult in (True, None)
}


def _general(key: str, adult: bool | None) -> tuple[Decimal | None, Decimal | None]:
    return _SPANS.get((key, True if adult else None), NO_LIMITS)
