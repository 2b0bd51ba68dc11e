"""Of what a person must hear, and of what counts as an important change."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from knowledge.rules import follow_up_safety as safety
from knowledge.rules import outcome_measures
from knowledge.rules.follow_up_safety import Enzyme
from knowledge.rules.reference_intervals import Level
from knowledge.terms.person import Sex
from knowledge.terms.truth import Truth
from tests.knowledge.questions.things import DAY, NOTHING, quantity, result


def called_today(phosphate: Any, unit: str) -> Any:
    """Must somebody be called about this phosphate today?"""
    one = result("s_phos", phosphate, unit)
    return _said(safety.urgently_low(one.printed, one.value, DAY))


def hungry_bone(calcium: Any, unit: str) -> Any:
    """Does calcium say that the bone takes too much?"""
    one = result("s_ca_adj", calcium, unit)
    return _said(safety.hungry_bone(one.printed, one.value, DAY))


def calcium_without_interval(calcium: Any) -> Any:
    """Is calcium too high where nobody gives an interval?"""
    one = result("s_ca_adj", calcium)
    return _said(safety.calcium_too_high(Level.UNDETERMINED, one.value, DAY))


def calcium_severity(calcium: Any, unit: str) -> str:
    """How much too high is calcium?"""
    one = result("s_ca_adj", calcium, unit)
    raised, severity = safety.calcium_severity(one.printed, one.value, DAY)
    return NOTHING if not raised else severity


def urine_calcium_high(amount: Any, unit: str, weight: Any, sex: str) -> Any:
    """Is so much calcium in a day's urine too much?"""
    known = None if weight == NOTHING else weight
    sent = quantity(amount, unit)
    return _said(safety.urine_calcium_high(sent, known, Sex(sex), DAY))


def urine_ratio_high(ratio: Any, unit: str) -> Any:
    """Is so much calcium for its creatinine too much?"""
    one = result("u_ca_creat", ratio, unit)
    return _said(safety.urine_ratio_high(one.printed, one.value, DAY))


def pth_is_read_beside(days: int) -> bool:
    """May a calcium so many days away be read beside PTH?"""
    return safety.belongs_to_pth(DAY, DAY + timedelta(days=days), DAY)


def needs_nephrology(egfr: Any, first: Any, before: Any) -> Any:
    """Does this eGFR, after these, need a nephrologist?"""
    unit = "mL/min/{1.73_m2}"
    one, other = (None if past == NOTHING else quantity(past, unit) for past in (first, before))
    return _said(safety.needs_nephrology(quantity(egfr, unit), one, other, DAY))


def contraindicates_burosumab(egfr: Any) -> Any:
    """Is this eGFR too low for burosumab?"""
    found = safety.contraindicates_burosumab(quantity(egfr, "mL/min/{1.73_m2}"), DAY)
    return _said(found)


def alp_rise_expected(day: int, before: Any, now: Any) -> Any:
    """ALP rises, phosphate goes from one to another, so many days after 22 July 2026: expected?"""
    started = DAY.replace(month=7)
    low, high = quantity(200, "U/L"), quantity(300, "U/L")
    past = Enzyme(low, Level.HIGH, None if before == NOTHING else quantity(before, "mmol/L"))
    present = Enzyme(high, Level.HIGH, None if now == NOTHING else quantity(now, "mmol/L"))
    on = DAY + timedelta(days=day)
    return _said(safety.rise_is_expected(started, on, past, present, DAY))


def alp_rises(before: Any, now: Any, was: str, reads: str) -> Any:
    """Has ALP risen after remission?"""
    past = Enzyme(quantity(before, "U/L"), Level(was))
    present = Enzyme(quantity(now, "U/L"), Level(reads))
    return _said(safety.rises_after_remission(past, present, DAY))


def vitamin_d_low(amount: Any, unit: str) -> Any:
    """Is 25-OH vitamin D low?"""
    one = result("s_25ohd", amount, unit)
    return _said(safety.vitamin_d_low(one.printed, one.value, DAY))


def symptoms_belong(days: int) -> bool:
    """Do symptoms noted so many days later belong to a low calcium?"""
    return safety.symptoms_belong(DAY, DAY + timedelta(days=days), DAY)


def dose_lasts() -> int:
    """For how many days does a dose count whose interval nobody told?"""
    return safety.dose_lasts(None, DAY).days


def _said(truth: Truth) -> Any:
    return "unknown" if truth is None else truth


def importance(measure: str, site: str, before: Any, now: Any) -> str:
    """Is this change important?"""
    row = outcome_measures.measure_named(measure)
    assert row is not None
    return outcome_measures.change(row, site or None, Decimal(before), Decimal(now), DAY).importance


def function_done(days: int) -> bool:
    """All tests of function but one, and that one so many days later: are they done?"""
    rows = outcome_measures.TABLE.entries["measures"].values()
    keys = [row.key for row in rows if row.fields["act"] == "function_tests"]
    taken = [(DAY, key) for key in keys[1:]] + [(DAY + timedelta(days=days), keys[0])]
    return bool(list(outcome_measures.completed(taken, DAY)))
