"""How near was it? Each decisive value, the limit that decided, and how exactly it is measured."""

from knowledge.rules import fgf23, hypophosphatemia, margin, renal_phosphate
from knowledge.rules.margin import Precision
from knowledge.rules.reference_intervals import Level
from knowledge.site import FGF23_CUT, TMP_GFR_CUT
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.person import Subject
from knowledge.terms.quantity import Quantity
from services.assessment.asking import Asking
from services.assessment.contract import Margin
from services.assessment.notes import shown

NEAR = "near_limit"
READABLE = (fgf23.MEDIATED, fgf23.GREY, fgf23.SUPPRESSED)


def margins(stages: Asking) -> list[Margin]:
    """How near was each value that decided? What is near enough to turn over is a caveat."""
    found: list[Margin] = []
    _phosphate(stages, found)
    if stages.picture.is_low:
        _kidney(stages, found)
        _hormones(stages, found)
        _minerals(stages, found)
    for one in found:
        if one.within_imprecision:
            side = "above" if one.difference_percent >= 0 else "below"
            stages.case.ask(
                NEAR,
                f"{one.quantity} {one.value:g} {one.unit}, {abs(one.difference_percent):g} % "
                f"{side} {one.limit:g} ({one.rule})",
            )
    return found


def _add(
    found: list[Margin],
    quantity: str,
    inputs: list[str],
    value: float,
    limit: float,
    unit: str,
    rule: str,
    precision: Precision,
) -> None:
    percent = margin.difference(value, limit)
    found.append(
        Margin(
            quantity,
            inputs,
            value,
            limit,
            unit,
            margin.tenths(percent),
            precision.shown,
            margin.within(percent, precision),
            rule,
            precision.sources,
            precision.read_status,
        )
    )


def _phosphate(stages: Asking, found: list[Margin]) -> None:
    samples, on = stages.samples, stages.on
    low = [sample for sample in samples if sample.low]
    if not samples:
        return
    sample = (low or samples)[-1]
    result, reading = sample.observation, sample.reading
    if result.value.comparator is not None:
        return
    precision, inputs = margin.precision_of("s_phos", on), [result.id]
    if reading.low:
        rule = "H-03" if stages.picture.child else "H-01"
        value, limit = float(result.printed.value), float(reading.low)
        unit = result.printed.unit
        _add(found, "s_phos", inputs, value, limit, unit, rule, precision)
    if not low:
        return
    value, unit = float(result.value.value), result.value.unit
    for name in ("urgent_below", "severe_below"):
        limit = float(hypophosphatemia.TABLE.number(name, on))
        if margin.within(margin.difference(value, limit), precision):
            _add(found, "s_phos", inputs, value, limit, unit, "H-04", precision)


def _kidney(stages: Asking, found: list[Margin]) -> None:
    on, handling, filtered = stages.on, stages.handling, stages.egfr
    if filtered is not None and filtered.comparator is None:
        limits = margin.limits_of("kidney", "filtration", on)
        inputs, precision = stages.egfr_inputs, margin.of_filtration(on)
        _nearest(found, "egfr", inputs, filtered, limits, "V-06", precision)
    if handling is None:
        return
    inputs, lost, threshold = list(handling.inputs), handling.excreted, handling.threshold
    if lost is not None and lost.comparator is None:
        limits = margin.limits_of("renal", "fepo4", on)
        rule, precision = stages.renal_rule, margin.of_excretion(on)
        _nearest(found, "fepo4", inputs, lost, limits, rule, precision)
    if threshold is None or threshold.comparator or stages.filtration not in ("read", "warn"):
        return
    kept, precision = handling.reabsorbed, margin.precision_of("s_phos", on)
    if kept is not None and not handling.reported:
        child = bool(stages.picture.child)
        precision = margin.of_threshold(float(kept.value), child=child, on=on)
    limits = _threshold_limits(stages.subject)
    if limits:
        _nearest(found, "tmp_gfr", inputs, threshold, limits, stages.renal_rule, precision)


def _threshold_limits(subject: Subject) -> tuple[float, ...]:
    on, age = subject.on, subject.age
    if age is not None and age >= renal_phosphate.TABLE.number("adult_formula_from", on):
        own = None if subject.site is None else subject.site.bands(TMP_GFR_CUT, on)
        if own is None:
            return margin.limits_of("renal", "tmp_gfr_adult", on)
        return margin.between(own)
    lowest = renal_phosphate.lower_limit(subject)
    return () if lowest is None else (float(lowest.value),)


def _hormones(stages: Asking, found: list[Margin]) -> None:
    on, subject = stages.on, stages.subject
    result = stages.case.newest("s_fgf23_i")
    if result is not None and stages.picture.fgf23 in READABLE:
        assay = fgf23.assay_named(result.assay)
        if assay is not None and assay in fgf23.TABLE.bands and result.value.comparator is None:
            own = None
            if subject.site is not None:
                own = subject.site.bands(FGF23_CUT.format(assay=assay), on)
            bands = fgf23.TABLE.bands[assay].on(on) if own is None else own
            limits = margin.between(own) if own else margin.limits_of("fgf23", assay, on)
            rule = fgf23.rule_of(bands.band_of(result.value.value), assay)
            precision = margin.precision_of("s_fgf23_i", on)
            _nearest(found, "s_fgf23_i", [result.id], result.value, limits, rule, precision)
    _upper(stages, found, stages.case.newest("s_pth"), "P-01")


def _minerals(stages: Asking, found: list[Margin]) -> None:
    on = stages.on
    vitamin = stages.case.newest("s_25ohd")
    if vitamin is not None and vitamin.value.comparator is None:
        limits = margin.limits_of("vitamin_d", "vitamin_d", on)
        precision = margin.precision_of("s_25ohd", on)
        _nearest(found, "s_25ohd", [vitamin.id], vitamin.value, limits, "N-03", precision)
    ionised = stages.case.newest("s_ca_ion")
    if ionised is not None:
        _upper(stages, found, ionised, "P-01")
        return
    for one in reversed(stages.notes.derived):
        span = one.reference_range
        if one.quantity == "s_ca_adj" and span is not None and span.high:
            precision = margin.precision_of("s_ca_adj", on)
            _add(found, "s_ca_adj", one.inputs, one.value, span.high, one.unit, "P-01", precision)
            return


def _upper(stages: Asking, found: list[Margin], result: Measured | None, rule: str) -> None:
    """Against the upper limit it was read by."""
    if result is None or result.value.comparator is not None:
        return
    reading, key = stages.readings[result.id], result.analyte.key
    if reading.high and reading.level is not Level.UNDETERMINED:
        value, limit = float(result.printed.value), float(reading.high)
        precision = margin.precision_of(key, stages.on)
        _add(found, key, [result.id], value, limit, result.printed.unit, rule, precision)


def _nearest(
    found: list[Margin],
    quantity: str,
    inputs: list[str],
    value: Quantity,
    limits: tuple[float, ...],
    rule: str,
    precision: Precision,
) -> None:
    number = shown(value.value)
    limit = margin.nearest_limit(number, limits)
    _add(found, quantity, inputs, number, limit, value.unit, rule, precision)
