"""How much calcium, phosphate and urate does this urine hold for its creatinine and its load?"""

from datetime import date
from decimal import Decimal

from knowledge.rows import Interval
from knowledge.rules import fgf23_independent
from knowledge.rules.reference_intervals import Level, level_between
from knowledge.rules.renal_phosphate import HUNDRED, MICROMOLES
from knowledge.tables import Table
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.person import Sex, Subject
from knowledge.terms.quantity import Quantity

TABLE = Table.beside(__file__)

CALCIUM_RATIO, PHOSPHATE_RATIO = "u_ca_creat", "u_phos_creat"
CALCIUM_LOST, CALCIUM_LOST_FREE, URATE_LOST = "feca", "feca_ultrafiltrable", "feurate"
RATIO_UNIT = "mol/mol"
BY_MASS = "mg/mg"


def to_creatinine(amount: Decimal, creatinine: Decimal) -> Quantity:
    """How much of it for each creatinine? Both in mmol/L; the answer in mol/mol."""
    return Quantity(amount / creatinine, RATIO_UNIT)


def by_mass(key: str, ratio: Quantity) -> Quantity:
    """The same ratio in mg/mg, as many laboratories print it."""
    return Quantity(ratio.value / ANALYTES[key].factors[BY_MASS], BY_MASS, ratio.comparator)


def calcium_limit(subject: Subject) -> Interval | None:
    """The upper limit of calcium to creatinine for this age, by moles."""
    if subject.age is None:
        return None
    return fgf23_independent.TABLE.interval(
        "calcium_creatinine", profile=RATIO_UNIT, sex=Sex.UNKNOWN, age=subject.age, on=subject.on
    )


def phosphate_limit(subject: Subject) -> tuple[Decimal, Decimal, tuple[str, ...]] | None:
    """Between which two limits does the one for this age lie? None where none is printed.

    They are the same at the ages for which a limit is printed.
    """
    age, on = subject.age, subject.on
    number = TABLE.number
    if age is None or not number("ratio_first_from", on) <= age < number("ratio_last_below", on):
        return None
    first, last = (
        TABLE.values[name].on(on)
        for name in ("phosphate_ratio_at_1_month", "phosphate_ratio_at_14_years")
    )
    highest = last if age >= number("ratio_last_from", on) else first
    return last.number, highest.number, highest.citation.source


def phosphate_level(ratio: Quantity, lowest: Decimal, highest: Decimal) -> Level:
    """Is phosphate to creatinine above its limit, when that lies somewhere between these two?"""
    if level_between(ratio, None, highest) is Level.HIGH:
        return Level.HIGH
    below = level_between(ratio, None, lowest) is Level.NORMAL
    return Level.NORMAL if below else Level.UNDETERMINED


def share_lost(urine: Decimal, serum: Decimal, creatinine: Decimal, void: Decimal) -> Decimal:
    """What share of the filtered load is lost, in percent?

    Urine and serum in one unit, serum creatinine in umol/L, that of the urine in mmol/L.
    """
    return HUNDRED * (urine * creatinine) / (serum * void * MICROMOLES)


def ultrafiltrable(on: date) -> Decimal:
    """Which share of total calcium is filtered?"""
    return TABLE.number("ultrafiltrable_share", on)


def urate_level(lost: Quantity, on: date) -> tuple[Level, list[str]]:
    """Is more urate lost than usual? And where that stands."""
    limit = TABLE.values["urate_lost_above"].on(on)
    above = lost.above(limit.quantity)
    level = Level.UNDETERMINED if above is None else Level.HIGH if above else Level.NORMAL
    return level, list(limit.citation.source)
