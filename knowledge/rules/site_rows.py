"""May this one row of a site's settings stand? As strict as with a row of our own tables."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from knowledge.rows import Band, Bands, Citation, Interval
from knowledge.rules import fgf23, hypophosphatemia, reference_intervals, renal_phosphate, validity
from knowledge.site import FGF23_CUT
from knowledge.site import SITE as OWN
from knowledge.tables import Table
from knowledge.terms.analyte import ANALYTES, Analyte
from knowledge.terms.person import DAYS_PER_YEAR, Sex, Subject
from knowledge.terms.quantity import NotConvertible, Quantity, UnknownUnit
from knowledge.terms.site_settings import Fgf23CutOff, IntervalOfSite, TmpGfrCutOff

TABLE = Table.beside(str(Path(__file__).with_name("site_settings.py")))
PHOSPHATE, TMP_GFR = "s_phos", "tmp_gfr"
FGF23_NAMES = (fgf23.SUPPRESSED, fgf23.GREY, fgf23.MEDIATED)
TMP_GFR_NAMES = ("low", "between", "kept")
YEAR = Decimal(1)


class Refusal(Exception):
    """This row may not stand: at which of its fields, a code, and why."""

    def __init__(self, step: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.step, self.code, self.reason = step, code, reason


def analyte_of(key: str, step: str) -> Analyte:
    """Which analyte is meant?"""
    analyte = ANALYTES.get(key)
    if analyte is None:
        raise Refusal(step, "unknown_analyte", "this analyte is not in the table")
    return analyte


def unit_of(analyte: Analyte, printed: str, step: str = "unit") -> str:
    """Which of its units was written?"""
    try:
        return analyte.read_unit(printed)
    except (UnknownUnit, NotConvertible) as unreadable:
        raise Refusal(step, "unit", str(unreadable)) from None


def assay_of(analyte: Analyte, printed: str | None) -> str | None:
    """Intact FGF23 is read by its assay only; no other analyte here depends on one."""
    if analyte.key != fgf23.INTACT_KEY:
        if printed is not None:
            raise Refusal("assay", "assay", "only intact FGF23 has intervals by assay")
        return None
    assay = fgf23.assay_named(printed)
    if assay is None:
        raise Refusal("assay", "assay", "an interval of intact FGF23 names an assay of the table")
    return assay


def interval_of(analyte: Analyte, row: IntervalOfSite, citation: Citation) -> Interval:
    """This interval, as one of the tables would be."""
    barred = TABLE.entry("no_interval", analyte.key)
    if barred is not None:
        raise Refusal("analyte", "not_overlaid", f"no own interval: {barred.fields['reason']}")
    unit = unit_of(analyte, row.unit)
    if row.low is None and row.high is None:
        raise Refusal("", "no_limit", "neither low nor high")
    if row.low is not None and row.high is not None and row.low >= row.high:
        raise Refusal("low", "order", "low is not below high")
    for step, limit in (("low", row.low), ("high", row.high)):
        if limit is not None:
            _believable(analyte, limit, unit, step)
    per_year = DAYS_PER_YEAR if row.age_unit == "d" else YEAR
    own = Interval(
        profile=OWN,
        sex=None if row.sex == "any" else Sex(row.sex),
        age_from=row.age_from / per_year,
        age_below=row.age_below / per_year,
        low=row.low,
        high=row.high,
        unit=unit,
        citation=citation,
    )
    if own.age_from >= own.age_below:
        raise Refusal("age_from", "order", "age_from is not below age_below")
    _check_low(analyte, own)
    return own


def _believable(analyte: Analyte, limit: Decimal, unit: str, step: str) -> Quantity:
    """A limit that no person's result could have was meant in another unit."""
    quantity = analyte.to_working_unit(Quantity(limit, unit))
    wrong = validity.impossible(analyte, quantity)
    if wrong is not None:
        raise Refusal(step, "impossible", f"{analyte.name} is {wrong}; check number and unit")
    return quantity


