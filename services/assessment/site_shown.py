"""An answer as a site wishes to see it: its units, and what of its settings was used. Pure."""

from decimal import Decimal

from knowledge.site import SiteInUse
from knowledge.terms.analyte import ANALYTES, Analyte
from services.assessment.contract import Amount, Assessment, Caveat, Range, SiteUsed
from services.assessment.intake import Case
from services.assessment.notes import caveat, shown

CUT_OFF = "site_cut_off"


def as_the_site_shows_it(answer: Assessment, case: Case, site: SiteInUse) -> Assessment:
    """The same conclusions in the site's units, with what was used of its settings."""
    if site.site.preferred_units:
        _show_results(answer, case, site)
        _show_derived(answer, site)
    if site.decided:
        text = caveat(CUT_OFF).text
        answer.caveats.append(Caveat(CUT_OFF, f"{text} It is {', '.join(site.decided)}."))
    answer.site = SiteUsed(site.site.version, list(site.used))
    return answer


def _show_results(answer: Assessment, case: Case, site: SiteInUse) -> None:
    """What was sent stays as it was sent; beside it stands the same in the site's unit."""
    measured = {one.id: one for results in case.by_analyte.values() for one in results}
    for interpreted in answer.interpretations:
        result = measured[interpreted.observation]
        analyte = result.analyte
        unit = site.preferred_unit(analyte.key)
        if unit is None or unit == interpreted.converted.unit:
            continue
        if unit == result.printed.unit:
            interpreted.converted = Amount(float(result.printed.value), unit)
        elif analyte.working[unit] == result.value.unit:
            value = result.value.value / analyte.factors[unit]
            interpreted.converted = Amount(shown(value), unit)


def _show_derived(answer: Assessment, site: SiteInUse) -> None:
    for derived in answer.derived:
        analyte = ANALYTES.get(derived.quantity)
        unit = None if analyte is None else site.preferred_unit(analyte.key)
        if analyte is None or unit is None or unit == derived.unit:
            continue
        if analyte.working[unit] != analyte.working[derived.unit]:
            continue
        span = derived.reference_range
        derived.value = _converted(analyte, derived.value, derived.unit, unit)
        if span is not None:
            derived.reference_range = Range(
                *(
                    None if end is None else _converted(analyte, end, derived.unit, unit)
                    for end in (span.low, span.high)
                )
            )
        derived.unit = unit


def _converted(analyte: Analyte, value: float, unit: str, wanted: str) -> float:
    factor = analyte.factors[unit] / analyte.factors[wanted]
    return shown(Decimal(repr(value)) * factor)
