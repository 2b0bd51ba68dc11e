"""Is this low, normal or high, for this person, assay and laboratory?"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from knowledge.rows import Interval
from knowledge.tables import Table
from knowledge.terms.analyte import Analyte
from knowledge.terms.observation import Observation, ReferenceRange
from knowledge.terms.person import Sex, Subject
from knowledge.terms.quantity import Comparator, Quantity

TABLE = Table.beside(__file__)

LABORATORY = "laboratory"
NOWHERE = "none"
PAEDIATRIC = ("INT_paed", "SOLDIN_paed")
ADULT = "INT_adult"
GROWN_UP = TABLE.values["adult_from"].newest.number
DUBOURG, ONE_LABORATORY, GENERAL = "DUBOURG_2022", "REFERENCE_LABORATORY", "GENERAL"
FALLBACK = (ADULT, DUBOURG, ONE_LABORATORY, GENERAL, "CN_adult")
"""Where the profile asked for has no interval; Chinese total calcium and magnesium serve all."""


class Level(StrEnum):
    """FHIR interpretation, in words. Undetermined is an answer."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    UNDETERMINED = "undetermined"


@dataclass(slots=True)
class Reading:
    """A level, where the interval came from, and the interval in `unit`."""

    level: Level
    range_from: str = NOWHERE
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""


UNREAD = Reading(Level.UNDETERMINED)


class Ruler:
    """An interval as it is laid against results in one unit, with what each level then reads.

    Its ends are in the unit rules work in; the readings show them in the one that was printed.
    """

    __slots__ = ("high", "low", "readings")

    def __init__(self, low: Decimal | None, high: Decimal | None, shown: Reading) -> None:
        self.low, self.high = low, high
        self.readings = {
            level: Reading(level, shown.range_from, shown.low, shown.high, shown.unit)
            for level in Level
        }


NO_RULER = Ruler(None, None, UNREAD)
NO_RULER.readings = dict.fromkeys(Level, UNREAD)
"""Where nobody can say how a result reads, whatever its number."""

Rulers = dict[tuple[str, str], Ruler]
"""By analyte and printed unit: what was laid against the results of such a person so far."""


def level_between(measured: Quantity, low: Decimal | None, high: Decimal | None) -> Level:
    """On which side of these limits is the true value? Both limits belong to normal."""
    value, comparator = measured.value, measured.comparator
    if comparator is None:
        if low is not None and value < low:
            return Level.LOW
        return Level.HIGH if high is not None and value > high else Level.NORMAL
    if comparator in (Comparator.LESS, Comparator.LESS_OR_EQUAL):
        if low is None:
            return Level.NORMAL if high is not None and value <= high else Level.UNDETERMINED
        below = value < low or (value == low and comparator is Comparator.LESS)
        return Level.LOW if below else Level.UNDETERMINED
    if high is None:
        return Level.NORMAL if low is not None and value >= low else Level.UNDETERMINED
    above = value > high or (value == high and comparator is Comparator.GREATER)
    return Level.HIGH if above else Level.UNDETERMINED


def is_child(subject: Subject) -> bool | None:
    """Is this person below the age from which adult intervals hold? Unknown age is unknown."""
    return None if subject.age is None else subject.age < TABLE.number("adult_from", subject.on)


def read(observation: Observation, subject: Subject, rulers: Rulers | None = None) -> Reading:
    """Is this low, normal or high? By the laboratory's own interval, else the site's, else ours.

    Who reads many results of one person asks once for their `rulers_for`.
    """
    own = observation.reference_range
    if own is not None:
        if own.low is None or own.high is None:
            return _by_one_end(observation, own, subject, rulers)
        level = level_between(observation.printed, own.low, own.high)
        return Reading(level, LABORATORY, own.low, own.high, observation.printed.unit)
    key = observation.analyte.key
    if subject.age is None:
        return _read_without_age(observation, subject)
    if rulers is None:
        rulers = rulers_for(subject)
    unit = observation.printed.unit
    ruler = rulers.get((key, unit))
    if ruler is None:
        interval = None
        if subject.site is not None:
            interval = subject.site.interval(key, subject.sex, subject.age, subject.on)
        if interval is None:
            if key == "s_phos" and is_child(subject):
                return _read_child_phosphate(observation, subject)
            interval = _of_the_tables(key, subject.profile, subject.sex, subject.age, subject.on)
        ruler = NO_RULER if interval is None else _ruler(observation, interval)
        rulers[key, unit] = ruler
    return ruler.readings[level_between(observation.value, ruler.low, ruler.high)]


