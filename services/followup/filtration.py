"""How well the kidney filters, and which safety rules that calls up."""

from collections.abc import Iterator

from knowledge.rules import follow_up_safety as safety
from knowledge.rules import kidney_function
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Quantity
from services.followup.view import Reading, View, turn


def filtration(view: View) -> Iterator[Reading]:
    """eGFR as reported, else from creatinine; each against the first and the one before."""
    reported = {one.day(view.on) for one in view.of("egfr")}
    found = [view.read("egfr", {}, one) for one in view.of("egfr")]
    for one in view.of("s_creat"):
        if one.day(view.on) not in reported:
            estimated = view.read("egfr", {}, one)
            estimated.value = _estimate(view, one)
            found.append(estimated)
    first: Quantity | None = None
    before: Quantity | None = None
    for reading in sorted(found, key=turn):
        egfr = reading.value
        if egfr is None:
            reading.facts = {"MON-12": None, "MON-13": None}
            reading.problem = "eGFR cannot be computed: age or sex is not known"
            yield reading
            continue
        fallen = safety.needs_nephrology(egfr, first, before, view.on)
        low = safety.contraindicates_burosumab(egfr, view.on)
        reading.facts, reading.printed = {"MON-12": fallen, "MON-13": low}, _shown(reading, egfr)
        if fallen:
            reading.limit = safety.nephrology_limit(egfr, first, before, view.on)
        if low:
            reading.saying = {"MON-13": view.saying("MON-13", reading.day)}
        first, before = first or egfr, egfr
        yield reading


def _shown(reading: Reading, egfr: Quantity) -> Quantity:
    """As it was sent; an estimate of our own in whole numbers, as laboratories report it."""
    if reading.source is not None and reading.source.analyte.key == "egfr":
        return reading.source.printed
    return Quantity(egfr.value.to_integral_value(), egfr.unit)


def _estimate(view: View, creatinine: Observation) -> Quantity | None:
    person = view.history.person
    age = person.age_on(creatinine.day(view.on))
    estimated = kidney_function.egfr_at(creatinine.value, age, person.sex, None, view.on)
    return None if estimated is None else estimated[0]
