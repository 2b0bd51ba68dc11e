"""How near was it? Each decisive value, the limit that decided, and how exactly it is measured."""

from knowledge.rows import Bands
from knowledge.rules import fgf23, hypophosphatemia, margin, renal_phosphate
from knowledge.rules.kidney_function import TABLE as KIDNEY
from knowledge.rules.margin import Precision
from knowledge.rules.non_renal import TABLE as NON_RENAL
from knowledge.rules.reference_intervals import Level
from knowledge.site import FGF23_CUT
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.quantity import Quantity
from services.assessment.asking import Asking
from services.assessment.contract import Margin

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
            round(percent, margin.ROUND),
            round(precision.percent, margin.ROUND),
            margin.within(percent, precision),
            rule,
            list(precision.sources),
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
    for name, rule in (("urgent_below", "H-04"), ("severe_below", "H-04")):
        limit = float(hypophosphatemia.TABLE.number(name, on))
        if margin.within(margin.difference(value, limit), precision):
            _add(found, "s_phos", inputs, value, limit, unit, rule, precision)


def _kidney(stages: Asking, found: list[Margin]) -> None:
    on, handling, filtered = stages.on, stages.handling, stages.egfr
    if filtered is not None and filtered.comparator is None:
        bands, inputs = KIDNEY.bands["filtration"].on(on), stages.egfr_inputs
        _in_bands(found, "egfr", inputs, filtered, bands, "V-06", margin.of_filtration(on))
    if handling is None:
        return
    inputs, lost, threshold = list(handling.inputs), handling.excreted, handling.threshold
    if lost is not None and lost.comparator is None:
        bands = renal_phosphate.TABLE.bands["fepo4"].on(on)
        rule = stages.renal_rule
        _in_bands(found, "fepo4", inputs, lost, bands, rule, margin.of_excretion(on))
    if threshold is None or threshold.comparator or stages.filtration not in ("read", "warn"):
        return
    kept = handling.reabsorbed
    precision = margin.precision_of("s_phos", on)
    child = bool(stages.picture.child)
    if kept is not None and not handling.reported:
        precision = margin.of_threshold(float(kept.value), child=child, on=on)
    limit = renal_phosphate.threshold_limit(threshold, stages.subject)
    if limit is not None:
        rule = stages.renal_rule
        value = float(threshold.value)
        _add(found, "tmp_gfr", inputs, value, limit, threshold.unit, rule, precision)


def _hormones(stages: Asking, found: list[Margin]) -> None:
    on, subject = stages.on, stages.subject
    result = stages.case.newest("s_fgf23_i")
    if result is not None and stages.picture.fgf23 in READABLE:
        assay = fgf23.assay_named(result.assay)
        bands = None
        if assay is not None and assay in fgf23.TABLE.bands:
            bands = fgf23.TABLE.bands[assay].on(on)
            if subject.site is not None:
                bands = subject.site.bands(FGF23_CUT.format(assay=assay), on) or bands
        if bands is not None and result.value.comparator is None:
            rule = fgf23.rule_of(bands.band_of(result.value.value), str(assay))
            precision = margin.precision_of("s_fgf23_i", on)
            _in_bands(found, "s_fgf23_i", [result.id], result.value, bands, rule, precision)
    _upper(stages, found, stages.case.newest("s_pth"), "P-01")


def _minerals(stages: Asking, found: list[Margin]) -> None:
    on = stages.on
    vitamin = stages.case.newest("s_25ohd")
    if vitamin is not None and vitamin.value.comparator is None:
        bands, precision = NON_RENAL.bands["vitamin_d"].on(on), margin.precision_of("s_25ohd", on)
        _in_bands(found, "s_25ohd", [vitamin.id], vitamin.value, bands, "N-03", precision)
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


def _in_bands(
    found: list[Margin],
    quantity: str,
    inputs: list[str],
    value: Quantity,
    bands: Bands,
    rule: str,
    precision: Precision,
) -> None:
    number = float(value.value)
    limit = margin.nearest_limit(number, bands)
    _add(found, quantity, inputs, float(f"{number:.6g}"), limit, value.unit, rule, precision)
