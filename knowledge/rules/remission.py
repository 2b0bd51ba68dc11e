"""After removal, is the disease gone, and does it stay gone? Results in order, one state.

How one state becomes another stands in the table (`ordered.transitions`); here is only told what
has been seen so far.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from operator import itemgetter

from knowledge.rows import OrderedRow
from knowledge.rules import masking
from knowledge.rules.course import REFRACTORY, Course, Sample, Spread, State, Step
from knowledge.rules.masking import (
    BUROSUMAB,
    SUPPLEMENT,
    Exposure,
    Masks,
    mask,
    masker,
    masks_until,
)
from knowledge.rules.reference_intervals import Level
from knowledge.tables import Table
from knowledge.terms.obligation import Proposal

__all__ = [
    "REFRACTORY",
    "Course",
    "Exposure",
    "Sample",
    "Spread",
    "State",
    "Step",
    "course",
    "ends_on",
    "mask",
    "masker",
    "masks_until",
]

TABLE = Table.beside(__file__)


AFTER_REMISSION = (State.REMISSION, State.RECURRENCE_SUSPECTED, State.RECURRENT)
LOW_WITHOUT_DRUGS = (State.PROVISIONAL_PERSISTENT, State.PERSISTENT)
NOT_UNDONE = (State.RECURRENT, State.METASTATIC)
NONE, SUPPLEMENTS, UNCLEAR = "none", "supplements", "unclear"
"""Which drugs the table tells apart, beside burosumab."""

MASKED = "MASKED"
STAYS = "STAYS"


def proposal(state: State) -> Proposal:
    """What does this state propose to do next?"""
    row = TABLE.entries["states"].get(state)
    return Proposal.NONE if row is None else Proposal(row.fields["proposal"])


def course(
    operated: date,
    samples: Sequence[Sample],
    exposures: Sequence[Exposure],
    on: date,
    *,
    until: date | None = None,
    spread: Iterable[Spread] = (),
    stated: bool = True,
) -> Course:
    """What has become of the disease since this operation?

    `until` is the day that is asked about: a state may end by time alone. `spread` may be older
    than the operation: who had a distant tumor is not free of it because another was removed.
    Not `stated`: nobody said what is taken, so nobody knows what is drawn without drugs.
    """
    way = Course(operated, since=operated)
    masks = Masks(exposures, on)
    after = [sample for sample in samples if sample.day > operated]  # that morning is before
    for one in _in_turn(after, spread):
        if isinstance(one, Spread):
            way.spread = way.spread or one
            _look(way, None, drugs=NONE, day=max(one.day, operated), on=on)
            continue
        _let_time_pass(way, one.day, on)
        covered = masks.of(one.at)
        drugs = _drugs(covered, stated=stated)
        if drugs != NONE and one.phosphate is not None:
            known = covered is not None and (drugs != UNCLEAR or _runs(covered))
            (way.masked if known else way.unclear).append(one)
        _take_in(way, one, drugs, on)
    if until is not None:
        _let_time_pass(way, until, on)
    return way


def _in_turn(samples: Iterable[Sample], spread: Iterable[Spread]) -> list[Sample | Spread]:
    """By their moment, and of one moment by their ids."""
    timed: list[tuple[datetime, tuple[str, ...], Sample | Spread]]
    timed = [(one.at, one.ids, one) for one in samples]
    timed += [(datetime.combine(one.day, time(), UTC), one.ids, one) for one in spread]
    return [one for *_, one in sorted(timed, key=itemgetter(0, 1))]


def _drugs(covered: Exposure | None, *, stated: bool) -> str:
    """What may make a phosphate of this moment look better than it is?"""
    if covered is None:
        return NONE if stated else UNCLEAR
    return {BUROSUMAB: BUROSUMAB, SUPPLEMENT: SUPPLEMENTS}.get(covered.kind, UNCLEAR)


def _runs(drug: Exposure) -> bool:
    """Is it a drug that may raise phosphate, and still taken?"""
    return drug.kind == masking.UNCLEAR and drug.ended is None


def _take_in(way: Course, sample: Sample, drugs: str, on: date) -> None:
    """One more sample. Supplements change phosphate; only burosumab spoils FGF23."""
    fgf23 = None if drugs == BUROSUMAB else sample.fgf23
    if sample.alp is not None:
        way.alp, way.seen["alp"] = sample.alp, sample
    if fgf23 is not None and not sample.in_another_assay:
        way.fgf23, way.seen["fgf23"] = fgf23, sample
    if sample.tmp_gfr is Level.LOW or _speaks_for_disease(way.state, sample, fgf23):
        way.seen["proof"] = sample
    if sample.phosphate is Level.LOW:
        _count_low(way, sample, fgf23, masked=drugs == SUPPLEMENTS, on=on)
    _look(way, sample, drugs=drugs, day=sample.day, on=on)
    if sample.phosphate is Level.LOW and way.state is State.RECURRENCE_SUSPECTED:
        way.suspicions.append(sample.day)
    if way.state not in NOT_UNDONE and drugs == NONE and _ends_lows(way, sample, fgf23):
        way.lows, way.seen["proof"] = [], None


def _ends_lows(way: Course, sample: Sample, fgf23: Level | None) -> bool:
    """Does this phosphate end what the low ones before it began?"""
    if sample.phosphate in (None, Level.LOW) or sample.doubts:
        return False
    return fgf23 is not Level.HIGH or sample.phosphate is not Level.NORMAL


def _speaks_for_disease(state: State, sample: Sample, fgf23: Level | None) -> bool:
    """Does FGF23 beside a low phosphate mean disease? After remission a normal one does too.

    Unless it may be suppressed: then something else lowers phosphate.
    """
    if fgf23 is Level.NORMAL:
        return state in AFTER_REMISSION and not sample.may_be_suppressed
    return fgf23 is Level.HIGH


def _count_low(way: Course, sample: Sample, fgf23: Level | None, *, masked: bool, on: date) -> None:
    """A low phosphate counts even on drugs once the disease was gone; before, off supplements."""
    if way.state is State.RECURRENCE_SUSPECTED or (way.state in LOW_WITHOUT_DRUGS and not masked):
        way.lows.append(sample)
    elif way.state is State.REMISSION:
        shown = sample.tmp_gfr is Level.LOW or _speaks_for_disease(way.state, sample, fgf23)
        way.lows, way.seen["proof"] = [sample], sample if shown else None
    elif way.state not in NOT_UNDONE and not masked and not _is_early(way, sample.day, on):
        shown = sample.tmp_gfr is Level.LOW
        raised = way.seen.get("fgf23") if way.fgf23 is Level.HIGH else None
        way.lows, way.seen["proof"] = [sample], sample if shown else raised


def _is_early(way: Course, day: date, on: date) -> bool:
    return (day - way.operated).days < TABLE.whole("persistence_from_day", on)


def ends_on(way: Course, on: date) -> date | None:
    """On which day does this state end by itself, if nothing is measured before?"""
    if way.state is not State.BIOCHEM_REMISSION_ALP_PENDING:
        return None
    return _alp_may_lag_until(way.operated, on)


@lru_cache(maxsize=1024)
def _alp_may_lag_until(operated: date, on: date) -> date:
    return months_after(operated, TABLE.whole("alp_may_lag", on))


def _let_time_pass(way: Course, day: date, on: date) -> None:
    """What has ended by itself by this day?"""
    ends = ends_on(way, on)
    if ends is not None and ends <= day:
        _look(way, None, drugs=NONE, day=ends, on=on)


def _look(way: Course, sample: Sample | None, *, drugs: str, day: date, on: date) -> None:
    """Which row of the table speaks now? It changes the state, or keeps it."""
    row = _row(*_facts(way, sample, drugs=drugs, day=day, on=on))
    if row.then in (STAYS, way.state):
        return
    because = (id for what in row.more.get("because", ()) for id in _source(way, sample, what))
    before, way.state, way.since = way.state, State(row.then), day
    way.steps.append(Step(day, way.state, row.rule, tuple(dict.fromkeys(because)), before))


ASKED = (
    *("from", "phosphate", "drugs", "day", "alp", "fgf23", "fgf23_today", "alp_lag", "lows"),
    *("disease", "spread"),
)
"""What the table asks for, in this order."""


@lru_cache(maxsize=4096)
def _row(*facts: str) -> OrderedRow:
    """Which row stands for these facts? The same samples come again and again."""
    return TABLE.first("transitions", dict(zip(ASKED, facts, strict=True)))


def _facts(
    way: Course, sample: Sample | None, *, drugs: str, day: date, on: date
) -> tuple[str, ...]:
    """What the table asks for."""
    raised_today = sample is not None and sample.fgf23 is Level.HIGH and drugs != BUROSUMAB
    in_range = way.fgf23 in (Level.NORMAL, Level.LOW)
    return (
        way.state,
        _phosphate(sample),
        drugs,
        "early" if _is_early(way, day, on) else "late",
        way.alp if way.alp in (Level.NORMAL, Level.HIGH) else "other",
        "in_range" if in_range else "high" if way.fgf23 is Level.HIGH else "unknown",
        "high" if raised_today else "other",
        "within" if day < _alp_may_lag_until(way.operated, on) else "past",
        "apart" if _far_apart(way, on) else "close",
        "not_shown" if way.seen.get("proof") is None else "shown",
        "not_proven" if way.spread is None else "proven",
    )


def _phosphate(sample: Sample | None) -> str:
    if sample is None or sample.phosphate in (None, Level.UNDETERMINED):
        return "none"
    return "doubtful" if sample.doubts and sample.phosphate is Level.NORMAL else sample.phosphate


def _far_apart(way: Course, on: date) -> bool:
    """Do the low phosphates lie as far apart as this state waits for?"""
    if not way.lows:
        return False
    if way.state is State.RECURRENCE_SUSPECTED:
        apart, within = TABLE.whole("recurrence_apart", on), TABLE.whole("recurrence_within", on)
        days = [sample.day for sample in way.lows]
        return any(apart <= (later - day).days <= within for day in days for later in days)
    first, last = way.lows[0].day, way.lows[-1].day
    return (last - first).days >= TABLE.whole("persistence_apart", on)


def _source(way: Course, sample: Sample | None, what: str) -> tuple[str, ...]:
    """Which results said this?"""
    if what == "spread":
        return () if way.spread is None else way.spread.ids
    if what == "lows":
        return tuple(id for low in way.lows for id in low.said("phosphate"))
    names = ("tmp_gfr", "fgf23") if what == "proof" else (what,)
    one = sample if what == "phosphate" else way.seen.get(what)
    return () if one is None else one.said(*names)


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where that day is missing."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise OverflowError("beyond the last year there is")
