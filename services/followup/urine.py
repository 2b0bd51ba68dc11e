"""How much calcium the urine holds, and whether that calls up a safety rule."""

from collections.abc import Iterator
from decimal import Decimal

from knowledge.rules import follow_up_safety as safety
from knowledge.rules import urine_day, urine_ratios
from knowledge.terms.quantity import Quantity
from services.followup.view import Facts, Reading, View, beside, but


def urine_calcium(view: View) -> Iterator[Reading]:
    """Of a day by weight and sex, of a spot urine by its creatinine."""
    weight, sex, on = view.history.weight_kg, view.history.subject.sex, view.on
    for one in view.of("u_ca_24h"):
        high = safety.urine_calcium_high(one.printed, weight, sex, on)
        yield _wanting(view.read("urine_calcium_day", {"MON-08": high}, one), weight)
    for one in view.of("u_ca_creat"):
        high = safety.urine_ratio_high(one.printed, one.value, on)
        yield view.read("urine_calcium_spot", {"MON-08": high}, one)
    for one in view.of("u_ca"):
        volume = urine_day.collected_with(one, view.of("u_vol_24h"), on)
        if volume is not None and (amount := urine_day.amount_of(one, volume)):
            high = safety.urine_calcium_high(amount, weight, sex, on)
            reading = view.read("urine_calcium_day", {"MON-08": high}, one, volume)
            yield _wanting(but(reading, printed=amount, value=amount), weight)
            continue
        creatinine = beside(one, view.of("u_creat"), on)
        if creatinine is None or creatinine.value.comparator or not creatinine.value.value:
            text = "calcium in a spot urine needs its creatinine"
            reading = view.read("urine_calcium_spot", {"MON-08": None}, one)
            yield but(reading, problem=text)
            continue
        ratio = urine_ratios.to_creatinine(one.value.value, creatinine.value.value)
        ratio = Quantity(ratio.value, ratio.unit, one.value.comparator)
        shown = urine_ratios.by_mass(urine_ratios.CALCIUM_RATIO, ratio)
        facts: Facts = {"MON-08": safety.urine_ratio_high(shown, ratio, on)}
        reading = view.read("urine_calcium_spot", facts, one, creatinine)
        yield but(reading, printed=shown, value=ratio)


def _wanting(reading: Reading, weight: Decimal | None) -> Reading:
    text = "body weight is not known" if weight is None else "sex is not known"
    return but(reading, problem=text) if reading.facts["MON-08"] is None else reading
