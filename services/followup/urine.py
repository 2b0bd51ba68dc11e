"""How much calcium the urine holds, and whether that calls up a safety rule."""

from collections.abc import Iterator
from decimal import Decimal

from knowledge.rules import follow_up_safety as safety
from knowledge.rules import renal_phosphate, urine_day, urine_ratios
from knowledge.terms.observation import Observation
from knowledge.terms.person import Sex
from knowledge.terms.quantity import Quantity
from services.followup.view import Facts, Reading, View, beside, but

OF_A_DAY, SPOT = "urine_calcium_day", "urine_calcium_spot"
URINE_CALCIUM = (OF_A_DAY, SPOT)
"""What is measured: by the day, or by the creatinine of the same vessel."""


def urine_calcium(view: View) -> Iterator[Reading]:
    """Of a day by weight and sex, of a spot urine by its creatinine."""
    weight, sex, on = view.history.weight_kg, view.history.subject.sex, view.on
    for one in view.of("u_ca_24h"):
        high = safety.urine_calcium_high(one.printed, weight, sex, on)
        reading = view.read(OF_A_DAY, {"MON-08": high}, one)
        yield _checked(view, one, _wanting(reading, weight))
    for one in view.of("u_ca_creat"):
        high = safety.urine_ratio_high(one.printed, one.value, on)
        yield view.read(SPOT, {"MON-08": high}, one)
    for one in view.of("u_ca"):
        volume = urine_day.collected_with(one, view.of("u_vol_24h"), on)
        if volume is not None and (amount := urine_day.amount_of(one, volume)):
            high = safety.urine_calcium_high(amount, weight, sex, on)
            reading = view.read(OF_A_DAY, {"MON-08": high}, one, volume)
            but(reading, printed=amount, value=amount)
            yield _checked(view, one, _wanting(reading, weight))
            continue
        creatinine = beside(one, view.of("u_creat"), on)
        if creatinine is None or creatinine.value.comparator or not creatinine.value.value:
            text = "calcium in a spot urine needs its creatinine"
            reading = view.read(SPOT, {"MON-08": None}, one)
            yield but(reading, problem=text)
            continue
        ratio = urine_ratios.to_creatinine(one.value.value, creatinine.value.value)
        ratio = Quantity(ratio.value, ratio.unit, one.value.comparator)
        shown = urine_ratios.by_mass(urine_ratios.CALCIUM_RATIO, ratio)
        facts: Facts = {"MON-08": safety.urine_ratio_high(shown, ratio, on)}
        reading = view.read(SPOT, facts, one, creatinine)
        yield but(reading, printed=shown, value=ratio)


def _wanting(reading: Reading, weight: Decimal | None) -> Reading:
    text = "body weight is not known" if weight is None else "sex is not known"
    return but(reading, problem=text) if reading.facts["MON-08"] is None else reading


def _checked(view: View, one: Observation, reading: Reading) -> Reading:
    """What creatinine shows to be no whole day clears nobody."""
    creatinine = beside(one, view.of("u_creat_24h"), view.on)
    sex = view.history.subject.sex
    if creatinine is None or sex not in (Sex.FEMALE, Sex.MALE):
        return reading
    whole = renal_phosphate.complete_collection(
        creatinine.value, view.history.weight_kg, sex is Sex.FEMALE, view.on
    )
    if whole is not False:
        return reading
    text = "creatinine says that the collection is no whole day: collect again"
    return but(reading, facts={"MON-08": reading.facts["MON-08"] or None}, problem=text)
