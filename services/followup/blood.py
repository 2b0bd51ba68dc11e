"""What was measured in blood, and which safety rules it calls up."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date

from knowledge.rules import calcium_and_pth, kidney_function
from knowledge.rules import follow_up_safety as safety
from knowledge.rules.follow_up_safety import Enzyme
from knowledge.rules.reference_intervals import Level, level_between, read
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation
from knowledge.terms.person import Subject
from knowledge.terms.quantity import Quantity
from knowledge.terms.truth import Truth
from services.followup.limits import IONISED
from services.followup.medication import since_when
from services.followup.view import Facts, Reading, View, beside, but

MMOL = "mmol/L"
BESIDE_LOW = (
    "PTH is raised beside a low calcium, as in secondary hyperparathyroidism; the rule speaks of a"
    " normal calcium only"
)


def phosphate(view: View) -> Iterator[Reading]:
    """Phosphate by its own interval, and by what was taken that day."""
    for one in view.of("s_phos"):
        level, day, on = view.levels[one.id], one.day(view.on), view.on
        facts: Facts = {
            "MON-01": safety.low_after_remission(level, view.after_remission(day)),
            "MON-02": safety.urgently_low(one.printed, one.value, on),
            "MON-03": safety.high_on_burosumab(level, view.treated((safety.BUROSUMAB,), day)),
            "MON-04": safety.high_on_conventional(
                level, view.treated(safety.CONVENTIONAL, day), one.fasting
            ),
        }
        yield view.read("phosphate", facts, one)


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
            facts: Facts = {rule: fact or None for rule, fact in bare.facts.items()}
            text = "total calcium is not adjusted: send albumin"
            yield but(bare, facts=facts, level=Level.UNDETERMINED, problem=text)
            continue
        amount = calcium_and_pth.adjusted_calcium(one.value.value, albumin.value.value, view.on)
        value = Quantity(amount, MMOL, one.value.comparator)
        reading = view.read("calcium", {}, one, albumin)
        level = _adjusted_level(one, value, view.history.subject)
        problem = calcium_and_pth.adjustment_problem(albumin.value, None, view.on) or ""
        reading = but(reading, printed=value, value=value, level=level)
        yield _judged(view, but(reading, problem=problem.replace("_", " ")))


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
    facts: Facts = {
        "MON-05": safety.calcium_too_high(reading.level, value, on),
        "MON-06": moderate,
        "MON-07": low,
    }
    saying = {"MON-06": view.saying("MON-06", reading.day)} if moderate else None
    return but(reading, facts=facts, severity=severity if moderate else "", saying=saying)


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
        text = "how severe it is is not judged: the limits are those of adjusted total calcium"
        yield but(view.read(IONISED, facts, one), problem="" if high is False else text)


def pth(view: View, calcium: Sequence[Reading], ionised: Sequence[Reading]) -> Iterator[Reading]:
    """PTH by the laboratory's own interval, beside the calcium drawn nearest to it.

    Ionised calcium stands in where no other says at which level it is.
    """
    in_order = sorted(calcium, key=lambda c: (c.at.date(), c.key))
    days = [c.day for c in in_order]
    for one in view.of("s_pth"):
        day = one.day(view.on)
        first, last = safety.beside_pth(day, view.on)
        near = in_order[bisect_left(days, first) : bisect_right(days, last)]
        beside = min(near, key=lambda c: (abs((c.day - day).days), c.at, c.key), default=None)
        if beside is None or beside.level is Level.UNDETERMINED:
            close = [c for c in ionised if first <= c.day <= last]
            beside = min(
                close, key=lambda c: (abs((c.day - day).days), c.at, c.key), default=beside
            )
        level = Level.UNDETERMINED if beside is None else beside.level
        facts: Facts = {
            "MON-09": safety.secondary(view.levels[one.id], level),
            "MON-10": safety.tertiary(view.levels[one.id], level),
        }
        reading = view.read("pth", facts, one)
        if beside is None:
            yield but(reading, problem="no calcium was drawn near it")
            continue
        key, ids = f"{reading.key}+{beside.key}", (*reading.ids, *beside.ids)
        problem = "" if beside.measure == IONISED else beside.problem
        if level is Level.LOW and facts["MON-09"] is None:
            problem = BESIDE_LOW
        yield but(reading, key=key, ids=ids, problem=problem)


def filtration(view: View) -> Iterator[Reading]:
    """eGFR as reported, else from creatinine; each against the first and the one before."""
    reported = {one.day(view.on) for one in view.of("egfr")}
    found = [view.read("egfr", {}, one) for one in view.of("egfr")]
    for one in view.of("s_creat"):
        if one.day(view.on) not in reported:
            found.append(but(view.read("egfr", {}, one), value=_estimate(view, one)))
    first: Quantity | None = None
    before: Quantity | None = None
    for reading in sorted(found, key=lambda reading: (reading.at, reading.key)):
        egfr = reading.value
        if egfr is None:
            unknown: Facts = {"MON-12": None, "MON-13": None}
            text = "eGFR cannot be computed: age or sex is not known"
            yield but(reading, facts=unknown, problem=text)
            continue
        facts: Facts = {
            "MON-12": safety.needs_nephrology(egfr, first, before, view.on),
            "MON-13": safety.contraindicates_burosumab(egfr, view.on),
        }
        limit = safety.nephrology_limit(egfr, first, before, view.on)
        first, before = first or egfr, egfr
        low = facts["MON-13"]
        saying = {"MON-13": view.saying("MON-13", reading.day)} if low else None
        yield but(reading, facts=facts, printed=_shown(reading, egfr), saying=saying, limit=limit)


def _shown(reading: Reading, egfr: Quantity) -> Quantity:
    """As it was sent; an estimate of our own in whole numbers, as laboratories report it."""
    if reading.source is not None and reading.source.analyte.key == "egfr":
        return reading.source.printed
    return Quantity(egfr.value.to_integral_value(), egfr.unit)


def _estimate(view: View, creatinine: Observation) -> Quantity | None:
    person, day = view.history.person, creatinine.day(view.on)
    subject = Subject(view.on, person.sex, person.age_on(day))
    estimated = kidney_function.egfr(creatinine.value, subject, None)
    return None if estimated is None else estimated[0]


def alp(view: View, key: str) -> Iterator[Reading]:
    """Each ALP against the last one that was calm; of one kind and unit only."""
    calm: dict[str, Enzyme] = {}
    all_before: dict[str, list[tuple[date, Enzyme]]] = {}
    phosphates = view.of("s_phos")
    drawn_on = [p.day(view.on) for p in phosphates]
    for one in view.of(key):
        day, unit = one.day(view.on), one.value.unit
        known = bisect_right(drawn_on, day)
        phosphate = phosphates[known - 1].value if known else None
        now = Enzyme(one.value, view.levels[one.id], phosphate)
        started = since_when(view.taken, day)
        past = all_before.setdefault(unit, [])
        base = [e for drawn, e in past if started is not None and drawn <= started]
        expected: Truth = False
        if started is not None and base:
            expected = safety.rise_is_expected(started, day, base[-1], now, view.on)
        before = calm.get(unit)
        rises: Truth = False
        if view.after_remission(day) and expected is not True:
            rises = None if before is None else safety.rises_after_remission(before, now, view.on)
        past.append((day, now))
        if rises is not True:
            calm[unit] = now
        unknown = rises is None or (expected is None and not rises)
        problem = "no earlier ALP or no phosphate to compare with" if unknown else ""
        facts: Facts = {"MON-14": expected, "MON-15": rises}
        yield but(view.read(key, facts, one), problem=problem)


def vitamin_d(view: View) -> Iterator[Reading]:
    """25-OH vitamin D."""
    for one in view.of("s_25ohd"):
        facts: Facts = {"MON-16": safety.vitamin_d_low(one.printed, one.value, view.on)}
        yield view.read("vitamin_d", facts, one)
