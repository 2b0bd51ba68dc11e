"""What in a result, a drug or a symptom must a person hear of? MON-01 to MON-18, one question each.

Everything is answered with true, false or unknown: what was not measured, or on which treatment it
was drawn nobody said, is unknown, never normal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from knowledge.rules import drugs
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import months_after
from knowledge.tables import Table
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.person import Sex
from knowledge.terms.quantity import UNITS, Quantity
from knowledge.terms.truth import Truth, all_of, any_of

TABLE = Table.beside(__file__)

BUROSUMAB, PHOSPHATE, ACTIVE_VITAMIN_D = "burosumab", "phosphate", "active_vitamin_d"
ANTIRESORPTIVE = "antiresorptive"
CONVENTIONAL = (PHOSPHATE, ACTIVE_VITAMIN_D)
OF_A_DAY, RATIO, MILLIGRAMS, MILLIMOLES = "u_ca_24h", "u_ca_creat", "mg/(24.h)", "mmol/(24.h)"
BY_MASS = "_by_mass"


@dataclass(slots=True)
class Period:
    """FHIR MedicationStatement: a drug from one day to another. No end: it is still taken.

    Only who makes one changes it; it is not frozen because so many are made.
    """

    agent: str
    kind: str
    started: date | None
    stopped: date | None

    def covers(self, day: date) -> bool:
        """Was it taken on this day?"""
        begun = self.started is None or self.started <= day
        return begun and (self.stopped is None or day <= self.stopped)


@dataclass(slots=True)
class Enzyme:
    """One ALP, and the phosphate of that time: what a rise is read by. Nobody changes one."""

    alp: Quantity
    level: Level
    phosphate: Quantity | None = None


def kind_of(agent: str) -> str | None:
    """Which kind of drug is this, as far as a result is read by it? None: by none of them."""
    return drugs.named(agent).kind


def dose_lasts(every_days: int | None, on: date) -> timedelta:
    """For how long does a single dose count as treatment? As told, else as the label has it."""
    return timedelta(days=every_days or TABLE.whole("dose_lasts", on))


def treated(periods: Iterable[Period], kinds: Iterable[str], day: date, *, stated: bool) -> Truth:
    """Was a drug of these kinds taken on this day? Unknown where nobody said anything of drugs."""
    wanted = frozenset(kinds)
    if any(period.kind in wanted and period.covers(day) for period in periods):
        return True
    return False if stated else None


def is_above(level: Level) -> Truth:
    """Is it above its interval?"""
    return None if level is Level.UNDETERMINED else level is Level.HIGH


def is_below(level: Level) -> Truth:
    """Is it below its interval?"""
    return None if level is Level.UNDETERMINED else level is Level.LOW


def limit(name: str, printed: Quantity, on: date) -> Quantity:
    """The limit as it is stated in the kind of unit in which this result was sent."""
    return _limit_for(name, printed.unit, on)[0]


def _under(name: str, printed: Quantity, value: Quantity, on: date) -> Truth:
    own, as_printed = _limit_for(name, printed.unit, on)
    return (printed if as_printed else value).below(own)


@lru_cache(maxsize=1024)
def _limit_for(name: str, unit: str, on: date) -> tuple[Quantity, bool]:
    """The limit for what is sent in this unit, and is it of the same kind?"""
    by_mass = name + BY_MASS
    in_grams = UNITS[unit].kind.startswith("mass")
    own = TABLE.value(by_mass if in_grams and by_mass in TABLE.values else name, on)
    return own, UNITS[unit].kind == UNITS[own.unit].kind


def low_after_remission(level: Level, after_remission: Truth) -> Truth:
    """Is phosphate low again (MON-01)?"""
    return all_of(is_below(level), after_remission)


def urgently_low(printed: Quantity, value: Quantity, on: date) -> Truth:
    """Is phosphate so low that somebody is called today (MON-02)?"""
    return _under("urgent_phosphate", printed, value, on)


def high_on_burosumab(level: Level, on_burosumab: Truth) -> Truth:
    """Must the next dose be withheld (MON-03)?"""
    return all_of(is_above(level), on_burosumab)


def high_on_conventional(level: Level, on_supplements: Truth, fasting: Truth) -> Truth:
    """Is a fasting phosphate too high on supplements (MON-04)?

    Taken after food it says nothing; where nobody said how it was taken, the alert asks for that.
    """
    if fasting is False:
        return False if is_above(level) is False else all_of(on_supplements, None)
    return all_of(is_above(level), on_supplements)


def calcium_too_high(level: Level, value: Quantity, on: date) -> Truth:
    """Is adjusted calcium above its upper limit (MON-05)?"""
    if level is not Level.UNDETERMINED:
        return level is Level.HIGH
    return value.above(TABLE.value("calcium_upper", on))


def calcium_severity(printed: Quantity, value: Quantity, on: date) -> tuple[Truth, str]:
    """Is hypercalcaemia moderate or severe (MON-06)?"""
    at_least = _not(_under("calcium_moderate", printed, value, on))
    severe = at_least and _not(_under("calcium_severe", printed, value, on))
    return at_least, "severe" if severe else "moderate"


def _not(statement: Truth) -> Truth:
    return None if statement is None else not statement


def hungry_bone(printed: Quantity, value: Quantity, on: date) -> Truth:
    """Does calcium say that the bone takes too much (MON-07)?"""
    return _under("low_calcium", printed, value, on)


def by_treatment(burosumab: Truth, conventional: Truth) -> str:
    """In which words is somebody spoken of who takes these, or does not, or nobody said?"""
    if burosumab:
        return "both" if conventional else "burosumab"
    if burosumab is None:
        return "unknown"
    return "conventional" if conventional else "none"


def sentence(rule: str, about: str) -> str:
    """What does this rule say of who is spoken of so? Where nothing else stands, its conclusion."""
    row = TABLE.entry("sentences", f"{rule} {about}")
    return TABLE.rules[rule].conclusion if row is None else str(row.fields["text"])


def symptoms_belong(calcium: date, noted: date, on: date) -> bool:
    """Were these symptoms noted close enough to that calcium to make it urgent?"""
    return abs((calcium - noted).days) <= TABLE.whole("symptoms_with_calcium", on)


def urine_calcium_high(amount: Quantity, weight: Decimal | None, sex: Sex, on: date) -> Truth:
    """Is more calcium lost in a day than should be (MON-08)? mg or mmol a day."""
    over_for_sex = _over_for_sex(_in_milligrams(amount), sex, on)
    return any_of(_over_for_weight(amount, weight, on), over_for_sex)


def urine_limit_broken(
    amount: Quantity, weight: Decimal | None, sex: Sex, on: date
) -> Quantity | None:
    """Above which limit is it (MON-08)? That of the weight, or, where it keeps to that, of the sex.

    None: it keeps to both, or nobody knows.
    """
    if weight is not None and _over_for_weight(amount, weight, on):
        return limit_for_weight(amount, weight, on)
    name = "urine_calcium_women" if sex is Sex.FEMALE else "urine_calcium_men"
    over = _over_for_sex(_in_milligrams(amount), sex, on)
    return TABLE.value(name, on) if over else None


def _in_milligrams(amount: Quantity) -> Quantity:
    in_grams = amount.unit == MILLIGRAMS
    factor = ANALYTES[OF_A_DAY].converted
    value = amount.value if in_grams else factor(amount.value, amount.unit, MILLIGRAMS)
    return Quantity(value, MILLIGRAMS, amount.comparator)


def limit_for_weight(amount: Quantity, weight: Decimal, on: date) -> Quantity:
    """How much calcium a day is too much for this weight? In moles or grams, as the amount is."""
    return _limit_for_weight(amount.unit, weight, on)


@lru_cache(maxsize=1024)
def _limit_for_weight(unit: str, weight: Decimal, on: date) -> Quantity:
    if UNITS[unit].kind.startswith("amount"):
        per_kg = TABLE.number("urine_calcium_per_kg_by_moles", on)
        return Quantity(per_kg * weight, MILLIMOLES)
    return Quantity(TABLE.number("urine_calcium_per_kg", on) * weight, MILLIGRAMS)


def _over_for_weight(amount: Quantity, weight: Decimal | None, on: date) -> Truth:
    return None if weight is None else amount.above(limit_for_weight(amount, weight, on))


def _over_for_sex(milligrams: Quantity, sex: Sex, on: date) -> Truth:
    if sex is Sex.FEMALE:
        return milligrams.above(TABLE.value("urine_calcium_women", on))
    men = milligrams.above(TABLE.value("urine_calcium_men", on))
    if sex is Sex.MALE or men == milligrams.above(TABLE.value("urine_calcium_women", on)):
        return men
    return None


def urine_ratio_high(printed: Quantity, value: Quantity, on: date) -> Truth:
    """Does a spot urine hold too much calcium for its creatinine (MON-08)?"""
    own = TABLE.value("urine_calcium_to_creatinine", on)
    if UNITS[printed.unit].kind == UNITS[own.unit].kind:
        return printed.above(own)
    return value.above(ANALYTES[RATIO].to_working_unit(own))


def beside_pth(pth: date, on: date) -> tuple[date, date]:
    """From which day to which may a calcium be drawn to be read beside that PTH?"""
    apart = timedelta(days=TABLE.whole("pth_with_calcium", on))
    return pth - apart, pth + apart


def belongs_to_pth(pth: date, calcium: date, on: date) -> bool:
    """May this calcium be read beside that PTH?"""
    first, last = beside_pth(pth, on)
    return first <= calcium <= last


def secondary(pth: Level, calcium: Level) -> Truth:
    """Is PTH high beside a normal calcium (MON-09)? Of a low one the rule does not speak."""
    unknown = calcium in (Level.UNDETERMINED, Level.LOW)
    normal = None if unknown else calcium is Level.NORMAL
    return all_of(is_above(pth), normal)


def tertiary(pth: Level, calcium: Level) -> Truth:
    """Are PTH and calcium both high (MON-10)?"""
    return all_of(is_above(pth), is_above(calcium))


def needs_nephrology(
    egfr: Quantity, first: Quantity | None, before: Quantity | None, on: date
) -> Truth:
    """Is eGFR low, or has it fallen much since the first one or the one before (MON-12)?"""
    low = egfr.below(TABLE.value("egfr_nephrology", on))
    if low:
        return True
    return any_of(low, *[_has_fallen(egfr, past, on) for past in (first, before) if past])


def nephrology_limit(
    egfr: Quantity, first: Quantity | None, before: Quantity | None, on: date
) -> Quantity:
    """Which limit did it break (MON-12): that of everybody, or the share of an earlier one?"""
    stated = TABLE.value("egfr_nephrology", on)
    if egfr.below(stated):
        return stated
    fallen = [
        _fallen_to(past, on) for past in (first, before) if past and _has_fallen(egfr, past, on)
    ]
    return max(fallen, key=lambda limit: limit.value, default=stated)


def _has_fallen(egfr: Quantity, past: Quantity, on: date) -> Truth:
    if past.comparator is not None:
        return None
    return _not(egfr.above(_fallen_to(past, on)))


def _fallen_to(past: Quantity, on: date) -> Quantity:
    return Quantity(past.value * _share_left(on), past.unit)


@lru_cache(maxsize=64)
def _share_left(on: date) -> Decimal:
    """What is left of eGFR after a fall that counts?"""
    fall = Quantity(TABLE.number("egfr_fall", on), "%")
    return 1 - fall.value * UNITS[fall.unit].factor


def contraindicates_burosumab(egfr: Quantity, on: date) -> Truth:
    """Is eGFR too low for burosumab (MON-13)?"""
    return egfr.below(TABLE.value("egfr_contraindicates", on))


def may_rise(started: date, day: date, on: date) -> bool:
    """Is this within the first months of a treatment, in which ALP may rise (MON-14)?"""
    return started <= day <= _expected_until(started, on)


@lru_cache(maxsize=1024)
def _expected_until(started: date, on: date) -> date:
    return months_after(started, TABLE.whole("alp_expected_for", on))


def rise_is_expected(started: date, day: date, before: Enzyme, now: Enzyme, on: date) -> Truth:
    """Does ALP rise as it does in the first months of a treatment that works (MON-14)?"""
    if not may_rise(started, day, on):
        return False
    if not now.alp.value > before.alp.value:
        return False
    if before.phosphate is None or now.phosphate is None:
        return None
    return now.phosphate.above(before.phosphate)


@lru_cache(maxsize=64)
def _share_risen(on: date) -> Decimal:
    """How much of an ALP is one that has risen?"""
    share = Quantity(TABLE.number("alp_rise", on), "%")
    return 1 + share.value * UNITS[share.unit].factor


def rises_after_remission(before: Enzyme, now: Enzyme, on: date) -> Truth:
    """Has ALP risen again after it had become normal (MON-15)?"""
    rise = Quantity(before.alp.value * _share_risen(on), now.alp.unit)
    left = all_of(is_above(now.level), _not(is_above(before.level)))
    if before.alp.comparator is not None:
        return any_of(left, None)
    return any_of(left, _not(now.alp.below(rise)))


def vitamin_d_low(printed: Quantity, value: Quantity, on: date) -> Truth:
    """Is 25-OH vitamin D low (MON-16)?"""
    return _under("vitamin_d_low", printed, value, on)


def together(one: Period, other: Period) -> date | None:
    """Since which day are both taken (MON-17)? None: never at the same time.

    One that is stopped on the day on which the other begins is not taken with it.
    """
    since = max(one.started or date.min, other.started or date.min)
    until = min(one.stopped or date.max, other.stopped or date.max)
    return since if since < until else None


def is_abnormal(alp: Level | None, phosphate: Level | None) -> Truth:
    """Is ALP or phosphate abnormal, so that bone is not yet mineralised (MON-18)?"""
    known = [
        None if level in (None, Level.UNDETERMINED) else level is not Level.NORMAL
        for level in (alp, phosphate)
    ]
    return any_of(*known)