def _check_low(analyte: Analyte, own: Interval) -> None:
    needed = TABLE.entry("needs_low", analyte.key)
    if needed is not None and own.low is None:
        raise Refusal("low", "no_limit", needed.fields["reason"])
    on = own.citation.effective
    if analyte.key == PHOSPHATE and own.low is not None:
        # What the tables call severe is low, whoever sets the interval: nothing urgent hides.
        severe = hypophosphatemia.TABLE.value("severe_below", on)
        low = analyte.to_working_unit(Quantity(own.low, own.unit))
        if low.value < analyte.to_working_unit(severe).value:
            raise Refusal("low", "safety", "a severe phosphate would not be called low")
    if analyte.key == TMP_GFR and own.age_below > _adult_from(on):
        raise Refusal(
            "age_below",
            "not_overlaid",
            "an adult's TmP/GFR is read by its cut-off, by another formula than a child's;"
            " set cut_off tmp_gfr_adult",
        )


def same_people(one: Interval, other: Interval) -> bool:
    """Would both hold for one person on one day?"""
    return (
        one.citation.effective == other.citation.effective
        and (None in (one.sex, other.sex) or one.sex == other.sex)
        and one.age_from < other.age_below
        and other.age_from < one.age_below
    )


def fgf23_cut(row: Fgf23CutOff, citation: Citation) -> tuple[str, Bands]:
    """For which assay, and where does it cut?"""
    assay = fgf23.assay_named(row.assay)
    if assay is None or assay not in fgf23.TABLE.bands:
        known = ", ".join(fgf23.TABLE.bands)
        raise Refusal("assay", "not_overlaid", f"only these assays are read by a cut: {known}")
    ends = (("suppressed_below", row.suppressed_below), ("mediated_from", row.mediated_from))
    bands = _cut(ANALYTES[fgf23.INTACT_KEY], ends, row.unit, FGF23_NAMES, citation)
    return FGF23_CUT.format(assay=assay), bands


def tmp_gfr_cut(row: TmpGfrCutOff, citation: Citation) -> Bands:
    """Where does an adult's TmP/GFR stop being low, and where equivocal?"""
    ends = (("definite_below", row.definite_below), ("equivocal_below", row.equivocal_below))
    return _cut(ANALYTES[TMP_GFR], ends, row.unit, TMP_GFR_NAMES, citation)


def _cut(
    analyte: Analyte,
    ends: tuple[tuple[str, Decimal], tuple[str, Decimal]],
    printed: str,
    names: tuple[str, str, str],
    citation: Citation,
) -> Bands:
    """Three bands of a number line in the working unit; the middle one may be empty."""
    unit = unit_of(analyte, printed)
    lower, upper = (_believable(analyte, end, unit, step).value for step, end in ends)
    if lower <= 0:
        raise Refusal(ends[0][0], "order", "a cut-off lies above nought")
    if lower > upper:
        raise Refusal(ends[0][0], "order", f"{ends[0][0]} is above {ends[1][0]}")
    between = (Band(names[1], lower, upper),) if lower < upper else ()
    bands = (Band(names[0], None, lower), *between, Band(names[-1], upper, None))
    return Bands(analyte.unit, bands, citation)


def _adult_from(on: date) -> Decimal:
    return renal_phosphate.TABLE.number("adult_formula_from", on)


def adult_interval(bands: Bands, citation: Citation) -> Interval:
    """The interval shown with such a cut: its lower limit, and the upper one of the table."""
    on = citation.effective
    adult = reference_intervals.interval_for(TMP_GFR, Subject(on, age=_adult_from(on)))
    assert adult is not None
    low = bands.bands[0].below
    if low is not None and adult.high is not None and low >= adult.high:
        raise Refusal("definite_below", "order", "above the upper reference limit of TmP/GFR")
    return replace(adult, profile=OWN, low=low, unit=bands.unit, citation=citation)
