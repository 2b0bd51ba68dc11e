"""Of the kidney: what it filters, what it takes back, what it loses."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from knowledge.rules import kidney_function, renal_phosphate, urine_day, urine_ratios
from knowledge.rules.renal_phosphate import Handling
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.person import Sex
from tests.knowledge.questions.things import DAY, NOON, NOTHING, figures, person, quantity, result


def egfr(creatinine: Any, age: Any, sex: str, digits: int = 3) -> Decimal:
    """What does the kidney of an adult filter?"""
    found = kidney_function.egfr_adult(Decimal(creatinine), Decimal(age), Sex(sex), DAY)
    return figures(found, digits)


def egfr_child(height: Any, creatinine: Any, digits: int = 3) -> Decimal:
    """What does the kidney of a child filter?"""
    found = kidney_function.egfr_child(Decimal(creatinine), Decimal(height), DAY)
    return figures(found, digits)


def egfr_formula(age: Any) -> str:
    """By which formula is filtration estimated at this age?"""
    creatinine = quantity(60, "umol/L")
    found = kidney_function.egfr(creatinine, person(age), Decimal(100))
    return NOTHING if found is None else found[1]


def may_be_read(egfr: Any) -> str:
    """What may be read at this filtration?"""
    return kidney_function.filtration(quantity(egfr, kidney_function.UNIT), DAY)


def little_muscle(creatinine: Any) -> bool:
    """Is creatinine so low that filtration is overestimated?"""
    return kidney_function.low_muscle_mass(quantity(creatinine, "umol/L"), DAY)


def reabsorbed(s_phos: Any, u_phos: Any, s_creat: Any, u_creat: Any) -> Decimal:
    """TRP."""
    return renal_phosphate.trp(Decimal(s_phos), Decimal(u_phos), Decimal(s_creat), Decimal(u_creat))


def renal_threshold(trp: Any, s_phos: Any, age: Any, digits: int = 3) -> Decimal | str:
    """TmP/GFR at this age."""
    known = None if age == NOTHING else Decimal(age)
    found = renal_phosphate.tmp_gfr(Decimal(trp), Decimal(s_phos), known, DAY)
    return NOTHING if found is None else figures(found[0], digits)


def near_switch(trp: Any) -> bool:
    """Is TRP near the switch?"""
    return renal_phosphate.near_switch(quantity(trp, "1"), DAY)


def handling(fepo4: Any, tmp_gfr: Any, age: Any) -> str:
    """What does the kidney do, and by which rule?"""
    excreted = None if fepo4 == NOTHING else quantity(fepo4, "%")
    threshold = None if tmp_gfr == NOTHING else quantity(tmp_gfr, "mmol/L")
    pair = Handling(None, None, excreted, threshold, renal_phosphate.PAYNE, ())
    found = renal_phosphate.renal_handling(pair, "read", person(age))
    return f"{found.code} {found.rule}"


def paired(urine: str, minutes: int) -> bool:
    """Blood and urine so far apart: do they belong together?"""
    creatinine = {"u_phos": "u_creat", "u_phos_24h": "u_creat_24h"}[urine]
    later = NOON + timedelta(minutes=minutes)
    drawn = {
        "s_phos": [result("s_phos", "0.5", taken_at=NOON)],
        "s_creat": [result("s_creat", 60, taken_at=NOON)],
        urine: [result(urine, 20, taken_at=later)],
        creatinine: [result(creatinine, 8, taken_at=later)],
    }
    return bool(list(renal_phosphate.pairs(drawn, DAY)))


def conserved_24h(u_phos_24h: Any, complete: bool) -> bool:
    """Does a 24 h urine show that the kidney conserves?"""
    little = renal_phosphate.little_over_24h(quantity(u_phos_24h, "mmol/(24.h)"), DAY)
    return little and complete


def complete_24h(creatinine: Any, weight: Any, sex: str) -> bool | str:
    """Is a 24 h urine complete, by its creatinine? Nothing where nobody can tell."""
    found = renal_phosphate.complete_collection(
        quantity(creatinine, "mmol/(24.h)"),
        None if weight == NOTHING else Decimal(weight),
        None if sex == NOTHING else sex == "female",
        DAY,
    )
    return NOTHING if found is None else found


def day_amount(concentration: Any, litres: Any, unit: str = "") -> Decimal:
    """How much phosphate is in a day's urine? In mmol, or in mg."""
    amount = urine_day.amount_per_day(Decimal(concentration), Decimal(litres))
    return figures(amount / ANALYTES["u_phos_24h"].factors[unit] if unit else amount)


def clearance(u_creat: Any, litres: Any, s_creat: Any, digits: int = 3) -> Decimal:
    """How much plasma is cleared of creatinine?"""
    excreted = urine_day.amount_per_day(Decimal(u_creat), Decimal(litres))
    return figures(urine_day.creatinine_clearance(excreted, Decimal(s_creat), DAY), digits)


def ratio(amount: Any, u_creat: Any, by_mass: str = "") -> Decimal:
    """How much for each creatinine?"""
    found = urine_ratios.to_creatinine(Decimal(amount), Decimal(u_creat))
    return figures((urine_ratios.by_mass(by_mass, found) if by_mass else found).value)


def ratio_mg_dl(u_ca: Any, u_creat: Any) -> Decimal:
    """The same in mg/mg, from mg/dL."""
    calcium, creatinine = result("u_ca", u_ca, "mg/dL"), result("u_creat", u_creat, "mg/dL")
    found = urine_ratios.to_creatinine(calcium.value.value, creatinine.value.value)
    return figures(urine_ratios.by_mass("u_ca_creat", found).value)


def share_lost(
    serum: Any, urine: Any, s_creat: Any, u_creat: Any, *, filtered: bool = False
) -> Decimal:
    """Which share of what is filtered is lost?"""
    load = Decimal(serum) * (urine_ratios.ultrafiltrable(DAY) if filtered else 1)
    return figures(
        urine_ratios.share_lost(Decimal(urine), load, Decimal(s_creat), Decimal(u_creat))
    )


def urate_lost(percent: Any) -> str:
    """Is more urate lost than usual?"""
    return str(urine_ratios.urate_level(quantity(percent, "%"), DAY)[0])


def phosphate_ratio(ratio: Any, age: Any) -> str:
    """Is phosphate to creatinine high at this age?"""
    limits = urine_ratios.phosphate_limit(person(age))
    if limits is None:
        return NOTHING
    return str(urine_ratios.phosphate_level(quantity(ratio, "mol/mol"), *limits[:2]))


def egfr_of(creatinine: Any, age: Any, sex: str, height: Any) -> str:
    """How much does the kidney of this person filter, and by which formula?"""
    tall = None if height == NOTHING else Decimal(height)
    found = kidney_function.egfr(quantity(creatinine, "umol/L"), person(age, sex), tall)
    if found is None:
        return NOTHING
    filtered, formula = found
    assert filtered.unit == kidney_function.UNIT
    return f"{figures(filtered.value)} {formula}"
