"""What stands against a dose of burosumab: phosphate, the kidney, calcium, other drugs?"""

from dataclasses import dataclass
from datetime import date

from knowledge.rules import follow_up_safety
from knowledge.rules.burosumab_course import Phosphate, days
from knowledge.rules.reference_intervals import Level
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Quantity
from knowledge.terms.stop import Stop


@dataclass(frozen=True, slots=True)
class Taken:
    """A drug that may not go with burosumab. Without an end it is still taken."""

    agent: str
    stopped: date | None
    is_known: bool = True
    """If nobody here knows it: whether it may go with burosumab has to be said."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that speaks for or against a dose on this day. None: not known."""

    on: date
    phosphate: Phosphate | None = None
    egfr: Quantity | None = None
    calcium: Observation | None = None
    calcium_level: Level | None = None
    pth_level: Level | None = None
    against: tuple[Taken, ...] = ()
    drugs_stated: bool = True
    burosumab_undated: bool = False


def stops_at_start(known: Circumstances) -> tuple[Stop, ...]:
    """What stands against beginning (TX-008 to TX-011, TX-021)? What is not known does as well."""
    return (*_phosphate_stops(known), *stops_at_any_dose(known, beginning=True))


def _phosphate_stops(known: Circumstances) -> tuple[Stop, ...]:
    found = known.phosphate
    oldest = known.on - days("phosphate_holds_for", known.on)
    if found is None or found.day < oldest or found.level is Level.UNDETERMINED:
        text = "no recent fasting phosphate is known that is below the lower limit"
        return (Stop("TX-008", "phosphate_not_known", text, hard=True),)
    if found.fasting is False:
        text = "the last phosphate was not taken fasting"
        return (Stop("TX-008", "phosphate_not_fasting", text, hard=True, because=(found.id,)),)
    if found.level is not Level.LOW:
        text = f"phosphate is {found.level}, not below the lower limit"
        return (Stop("TX-008", "phosphate_not_low", text, hard=True, because=(found.id,)),)
    if found.fasting is None:
        text = "nobody says whether the last phosphate was taken fasting"
        return (Stop("TX-008", "fasting_not_stated", text, hard=False, because=(found.id,)),)
    return ()


def stops_at_any_dose(known: Circumstances, *, beginning: bool = False) -> tuple[Stop, ...]:
    """What stands against any dose (TX-009 to TX-011)? Before the first, unknown is a hard stop."""
    stops: list[Stop] = []
    too_low = None
    if known.egfr is not None:
        too_low = follow_up_safety.contraindicates_burosumab(known.egfr, known.on)
    if too_low:
        text = f"eGFR {known.egfr} is too low for burosumab"
        stops.append(Stop("TX-009", "egfr_low", text, hard=True))
    elif too_low is None:
        text = "no recent eGFR is known"
        stops.append(Stop("TX-009", "egfr_not_known", text, hard=beginning))
    stops += _calcium_stops(known, beginning=beginning)
    stops += _drug_stops(known, beginning=beginning)
    return tuple(stops)


def _calcium_stops(known: Circumstances, *, beginning: bool) -> list[Stop]:
    too_high, calcium = None, known.calcium
    if calcium is not None:
        too_high, _ = follow_up_safety.calcium_severity(calcium.printed, calcium.value, known.on)
    if calcium is None or too_high is None:
        text = "no recent adjusted calcium is known"
        return [Stop("TX-011", "calcium_not_known", text, hard=beginning)]
    if too_high:
        text = f"adjusted calcium {calcium.printed}: burosumab is held"
        return [Stop("TX-011", "hypercalcemia", text, hard=True, because=(calcium.id,))]
    if known.calcium_level is Level.HIGH and known.pth_level is Level.HIGH:
        text = "calcium and PTH are both raised: hyperparathyroidism goes first"
        ids = (calcium.id,)
        return [Stop("TX-021", "tertiary_hyperparathyroidism", text, beginning, because=ids)]
    if not beginning:
        return []
    if known.pth_level in (None, Level.UNDETERMINED):
        text = "calcium and PTH are checked before the first dose; no recent PTH is known"
        hard = known.calcium_level is Level.HIGH
        return [Stop("TX-011", "pth_not_known", text, hard=hard)]
    return []


def _drug_stops(known: Circumstances, *, beginning: bool) -> list[Stop]:
    wait = days("wash_out_before_start", known.on)
    stops = []
    if beginning and known.burosumab_undated:
        text = "burosumab is taken already, and nobody has said since when: tell its doses"
        stops.append(Stop("TX-012", "burosumab_undated", text, hard=True))
    for drug in known.against:
        ended = drug.stopped is not None and known.on >= drug.stopped + wait
        if not drug.is_known and not ended:
            text = f"say what {drug.agent} is: phosphate, active vitamin D, or neither of them?"
            stops.append(Stop("TX-010", "drug_not_known", text, hard=beginning))
        elif ended:
            continue
        elif drug.stopped is None or drug.stopped > known.on:
            text = f"{drug.agent} is still taken"
            stops.append(Stop("TX-010", "taken_together", text, hard=True))
        elif known.on < drug.stopped + wait:
            until = drug.stopped + wait
            text = f"{drug.agent} was stopped on {drug.stopped}: not before {until}"
            stops.append(Stop("TX-010", "stopped_lately", text, hard=True, until=until))
    if not known.drugs_stated:
        text = "nobody has stated whether oral phosphate or active vitamin D is taken"
        stops.append(Stop("TX-010", "drugs_not_stated", text, hard=beginning))
    return stops