def _by_one_end(
    observation: Observation, own: ReferenceRange, subject: Subject, rulers: Rulers | None
) -> Reading:
    """The end that the laboratory sent decides its own side; the other is read by the tables.

    Where no table knows that other end, nothing within is called normal, except of what nobody
    reads at that end.
    """
    general = read(replace(observation, reference_range=None), subject, rulers)
    if own.low is None and own.high is None:
        return general
    told = Level.HIGH if own.low is None else Level.LOW
    level = level_between(observation.printed, own.low, own.high)
    low = general.low if own.low is None else own.low
    high = general.high if own.high is None else own.high
    if level is not told:
        missing = Level.LOW if own.low is None else Level.HIGH
        if general.level is missing:
            level = missing
        elif general.level is Level.UNDETERMINED and not _unread(observation, missing):
            level = Level.UNDETERMINED
    origin = LABORATORY if general.range_from == NOWHERE else f"{LABORATORY}+{general.range_from}"
    return Reading(level, origin, low, high, observation.printed.unit)


def _unread(observation: Observation, end: Level) -> bool:
    """Is this an end of this analyte that no rule and no clinician reads?"""
    known = TABLE.entry("ends_nobody_reads", observation.analyte.key)
    return known is not None and known.fields["end"] == end


def rulers_for(subject: Subject) -> Rulers:
    """What was laid against results of such a person until now, to be asked first and added to.

    A site's numbers, and persons of unknown age, are nobody else's: they begin with nothing.
    """
    if subject.age is None or subject.site is not None:
        return {}
    return _rulers(subject.profile, subject.sex, subject.age, subject.on)


@lru_cache(maxsize=512)
def _rulers(profile: str, sex: Sex, age: Decimal, on: date) -> Rulers:
    return {}


def interval_for(key: str, subject: Subject) -> Interval | None:
    """Which interval holds for such a person: the site's, the profile's, or the fallback's?"""
    if subject.age is None:
        return None
    if subject.site is not None:
        own = subject.site.interval(key, subject.sex, subject.age, subject.on)
        if own is not None:
            return own
    return _of_the_tables(key, subject.profile, subject.sex, subject.age, subject.on)


@lru_cache(maxsize=4096)
def _of_the_tables(key: str, profile: str, sex: Sex, age: Decimal, on: date) -> Interval | None:
    for asked in (profile, *FALLBACK):
        found = TABLE.interval(key, profile=asked, sex=sex, age=age, on=on)
        if found is not None:
            return found
    return None


def _against(observation: Observation, interval: Interval) -> Reading:
    """Compare in the unit rules work in, so that the unit that was sent decides nothing.

    The lower limit is taken as its source states it in that unit: 2.5 mg/dL is not low, 2.4 is.
    """
    ruler = _ruler(observation, interval)
    return ruler.readings[level_between(observation.value, ruler.low, ruler.high)]


def _ruler(observation: Observation, interval: Interval) -> Ruler:
    analyte, printed, working = observation.analyte, observation.printed, observation.value.unit
    if working != analyte.working[interval.unit]:
        return NO_RULER  # one assay in mass, another in activity: nobody can compare them
    low, high = ends_in(interval, analyte, printed.unit)
    shown = Reading(Level.UNDETERMINED, interval.profile, low, high, printed.unit)
    return Ruler(*ends_in(interval, analyte, working), shown)


def ends_in(
    interval: Interval, analyte: Analyte, unit: str
) -> tuple[Decimal | None, Decimal | None]:
    """Both ends in this unit of the analyte; as the source states them, where it does."""
    low, high = interval.low, interval.high
    if unit == interval.unit:
        return low, high
    stated = interval.low_in.get(unit)
    if stated is None and low is not None:
        stated = analyte.converted(low, interval.unit, unit)
    return stated, None if high is None else analyte.converted(high, interval.unit, unit)


def _read_child_phosphate(observation: Observation, subject: Subject) -> Reading:
    """Both paediatric sets are asked; where they disagree nobody knows."""
    age = subject.age
    assert age is not None
    asked = (subject.profile,) if "adult" not in subject.profile else PAEDIATRIC
    profiles = [p.removesuffix("_M").removesuffix("_F") for p in asked]
    readings = [
        _against(observation, interval)
        for profile in profiles
        if (
            interval := TABLE.interval(
                "s_phos", profile=profile, sex=subject.sex, age=age, on=subject.on
            )
        )
    ]
    if not readings:
        return _never_above_adult(observation, subject)
    first = readings[0]
    if any(reading.level is not first.level for reading in readings):
        return Reading(Level.UNDETERMINED, "+".join(r.range_from for r in readings))
    return first


def _read_without_age(observation: Observation, subject: Subject) -> Reading:
    if observation.analyte.key != "s_phos":
        return UNREAD
    return _never_above_adult(observation, subject)


def _never_above_adult(observation: Observation, subject: Subject) -> Reading:
    """Children's limits lie above the adult one: what is low for an adult is low at any age."""
    interval = next(
        row for row in TABLE.intervals["s_phos"] if row.profile == ADULT
    )  # one row for all adults
    reading = _against(observation, interval)
    if subject.site is not None:
        # A site whose own limit is lower: only what is low by every limit is low at any age.
        for own in subject.site.intervals("s_phos", subject.on):
            if _against(observation, own).level is not Level.LOW:
                return UNREAD
    return reading if reading.level is Level.LOW else UNREAD
