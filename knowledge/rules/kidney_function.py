"""How well does the kidney filter, and may TmP/GFR and FGF23 be read at this filtration?"""

from datetime import date
from decimal import Decimal
from functools import lru_cache

from knowledge.tables import Table
from knowledge.terms.person import Sex, Subject
from knowledge.terms.quantity import Quantity

TABLE = Table.beside(__file__)
UNIT = "mL/min/{1.73_m2}"
CKD_EPI = "ckd-epi-2021"
SCHWARTZ = "schwartz-2009"


def egfr_adult(creatinine: Decimal, age: Decimal, sex: Sex, on: date) -> Decimal:
    """What does CKD-EPI 2021 estimate? Creatinine in umol/L; female or male."""
    per_mg_dl, kappa, factor, alpha, beta, per_year, of_sex = _ckd_epi(sex is Sex.FEMALE, on)
    ratio = float(creatinine / per_mg_dl / kappa)
    power = ratio**alpha if ratio < 1 else ratio**beta
    return Decimal(repr(factor * power * per_year ** float(age) * of_sex))


@lru_cache(maxsize=64)
def _ckd_epi(female: bool, on: date) -> tuple[Decimal, Decimal, float, float, float, float, float]:
    """The numbers of the equation for one sex."""
    number = TABLE.number
    return (
        number("umol_l_per_mg_dl", on),
        number("ckd_epi_kappa_female" if female else "ckd_epi_kappa_male", on),
        float(number("ckd_epi_factor", on)),
        float(number("ckd_epi_alpha_female" if female else "ckd_epi_alpha_male", on)),
        float(number("ckd_epi_beta", on)),
        float(number("ckd_epi_per_year", on)),
        float(number("ckd_epi_female", on)) if female else 1.0,
    )


def egfr_child(creatinine: Decimal, height_cm: Decimal, on: date) -> Decimal:
    """What does the bedside Schwartz equation estimate? Creatinine in umol/L."""
    in_mg_dl = creatinine / TABLE.number("umol_l_per_mg_dl", on)
    return TABLE.number("schwartz_factor", on) * height_cm / in_mg_dl


def egfr(
    creatinine: Quantity, subject: Subject, height_cm: Decimal | None
) -> tuple[Quantity, str] | None:
    """How much does the kidney filter, and by which formula? None when that cannot be known."""
    return egfr_at(creatinine, subject.age, subject.sex, height_cm, subject.on)


def egfr_at(
    creatinine: Quantity, age: Decimal | None, sex: Sex, height_cm: Decimal | None, on: date
) -> tuple[Quantity, str] | None:
    """The same, at the age at which this creatinine was drawn."""
    if age is None or creatinine.comparator is not None or creatinine.value <= 0:
        return None
    if age >= TABLE.number("adult_from", on):
        if sex not in (Sex.FEMALE, Sex.MALE):
            return None
        return Quantity(egfr_adult(creatinine.value, age, sex, on), UNIT), CKD_EPI
    if height_cm is None or age < TABLE.number("schwartz_from", on):
        return None
    return Quantity(egfr_child(creatinine.value, height_cm, on), UNIT), SCHWARTZ


def filtration(estimate: Quantity | None, on: date) -> str:
    """May TmP/GFR and FGF23 be read: read, warn, no_tmp_gfr, no_fgf23? Unknown is read."""
    if estimate is None:
        return "read"
    possible = TABLE.bands["filtration"].on(on).possible(estimate)
    return possible[-1]


def low_muscle_mass(creatinine: Quantity, on: date) -> bool:
    """Is creatinine so low that eGFR overestimates?"""
    return creatinine.below(TABLE.value("low_muscle_below", on)) is True
