"""Calcium, and PTH beside it: which safety rules do they call up?"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date

from knowledge.rules import calcium_and_pth
from knowledge.rules import follow_up_safety as safety
from knowledge.rules.reference_intervals import Level, level_between, read
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation
from knowledge.terms.person import Subject
from knowledge.terms.quantity import Quantity
from services.followup.limits import IONISED
from services.followup.view import Facts, Reading, View, beside

MMOL = "mmol/L"
BESIDE_LOW = (
    "PTH is raised beside a low calcium, as in secondary hyperparathyroidism; the rule speaks of a"
    " normal calcium only"
)
NOT_ADJUSTED = "total calcium is not adjusted: send albumin"
NOT_SEVERITY = "how severe it is is not judged: the limits are those of adjusted total calcium"


def calcium(view: View) -> Iterator[Reading]:
    """As reported, else total calcium with its albumin; bare total calcium clears nobody."""
    reported = {one.day(view.on) for one in view.of("s_ca_adj")}
    for one in view.of("s_ca_adj"):
        yield _judged(view, view.read("calcium", {}, one))
    for one in view.of("s_ca"):
        if one.day(view.on) in reported:
            continue
        albumin = beside(one, view.of("s_alb"), view.on)
        if albumin is None or albumin.value.comparator is not None:
            bare = _judged(view, view.read("calcium", {}, one))
            bare.facts = {rule: fact or None for rule, fact in bare.facts.items()}
            bare.level, bare.problem = Level.UNDETERMINED, NOT_ADJUSTED
            yield bare
            continue
        amount = calcium_and_pth.adjusted_calcium(one.value.value, albumin.value.value, view.on)
        value = Quantity(amount, MMOL, one.value.comparator)
        reading = view.read("calcium", {}, one, albumin)
        reading.printed = reading.value = value
        reading.level = _adjusted_level(one, value, view.history.subject)
        problem = calcium_and_pth.adjustment_problem(albumin.value, None, view.on) or ""
        reading.problem = problem.replace("_", " ")
        yield _judged(view, reading)


def _adjusted_level(total: Observation, adjusted: Quantity, subject: Subject) -> Level:
    """Against the laboratory's own interval of total calcium, which is that of a normal albumin."""
    own = total.reference_range
    if own is not None and own.low is not None and own.high is not None:
        low, high = (
            total.analyte.converted(end, total.printed.unit, MMOL) for end in (own.low, own.high)
        )
        return level_between(adjusted, low, high)
    analyte = ANALYTES["s_ca_adj"]
    return read(Observation(total.id, analyte, adjusted, adjusted, total.taken_at), subject).level


def _judged(view: View, reading: Reading) -> Reading:
    printed, value, on = reading.printed, reading.value, view.on
    assert printed is not None
    assert value is not None
    moderate, severity = safety.calcium_severity(printed, value, on)
    low = safety.hungry_bone(printed, value, on)
    reading.facts = {
        "MON-05": safety.calcium_too_high(reading.level, value, on),
        "MON-06": moderate,
        "MON-07": low,
    }
    if moderate:
        reading.severity = severity
        reading.saying = {"MON-06": view.saying("MON-06", reading.day)}
    return reading


def ionised_calcium(view: View) -> Iterator[Reading]:
    """By its own interval alone. How severe a high one is, no limit here says."""
    for one in view.of("s_ca_ion"):
        level = view.levels[one.id]
        high = safety.is_above(level)
        facts: Facts = {
            "MON-05": high,
            "MON-06": False if high is False else None,
            "MON-07": safety.is_below(level),
        }
        reading = view.read(IONISED, facts, one)
        reading.problem = "" if high is False else NOT_SEVERITY
        yield reading


def pth(view: View, calcium: Sequence[Reading], ionised: Sequence[Reading]) -> Iterator[Reading]:
    """PTH by the laboratory's own interval, beside the calcium drawn nearest to it.

    Ionised calcium stands in where no other says at which level it is.
    """
    in_order = sorted(calcium, key=lambda c: (c.day, c.key))
    days = [c.day for c in in_order]
    for one in view.of("s_pth"):
        day = one.day(view.on)
        first, last = safety.beside_pth(day, view.on)
        near = in_order[bisect_left(days, first) : bisect_right(days, last)]
        beside = _nearest(near, day)
        if beside is None or beside.level is Level.UNDETERMINED:
            beside = _nearest([c for c in ionised if first <= c.day <= last], day) or beside
        level = Level.UNDETERMINED if beside is None else beside.level
        facts: Facts = {
            "MON-09": safety.secondary(view.levels[one.id], level),
            "MON-10": safety.tertiary(view.levels[one.id], level),
        }
        reading = view.read("pth", facts, one)
        if beside is None:
            reading.problem = "no calcium was drawn near it"
        else:
            reading.key, reading.ids = f"{reading.key}+{beside.key}", (*reading.ids, *beside.ids)
            reading.problem = "" if beside.measure == IONISED else beside.problem
            if level is Level.LOW and facts["MON-09"] is None:
                reading.problem = BESIDE_LOW
        yield reading


def _nearest(calcium: Sequence[Reading], day: date) -> Reading | None:
    """The one drawn nearest to this day; of two as near, the earlier."""
    if len(calcium) < 2:
        return calcium[0] if calcium else None
    return min(calcium, key=lambda one: (abs((one.day - day).days), one.moment, one.key))
