"""Of calcium, PTH, magnesium, vitamin D, FGF23 and the tubule."""

from decimal import Decimal
from typing import Any

from knowledge.rules import calcium_and_pth, fgf23, fgf23_independent, kidney_function, non_renal
from knowledge.rules.reference_intervals import read
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.finding import Finding
from knowledge.terms.observation import ReferenceRange
from tests.knowledge.questions.things import DAY, NOTHING, figures, person, quantity, result


def adjusted_calcium(calcium: Any, albumin: Any) -> Decimal:
    """What would calcium be at a normal albumin? mmol/L, g/L."""
    return figures(calcium_and_pth.adjusted_calcium(Decimal(calcium), Decimal(albumin), DAY))


def adjusted_calcium_mg_dl(calcium: Any, albumin: Any) -> Decimal:
    """The same in mg/dL and g/dL."""
    factor = ANALYTES["s_ca"].factors["mg/dL"]
    total, protein = Decimal(calcium) * factor, Decimal(albumin) * 10
    return figures(calcium_and_pth.adjusted_calcium(total, protein, DAY) / factor)


def adjustment_problem(albumin: Any, egfr: Any) -> str:
    """Why should adjusted calcium not be trusted?"""
    filtered = None if egfr == NOTHING else quantity(egfr, kidney_function.UNIT)
    found = calcium_and_pth.adjustment_problem(quantity(albumin, "g/L"), filtered, DAY)
    return found or NOTHING


def calcium_is_urgent(calcium: Any) -> bool:
    """Is adjusted calcium dangerous?"""
    return calcium_and_pth.dangerous(quantity(calcium, "mmol/L"), DAY)


def adjusted_calcium_differs(reported: Any, own: Any) -> bool:
    """Is a reported adjusted calcium another than ours?"""
    told, ours = quantity(reported, "mmol/L"), quantity(own, "mmol/L")
    return calcium_and_pth.adjusted_differs(told, ours, DAY)


def pth_position(pth: Any) -> str:
    """Where does PTH lie?"""
    observation = result("s_pth", pth)
    return calcium_and_pth.pth_position(observation, read(observation, person()), DAY)


def pth_much_raised(pth: Any) -> bool:
    """Is it clearly above its upper limit?"""
    observation = result("s_pth", pth)
    return calcium_and_pth.much_raised(observation, read(observation, person()), DAY)


def magnesium_misleads(value: Any) -> bool:
    """Must magnesium be corrected first?"""
    return calcium_and_pth.misleads(quantity(value, "mmol/L"), DAY)


def intact_fgf23(assay: str, value: Any) -> str:
    """What does intact FGF23 say in this assay, and by which rule?"""
    found = fgf23.intact(result("s_fgf23_i", value, assay=assay), DAY)
    return f"{found.code} {found.rule}"


def healthy_fgf23(analyte: str, value: Any, unit: str, profile: str, sex: str, age: Any) -> str:
    """Where does FGF23 lie among healthy persons of this assay?"""
    key = "s_fgf23_c" if profile == "C_TERMINAL" else "s_fgf23_i"
    found = fgf23.healthy_reading(result(key, value, unit, assay=profile), person(age, sex))
    return NOTHING if found is None else str(found.level)


def c_terminal_fgf23(value: Any, age: Any) -> str:
    """What does C-terminal FGF23 say?"""
    return fgf23.c_terminal(result("s_fgf23_c", value), person(age)).code


def kainos_as_cleia(value: Any, digits: int = 3) -> Decimal:
    """What would the CLEIA have read where Kainos read this?"""
    found = fgf23.as_other_assay(result("s_fgf23_i", value, assay="KAINOS_ELISA"), DAY)
    assert found is not None
    return figures(found[1].value, digits)


def urine_calcium(analyte: str, value: Any, unit: str, profile: str, sex: str, age: Any) -> str:
    """Is urine calcium to creatinine high?"""
    high = fgf23_independent.high_urine_calcium(quantity(value, unit), person(age, sex))
    return {True: "high", False: "normal", None: NOTHING}[high]


def glucose_lost(urine: Any, plasma: Any) -> bool | None:
    """Is there glucose in the urine that plasma does not explain?"""
    found = fgf23_independent.glucosuria(quantity(urine, "mmol/L"), quantity(plasma, "mmol/L"), DAY)
    return found


def tubule(markers: list[str], fgf23: str) -> str:
    """What do so many tubular markers make, beside this FGF23?"""
    return fgf23_independent.fanconi(dict.fromkeys(markers, True), fgf23, DAY).code


def vitamin_d(value: Any) -> str:
    """Is 25-OH vitamin D enough?"""
    return non_renal.vitamin_d_status(quantity(value, "nmol/L"), DAY)


def fgf23_is_back(value: Any, assay: str, own_high: Any, age: Any) -> bool | str:
    """Is FGF23 back in its interval? Nothing where nobody can tell."""
    own = None if own_high == NOTHING else ReferenceRange(None, Decimal(own_high))
    drawn = result("s_fgf23_i", value, assay=assay or None, reference_range=own)
    found = fgf23.back_in_interval(drawn, person(age))
    return NOTHING if found is None else found


def _spelled(found: Finding) -> str:
    return " ".join((found.code, str(found.rule), *found.because))


def fgf23_by_interval(value: Any, assay: str, low: Any, high: Any) -> str:
    """What does FGF23 say by the laboratory's interval? State, rule and what to bear in mind."""
    ends = [None if end == NOTHING else Decimal(end) for end in (low, high)]
    own = None if ends == [None, None] else ReferenceRange(*ends)
    drawn = result("s_fgf23_i", value, assay=assay or None, reference_range=own)
    return _spelled(fgf23.intact(drawn, DAY))


def c_terminal_by_interval(value: Any, own_high: Any, age: Any) -> str:
    """The same of C-terminal FGF23."""
    own = None if own_high == NOTHING else ReferenceRange(None, Decimal(own_high))
    return _spelled(fgf23.c_terminal(result("s_fgf23_c", value, reference_range=own), person(age)))


def as_other_assay(value: Any, assay: str) -> str:
    """What would the other of the two assays have read?"""
    found = fgf23.as_other_assay(result("s_fgf23_i", value, assay=assay or None), DAY)
    if found is None:
        return NOTHING
    name, there = found
    return f"{name} {there.comparator or ''}{figures(there.value)}"


def healthy_shown(value: Any, assay: str, own_high: Any, age: Any) -> str:
    """Which interval of healthy persons is shown, and where does FGF23 lie in it?"""
    own = None if own_high == NOTHING else ReferenceRange(None, Decimal(own_high))
    drawn = result("s_fgf23_i", value, assay=assay or None, reference_range=own)
    found = fgf23.healthy_reading(drawn, person(age))
    if found is None:
        return NOTHING
    return f"{found.level} {found.range_from} {found.low} {found.high} {found.unit}"
