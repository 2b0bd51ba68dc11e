"""Against which limit did a safety rule hold a value? For the alert, which keeps it."""

from knowledge.rules import follow_up_safety as safety
from knowledge.rules.reference_intervals import Level
from knowledge.terms.quantity import Quantity
from services.followup.history import History
from services.followup.view import Reading

STATED = {
    "MON-02": "urgent_phosphate",
    "MON-06": "calcium_moderate",
    "MON-07": "low_calcium",
    "MON-12": "egfr_nephrology",
    "MON-13": "egfr_contraindicates",
    "MON-16": "vitamin_d_low",
}
IONISED = "ionised_calcium"
"""It has its own interval; the limits of adjusted calcium say nothing of it."""


def limit_of(rule: str, reading: Reading, history: History) -> Quantity | None:
    """The limit of this rule, in the kind of unit of the value. None: the laboratory's interval."""
    printed, on = reading.printed, history.on
    if printed is None:
        return None
    if reading.measure == IONISED:
        return None
    if rule == "MON-12" and reading.limit is not None:
        return reading.limit
    if rule == "MON-08":
        return _urine(reading, history)
    if rule == "MON-05" and reading.level is Level.UNDETERMINED:
        return safety.TABLE.value("calcium_upper", on)
    name = STATED.get(rule)
    return None if name is None else safety.limit(name, printed, on)


def _urine(reading: Reading, history: History) -> Quantity | None:
    """By creatinine; else the one that it broke, of weight or of sex."""
    on, printed = history.on, reading.printed
    assert printed is not None
    if reading.measure == "urine_calcium_spot":
        return safety.TABLE.value("urine_calcium_to_creatinine", on)
    return safety.urine_limit_broken(printed, history.weight_kg, history.subject.sex, on)
