"""Phosphate, ALP and vitamin D in blood, and which safety rules they call up."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date

from knowledge.rules import follow_up_safety as safety
from knowledge.rules.follow_up_safety import Enzyme
from knowledge.rules.reference_intervals import Level
from knowledge.terms.truth import Truth
from services.followup.medication import TREATMENTS, since_when
from services.followup.view import INJECTED, Facts, Reading, View

MAY_BE_LOW = (Level.LOW, Level.UNDETERMINED)
MAY_BE_HIGH = (Level.HIGH, Level.UNDETERMINED)


def phosphate(view: View) -> Iterator[Reading]:
    """Phosphate by its own interval, and by what was taken that day.

    What its level rules out needs no look at drugs or at the course.
    """
    on = view.on
    for one in view.of("s_phos"):
        level, day = view.levels[one.id], one.day(on)
        low, high = level in MAY_BE_LOW, level in MAY_BE_HIGH
        facts: Facts = {
            "MON-01": low and safety.low_after_remission(level, view.after_remission(day)),
            "MON-02": safety.urgently_low(one.printed, one.value, on),
            "MON-03": high and safety.high_on_burosumab(level, view.treated(INJECTED, day)),
            "MON-04": high
            and safety.high_on_conventional(
                level, view.treated(safety.CONVENTIONAL, day), one.fasting
            ),
        }
        yield view.read("phosphate", facts, one)


def alp(view: View, key: str) -> Iterator[Reading]:
    """Each ALP against the last one that was calm; of one kind and unit only."""
    if not view.of(key):
        return
    on, drugs = view.on, view.taken_of(TREATMENTS)
    calm: dict[str, Enzyme] = {}
    all_before: dict[str, list[tuple[date, Enzyme]]] = {}
    phosphates = view.of("s_phos")
    drawn_on = [p.day(on) for p in phosphates]
    for one in view.of(key):
        day, unit = one.day(on), one.value.unit
        known = bisect_right(drawn_on, day)
        phosphate = phosphates[known - 1].value if known else None
        now = Enzyme(one.value, view.levels[one.id], phosphate)
        past = all_before.setdefault(unit, [])
        expected = _rise_is_expected(since_when(drugs, day), day, past, now, on)
        before = calm.get(unit)
        rises: Truth = False
        if view.after_remission(day) and expected is not True:
            rises = None if before is None else safety.rises_after_remission(before, now, on)
        past.append((day, now))
        if rises is not True:
            calm[unit] = now
        reading = view.read(key, {"MON-14": expected, "MON-15": rises}, one)
        if rises is None or (expected is None and not rises):
            reading.problem = "no earlier ALP or no phosphate to compare with"
        yield reading


def _rise_is_expected(
    started: date | None, day: date, past: Sequence[tuple[date, Enzyme]], now: Enzyme, on: date
) -> Truth:
    """Against the last one before that treatment: is it a rise as treatment brings it?"""
    if started is None or not safety.may_rise(started, day, on):
        return False
    for drawn, before in reversed(past):
        if drawn <= started:
            return safety.rise_is_expected(started, day, before, now, on)
    return False


def vitamin_d(view: View) -> Iterator[Reading]:
    """25-OH vitamin D."""
    for one in view.of("s_25ohd"):
        facts: Facts = {"MON-16": safety.vitamin_d_low(one.printed, one.value, view.on)}
        yield view.read("vitamin_d", facts, one)
