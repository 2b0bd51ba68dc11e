"""Of single results: low or high, believed, usual, drawn at the right time?"""

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from knowledge.rules import margin, preanalytics, reference_intervals, validity
from knowledge.rules.reference_intervals import is_child, read
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.person import Sex
from tests.knowledge.questions.things import DAY, NOTHING, person, quantity, result


def level(analyte: str, value: Any, unit: str, profile: str, sex: str, age: Any) -> str:
    """Is it low, normal or high for this person?"""
    return str(read(result(analyte, value, unit), person(age, sex, profile)).level)


def has_interval(analyte: str, profile: str, sex: str, age: Any) -> bool:
    """Does this set have an interval for such a person?"""
    found = reference_intervals.TABLE.interval(
        analyte, profile=profile, sex=Sex(sex), age=Decimal(age), on=DAY
    )
    return found is not None


def shown_interval(analyte: str, value: Any, unit: str, profile: str) -> list[Decimal | None]:
    """Which interval is shown to who sent this unit?"""
    reading = read(result(analyte, value, unit), person(profile=profile))
    return [reading.low, reading.high]


def child(age: Any) -> bool | str:
    """Is this a child?"""
    found = is_child(person(age))
    return NOTHING if found is None else found


def believed(analyte: str, value: Any, unit: str) -> bool:
    """Can somebody have this value?"""
    known = ANALYTES[analyte]
    return validity.impossible(known, known.to_working_unit(quantity(value, unit))) is None


def usual(analyte: str, value: Any, unit: str, *, child: bool = False) -> bool:
    """Is it accepted without asking anybody to confirm it?"""
    return not validity.unusual(result(analyte, value, unit), child)


def ages_differ(told: Any, known: Any) -> bool:
    """Does the age that was told contradict the date of birth?"""
    return validity.ages_differ(Decimal(told), Decimal(known), DAY)


def in_the_morning(clock: time) -> bool | None:
    """Was it drawn in the morning?"""
    drawn = result("s_phos", 1, taken_at=datetime.combine(DAY, clock, UTC))
    return preanalytics.drawn_in_the_morning(drawn, DAY)


def imprecision(analyte: str) -> float:
    """How exactly is this measured, in percent?"""
    return margin.precision_of(analyte, DAY).percent


def drawn_after_an_acute_illness(days: int) -> bool:
    """So many days after an acute illness, does it still touch what is drawn?"""
    return days <= validity.acute_aftermath(DAY)


def too_dilute(value: Any, unit: str) -> bool:
    """Is this urine too dilute?"""
    return validity.too_dilute(result("u_creat", value, unit))
