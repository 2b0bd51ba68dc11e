"""What a urine holds: in a day, for its creatinine, and of what was filtered (2.7 to 2.9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from knowledge.rules import renal_phosphate, urine_day, urine_ratios
from knowledge.rules.reference_intervals import Level, ends_in, interval_for, level_between
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.person import Sex, Subject
from knowledge.terms.quantity import Quantity
from services.assessment.intake import Case
from services.assessment.notes import Notes

SPEC = ["specification-assessment"]
CALCIUM_BY_MASS = f"{urine_ratios.CALCIUM_RATIO}_mass"


@dataclass(slots=True)
class Urine:
    """What the urine says: calcium for creatinine, and what is in a day."""

    calcium_ratio: Quantity | None = None
    phosphate_day: Quantity | None = None
    creatinine_day: Quantity | None = None
    complete: bool | None = None


def read_urine(case: Case, notes: Notes, subject: Subject) -> Urine:
    """What do the urines say? Everything that was computed is noted."""
    urine = Urine()
    reported = case.newest(urine_ratios.CALCIUM_RATIO)
    if reported is not None:
        urine.calcium_ratio = reported.value
    for result in case.by_analyte.get(urine_ratios.PHOSPHATE_RATIO, ()):
        _phosphate_ratio(notes, subject, result.value, [result.id], reported=True)
    void = case.newest("u_creat")
    if void is not None and void.value.value > 0 and void.value.comparator is None:
        _of_one_void(case, notes, subject, void, urine)
    if urine_day.VOLUME in case.by_analyte or "u_creat_24h" in case.by_analyte:
        _of_a_day(case, notes, subject, urine)
    return urine


def _of_one_void(case: Case, notes: Notes, subject: Subject, void: Measured, urine: Urine) -> None:
    hours = renal_phosphate.TABLE.whole("pair_within", subject.on)
    calcium = _with(void, case.by_analyte.get("u_ca", ()), hours)
    phosphate = _with(void, case.by_analyte.get("u_phos", ()), hours)
    urate = _with(void, case.by_analyte.get("u_urate", ()), hours)
    if calcium is not None:
        ratio = urine_ratios.to_creatinine(calcium.value.value, void.value.value)
        urine.calcium_ratio = ratio
        _calcium_ratio(notes, subject, ratio, [calcium.id, void.id])
    if phosphate is not None:
        ratio = urine_ratios.to_creatinine(phosphate.value.value, void.value.value)
        _phosphate_ratio(notes, subject, ratio, [phosphate.id, void.id])
    if calcium is None and urate is None:
        return
    creatinine = _with(void, case.by_analyte.get("s_creat", ()), hours)
    if creatinine is None:
        return
    serum = calcium and _with(void, case.by_analyte.get("s_ca", ()), hours)
    if calcium is not None and serum:
        _calcium_lost(notes, subject, (calcium, serum, creatinine, void))
    serum = urate and _with(void, case.by_analyte.get("s_urate", ()), hours)
    if urate is not None and serum:
        share = _share((urate, serum, creatinine, void))
        level, sources = urine_ratios.urate_level(share, subject.on)
        inputs = [urate.id, serum.id, creatinine.id, void.id]
        key = urine_ratios.URATE_LOST
        notes.derive(key, share, level, None, "fractional-excretion", inputs, sources)


def _with(void: Measured, candidates: Sequence[Measured], hours: int) -> Measured | None:
    """The newest of them from the same collection, if it is a plain positive number."""
    for one in reversed(candidates):
        if one.value.comparator is None and one.value.value > 0:
            timeless = void.taken_at is None and one.taken_at is None
            alone = timeless and len(candidates) == 1 and one.collection_id == void.collection_id
            if alone or renal_phosphate.together(void, one, hours):
                return one
    return None


def _share(four: tuple[Measured, Measured, Measured, Measured]) -> Quantity:
    urine, serum, creatinine, void = four
    lost = urine_ratios.share_lost(
        urine.value.value, serum.value.value, creatinine.value.value, void.value.value
    )
    return Quantity(lost, "%")


def _calcium_ratio(notes: Notes, subject: Subject, ratio: Quantity, inputs: list[str]) -> None:
    key, limit = urine_ratios.CALCIUM_RATIO, urine_ratios.calcium_limit(subject)
    level, high, sources = Level.UNDETERMINED, None, ["matos-1997"]
    if limit is not None:
        level, high = level_between(ratio, None, limit.high), limit.high
        sources = list(limit.citation.source)
    span = None if high is None else (None, high)
    notes.derive(key, ratio, level, span, key, inputs, sources)
    mass = urine_ratios.by_mass(key, ratio)
    if high is not None:
        span = None, urine_ratios.by_mass(key, Quantity(high, ratio.unit)).value
    notes.derive(CALCIUM_BY_MASS, mass, level, span, key, inputs, sources)


def _phosphate_ratio(
    notes: Notes, subject: Subject, ratio: Quantity, inputs: list[str], *, reported: bool = False
) -> None:
    key, limits = urine_ratios.PHOSPHATE_RATIO, urine_ratios.phosphate_limit(subject)
    if limits is None:
        if not reported:
            notes.derive(key, ratio, Level.UNDETERMINED, None, key, inputs, ["matos-1997"])
        return
    lowest, highest, sources = limits
    level = urine_ratios.phosphate_level(ratio, lowest, highest)
    span = (None, highest) if lowest == highest else None
    notes.derive(key, ratio, level, span, key, inputs, list(sources))


def _calcium_lost(
    notes: Notes, subject: Subject, four: tuple[Measured, Measured, Measured, Measured]
) -> None:
    inputs, total = [one.id for one in four], _share(four)
    free = Quantity(total.value / urine_ratios.ultrafiltrable(subject.on), "%")
    for key, share in (
        (urine_ratios.CALCIUM_LOST, total),
        (urine_ratios.CALCIUM_LOST_FREE, free),
    ):
        notes.derive(
            key, share, Level.UNDETERMINED, None, "fractional-excretion", inputs, list(SPEC)
        )


def _of_a_day(case: Case, notes: Notes, subject: Subject, urine: Urine) -> None:
    urine.phosphate_day, _ = _amount(case, notes, subject, "u_phos")
    urine.creatinine_day, inputs = _amount(case, notes, subject, "u_creat")
    _amount(case, notes, subject, "u_ca")
    if urine.creatinine_day is not None:
        _clearance(case, notes, subject, urine.creatinine_day, inputs)
        female = {Sex.FEMALE: True, Sex.MALE: False}.get(subject.sex)
        urine.complete = renal_phosphate.complete_collection(
            urine.creatinine_day, case.findings.weight_kg, female, subject.on
        )
    if urine.complete is None:
        notes.caveat("collection_unchecked")
    elif not urine.complete:
        notes.caveat("collection_incomplete")


def _amount(
    case: Case, notes: Notes, subject: Subject, key: str
) -> tuple[Quantity | None, list[str]]:
    """The amount in a day: as it was sent, else from concentration and volume."""
    day = urine_day.PER_DAY[key]
    sent = case.newest(day)
    if sent is not None:
        return sent.value, [sent.id]
    volumes = case.by_analyte.get(urine_day.VOLUME, ())
    for concentration in reversed(case.by_analyte.get(key, ())):
        volume = urine_day.collected_with(concentration, volumes, subject.on)
        amount = volume and urine_day.amount_of(concentration, volume)
        if volume is None or not amount:
            continue
        if concentration.specimen is None:
            notes.caveat("urine_kind_unclear")
        interval = interval_for(day, subject)
        level, span, sources = Level.UNDETERMINED, None, SPEC
        if interval is not None:
            span = ends_in(interval, ANALYTES[day], amount.unit)
            level, sources = level_between(amount, *span), list(interval.citation.source)
        inputs = [concentration.id, volume.id]
        notes.derive(day, amount, level, span, urine_day.AMOUNT, inputs, list(sources))
        return amount, inputs
    return None, []


def _clearance(
    case: Case, notes: Notes, subject: Subject, per_day: Quantity, inputs: list[str]
) -> None:
    serum = case.newest("s_creat")
    if serum is None or serum.value.comparator or per_day.comparator or serum.value.value <= 0:
        return
    cleared: Decimal = urine_day.creatinine_clearance(per_day.value, serum.value.value, subject.on)
    quantity = Quantity(cleared, "mL/min")
    formula = urine_day.CLEARANCE
    notes.derive(
        "crcl", quantity, Level.UNDETERMINED, None, formula, [*inputs, serum.id], list(SPEC)
    )
