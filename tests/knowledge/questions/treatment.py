"""Of treatment: burosumab and its labels, oral phosphate and active vitamin D."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from knowledge.rules import burosumab, burosumab_course, burosumab_stops, conventional_therapy
from knowledge.rules.burosumab_course import Given, Next, Phosphate
from knowledge.rules.burosumab_stops import Circumstances, Taken
from knowledge.rules.reference_intervals import Level
from tests.knowledge.questions.things import DAY

FIRST = date(2025, 1, 13)


def first_dose(profile: str, age: Any, kg: Any) -> list[Any]:
    """With how much does this label begin: mg and days? Nothing where it does not say."""
    dose = burosumab.starting_dose(burosumab.label_for(profile, Decimal(age)), Decimal(kg))
    return [] if dose.mg is None else [int(dose.mg), dose.every_days]


def next_doses(profile: str, mg: int, every: int, kg: Any) -> list[list[Any]]:
    """What comes after this dose for an adult, first what is proposed?"""
    label = burosumab.label_for(profile, Decimal(40))
    found = burosumab.next_steps(label, Decimal(mg), every, Decimal(kg))
    return [[int(dose.mg), dose.every_days] for dose in found if dose.mg is not None]


def begun_again_with(mg: int) -> int:
    """With how much is it begun again after a hold? Nought: nobody here knows."""
    label = burosumab.label_for("US", Decimal(40))
    return int(burosumab.restart_dose(label, Decimal(mg), 28).mg or 0)


def stopped_lately(days: int) -> bool:
    """So many days after the last phosphate, is burosumab still blocked?"""
    drug = Taken("oral_phosphate", DAY - timedelta(days=days))
    stops = burosumab_stops.stops_at_any_dose(Circumstances(DAY, against=(drug,)))
    return "stopped_lately" in {stop.code for stop in stops}


def phosphate_speaks(days: int) -> bool:
    """Does a low phosphate of so many days ago show that a start is due?"""
    low = Phosphate("o", DAY - timedelta(days=days), Level.LOW, fasting=True)
    stops = burosumab_stops.stops_at_start(Circumstances(DAY, phosphate=low))
    return "phosphate_not_known" not in {stop.code for stop in stops}


def result_speaks_for() -> int:
    """For how many days does a calcium or an eGFR speak?"""
    return burosumab_course.days("safety_holds_for", DAY).days


def _after(level: str, days: int, every: int = 28) -> Next:
    sample = Phosphate("o", FIRST + timedelta(days=days), Level(level), fasting=True)
    given = [Given(FIRST, Decimal(30), every)]
    return burosumab_course.what_next(given, [sample], every, None, sample.day)


def what_follows(level: str, days: int, every: int = 28) -> str:
    """What follows a phosphate so many days after the first dose?"""
    return str(_after(level, days, every).act)


def sample_in(level: str, days: int) -> int:
    """In how many days after that phosphate is the next one due? Nought: none is."""
    found = _after(level, days)
    due = found.sample_due
    return 0 if due is None else (due - FIRST).days


def held_for(days: int) -> str:
    """What follows a phosphate below range so many days after one above it?"""
    high = Phosphate("h", FIRST + timedelta(days=14), Level.HIGH, fasting=True)
    low = Phosphate("l", high.day + timedelta(days=days), Level.LOW, fasting=True)
    given = [Given(FIRST, Decimal(30), 28)]
    return str(burosumab_course.what_next(given, [high, low], 28, None, low.day).act)


def missed_after(days: int) -> bool:
    """So many days after its day, was a dose missed?"""
    given = [Given(FIRST, Decimal(30), 28)]
    on = FIRST + timedelta(days=28 + days)
    return burosumab_course.is_missed(burosumab_course.what_next(given, [], 28, None, on), on)


def halved(nanograms: int) -> int:
    """To how much is active vitamin D lowered?"""
    taken = conventional_therapy.daily(
        "calcitriol", Decimal(nanograms), "ng/d", Decimal(1), Decimal(70)
    )
    return int(conventional_therapy.reduced(taken, DAY) or 0)


def too_close(hours: Any) -> bool:
    """Are phosphate and calcium taken too close together?"""
    return bool(conventional_therapy.too_close(Decimal(hours), DAY))


def again(which: str) -> int:
    """After how many days is it measured again?"""
    return conventional_therapy.TABLE.whole(which, DAY)
