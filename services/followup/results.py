"""Results as the rules read them: what is believed, at which level, and what one day says."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from knowledge.rules import (
    fgf23_beside_low,
    own_interval,
    reference_intervals,
    renal_phosphate,
    surveillance,
)
from knowledge.rules.reference_intervals import Level, level_between
from knowledge.rules.remission import Sample
from knowledge.terms.analyte import ANALYTES, BY_LOINC, Analyte
from knowledge.terms.observation import Observation, ReferenceRange
from knowledge.terms.person import Subject
from knowledge.terms.quantity import Comparator, NotConvertible, Quantity, UnknownUnit
from services.followup import contract
from services.followup.contract import Rejected
from services.followup.doubts import counts

FGF23 = ("s_fgf23_i", "s_fgf23_c")
ALP = ("s_alp", "s_balp")
FOR_TMP_GFR = ("tmp_gfr", "u_phos", "s_creat", "u_creat")

NO_DOUBTS: Mapping[str, tuple[str, ...]] = {}

Levels = Mapping[str, Level]
"""The level of each result, by its id."""


def believed(sent: contract.Observation) -> Observation | Rejected:
    """The result as the rules read it; what cannot be read is named and left out."""
    try:
        analyte = _analyte(sent)
        unit = analyte.read_unit(sent.unit)
        printed = Quantity(_number(sent.value), unit, _comparator(sent.comparator))
        value = analyte.to_working_unit(printed)
    except (UnknownUnit, NotConvertible, ValueError) as wrong:
        return Rejected(observation=sent.id, reason=str(wrong))
    if sent.taken_at is None:
        reason = "without its time a result has no place in a history"
        return Rejected(observation=sent.id, reason=reason)
    own = sent.reference_range
    return Observation(
        id=sent.id,
        analyte=analyte,
        printed=printed,
        value=value,
        taken_at=sent.taken_at,
        fasting=sent.fasting,
        collection_id=sent.collection_id,
        reference_range=_ends_of(own) if own else None,
        assay=sent.assay,
        flags=frozenset(sent.flags),
        specimen=sent.specimen,
    )


def _ends_of(own: contract.ReferenceRange) -> ReferenceRange:
    """Both ends; "0 - 1.5" is an upper end only: nothing lies below nought."""
    low = own.low if own.low is not None and own.low > 0 else None
    return ReferenceRange(low, own.high)


def _analyte(sent: contract.Observation) -> Analyte:
    by_key = ANALYTES.get(sent.analyte) if sent.analyte else None
    by_code = BY_LOINC.get(sent.loinc) if sent.loinc else None
    if by_key is not None and by_code is not None and by_key is not by_code:
        raise ValueError("analyte and LOINC code name different things")
    found = by_key or by_code
    if found is None:
        raise ValueError("this analyte is not known")
    return found


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("the value is no number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("the value is no number") from None
    if not number.is_finite() or number < 0:
        raise ValueError("the value cannot be")
    return number


def _comparator(given: str | None) -> Comparator | None:
    return None if given is None else Comparator(given)


def level_of(observation: Observation, subject: Subject) -> Level:
    """Low, normal or high? The laboratory's interval first, then the tables, then the fallback.

    By an interval that cannot be one, nobody knows.
    """
    child = reference_intervals.is_child(subject)
    if own_interval.cannot_be(observation, None if child is None else not child):
        return Level.UNDETERMINED
    read = reference_intervals.read(observation, subject)
    unread = read.level is Level.UNDETERMINED and observation.reference_range is None
    if unread and observation.analyte.key == "s_phos" and not child:
        low, high = surveillance.fallback_phosphate(subject.on)
        return level_between(observation.value, low.value, high.value)
    return read.level


def sample_of(
    day: date,
    taken: Sequence[Observation],
    levels: Levels,
    subject: Subject,
    doubts: Mapping[str, tuple[str, ...]] = NO_DOUBTS,
) -> Sample:
    """What the samples of one day say together."""
    first = min((o.taken_at for o in taken if o.taken_at), default=None)
    phosphate = [o for o in taken if o.analyte.key == "s_phos"]
    sure = [o for o in taken if counts(levels[o.id], doubts.get(o.id, ()))]
    alp = [o for o in sure if o.analyte.key in ALP]
    fgf23 = [o for o in sure if o.analyte.key in FGF23]
    read = _last_known(phosphate, levels)
    normal = _last_known(fgf23, levels)
    return Sample(
        at=(phosphate[-1].taken_at if phosphate else None)
        or first
        or datetime.combine(day, time(), UTC),
        phosphate=_one(phosphate, levels),
        alp=_one(alp, levels),
        fgf23=_one(fgf23, levels),
        tmp_gfr=_threshold(taken, levels, subject),
        doubts=() if read is None else doubts.get(read.id, ()),
        may_be_suppressed=normal is not None
        and levels[normal.id] is Level.NORMAL
        and fgf23_beside_low.may_be_suppressed(normal, subject),
        ids=tuple(o.id for o in taken),
        named={
            "phosphate": tuple(o.id for o in phosphate[-1:]),
            "alp": tuple(o.id for o in alp),
            "fgf23": tuple(o.id for o in fgf23),
            "tmp_gfr": tuple(o.id for o in taken if o.analyte.key in FOR_TMP_GFR),
        },
    )


def reading_order(observation: Observation) -> tuple[timedelta, str, Decimal, str]:
    """Which of two results is read later? The worse one, where both are of the same moment.

    So nothing depends on which of them arrived first, and doubt never shows a cure.
    """
    key, value = observation.analyte.key, observation.value.value
    worse = -value if key == "s_phos" else value
    return observation.moment or timedelta.min, key, worse, observation.id


def _one(found: Sequence[Observation], levels: Levels) -> Level | None:
    last = _last_known(found, levels)
    return None if last is None else levels[last.id]


def _last_known(found: Sequence[Observation], levels: Levels) -> Observation | None:
    known = [one for one in found if levels[one.id] is not Level.UNDETERMINED]
    return known[-1] if known else None


def _threshold(taken: Sequence[Observation], levels: Levels, subject: Subject) -> Level | None:
    """TmP/GFR of that day: as reported, else from blood and urine taken together."""
    reported = _one([o for o in taken if o.analyte.key == "tmp_gfr"], levels)
    if reported is not None:
        return reported
    by_analyte: dict[str, list[Observation]] = {}
    for observation in taken:
        by_analyte.setdefault(observation.analyte.key, []).append(observation)
    interval = reference_intervals.interval_for("tmp_gfr", subject)
    for pair in renal_phosphate.pairs(by_analyte, subject.on):
        handling = renal_phosphate.handling_of(pair, subject)
        if handling is not None and handling.threshold is not None and interval is not None:
            return level_between(handling.threshold, interval.low, interval.high)
    return None
