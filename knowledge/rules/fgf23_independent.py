"""Does a tubular disorder without FGF23 explain the wasting: Fanconi, HHRH, Dent?"""

from collections.abc import Mapping
from datetime import date

from knowledge.rules.fgf23 import GREY, MEDIATED, MISSING, SUPPRESSED, UNINTERPRETABLE
from knowledge.rules.reference_intervals import Level
from knowledge.tables import Table
from knowledge.terms.finding import Finding
from knowledge.terms.person import Sex, Subject
from knowledge.terms.quantity import Quantity
from knowledge.terms.truth import Truth, all_of

TABLE = Table.beside(__file__)

MARKERS = (
    "glucosuria",
    "aminoaciduria",
    "low_bicarbonate",
    "low_urate",
    "low_molecular_weight_proteinuria",
    "low_potassium",
)
NONE = "NONE"
FANCONI = "FANCONI"
PRESUMED = "FANCONI_PRESUMED"
MIXED = "FANCONI_MIXED"
HHRH = "HHRH"
DENT = "DENT"


def glucosuria(urine: Quantity | None, plasma: Quantity | None, on: date) -> Truth:
    """Is there glucose in the urine that plasma glucose does not explain?"""
    if urine is None:
        return None
    above = urine.below(TABLE.value("glucosuria_from", on))
    lost = None if above is None else not above
    explained = None if plasma is None else plasma.below(TABLE.value("glucose_below", on))
    return all_of(lost, explained)


def high_urine_calcium(ratio: Quantity | None, subject: Subject) -> Truth:
    """Is urine calcium to creatinine (mol/mol) above the limit for age?"""
    if ratio is None or subject.age is None:
        return None
    interval = TABLE.interval(
        "calcium_creatinine", profile="mol/mol", sex=Sex.UNKNOWN, age=subject.age, on=subject.on
    )
    if interval is None or interval.high is None:
        return None
    return ratio.above(Quantity(interval.high, interval.unit))


def hhrh(fgf23: str, vitamin_d_125: Level, urine_calcium: Truth, pth: Level) -> bool:
    """Do low FGF23, high 1,25-(OH)2-D, high urine calcium and low PTH make HHRH (D-01)?"""
    return (
        fgf23 in (GREY, SUPPRESSED)
        and vitamin_d_125 is Level.HIGH
        and urine_calcium is True
        and pth is Level.LOW
    )


def dent(
    sex: Sex,
    child: Truth,
    markers: Mapping[str, Truth],
    urine_calcium: Truth,
    stones: Truth,
    fgf23: str,
) -> bool:
    """A boy with proteinuria of small proteins, hypercalciuria, stones, no high FGF23 (D-03)?"""
    proteinuria = markers.get("low_molecular_weight_proteinuria") is True
    boy = sex is Sex.MALE and child is True
    lost = proteinuria and urine_calcium is True and stones is True
    return boy and lost and fgf23 in (GREY, SUPPRESSED)


def present(markers: Mapping[str, Truth]) -> tuple[str, ...]:
    """Which markers of the proximal tubule are there?"""
    return tuple(name for name in MARKERS if markers.get(name) is True)


def fanconi(
    markers: Mapping[str, Truth], fgf23: str, on: date, *, below_interval: bool = False
) -> Finding:
    """Do enough proximal tubular markers make a Fanconi syndrome, given FGF23 (D-02, D-04)?

    Low is FGF23 that is suppressed, or grey and below the laboratory's own interval.
    """
    found = present(markers)
    count = len(found)
    if count < TABLE.whole("fanconi_markers", on):
        return Finding(NONE, "D-00", found)
    if fgf23 == MEDIATED:
        return Finding(MIXED, "D-04", found)
    if fgf23 == SUPPRESSED or (fgf23 == GREY and below_interval):
        return Finding(FANCONI, "D-02", found)
    unmeasured = fgf23 in (MISSING, UNINTERPRETABLE)
    enough = count >= TABLE.whole("fanconi_markers_without_fgf23", on)
    if unmeasured and enough and "glucosuria" in found:
        return Finding(PRESUMED, "D-02b", found)
    return Finding(NONE, "D-00", found)
