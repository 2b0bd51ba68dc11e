"""What does a reported TRP or TmP/GFR say together with the phosphate of its own sample?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from knowledge.rules.renal_phosphate import (
    HUNDRED,
    ONE,
    TABLE,
    UNIT,
    Handling,
    excretion_band,
    fepo4,
    tmp_gfr,
)
from knowledge.terms.observation import Observation
from knowledge.terms.person import Subject
from knowledge.terms.quantity import Quantity


def completed(reported: Handling, serum: Observation, subject: Subject) -> Handling | None:
    """The same with what its phosphate adds to it; None where nothing can be added."""
    phosphate = serum.value
    if phosphate.comparator is not None or phosphate.value <= 0:
        return None
    if reported.threshold is None:
        return _with_threshold(reported, serum, subject)
    if reported.excreted is None and reported.reabsorbed is None:
        return _with_excretion(reported, serum, subject)
    return None


def _with_threshold(reported: Handling, serum: Observation, subject: Subject) -> Handling | None:
    """TmP/GFR by the formula of this age (2.3)."""
    kept, lost = reported.reabsorbed, reported.excreted
    if lost is None or lost.comparator is not None:
        return None
    reabsorbed = ONE - lost.value / HUNDRED if kept is None else kept.value
    found = tmp_gfr(reabsorbed, serum.value.value, subject.age, subject.on)
    if found is None:
        return None
    return replace(
        reported,
        serum_phosphate=serum,
        reabsorbed=Quantity(reabsorbed, "1"),
        threshold=Quantity(found[0], UNIT),
        formula=found[1],
        inputs=(*reported.inputs, serum.id),
    )


def _with_excretion(reported: Handling, serum: Observation, subject: Subject) -> Handling | None:
    """TRP and FEPO4 from TmP/GFR, if all that could have led to it lie in one band."""
    threshold = reported.threshold
    if threshold is None or threshold.comparator is not None:
        return None
    possible = reabsorptions(threshold.value / serum.value.value, subject.age, subject.on)
    lost = [Quantity(fepo4(one), "%") for one in possible]
    if len({excretion_band(one, subject.on) for one in lost}) != 1:
        return None
    reabsorbed = possible[-1]  # of two in one band the one that loses less
    formula = tmp_gfr(reabsorbed, serum.value.value, subject.age, subject.on)
    return replace(
        reported,
        serum_phosphate=serum,
        reabsorbed=Quantity(reabsorbed, "1"),
        excreted=lost[-1],
        formula=reported.formula if formula is None else formula[1],
        inputs=(*reported.inputs, serum.id),
    )


def reabsorptions(share: Decimal, age: Decimal | None, on: date) -> list[Decimal]:
    """Which TRP could have made TmP/GFR this share of phosphate (2.3)? The least first.

    The adult formula jumps, so that there two can; of unknown age both formulas can.
    """
    adult_from = TABLE.number("adult_formula_from", on)
    found = [share] if age is None or age < adult_from else []
    if age is None or age >= adult_from:
        a, b = TABLE.number("factor_a", on), TABLE.number("factor_b", on)
        switch = TABLE.number("switch_trp", on) + TABLE.number("switch_tolerance", on)
        found += [share] if share <= switch else []
        above = share / (a + b * share)
        found += [above] if above > switch else []
    return sorted({one for one in found if 0 <= one <= 1})
