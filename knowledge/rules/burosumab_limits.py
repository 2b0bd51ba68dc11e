"""What may nobody be given, whatever the label (TX-016), what can a person weigh, and pregnancy."""

from decimal import Decimal

from knowledge.rules.burosumab import ADULT, NO_PROFILE, TABLE, Label
from knowledge.terms.stop import Stop


def over_ceiling(
    label: Label, mg: Decimal, kg: Decimal | None, every_days: int | None = None
) -> tuple[Stop, ...]:
    """Is this more, or more often, than anybody may be given, or this label allows (TX-016)?"""
    whose = Label(NO_PROFILE, ADULT) if label.unknown else label
    stops = []
    (most, _), (per_kg, _) = whose.ceiling("dose_max"), whose.ceiling("per_kg_max")
    if mg <= 0:
        stops.append(Stop("TX-016", "dose_is_nought", f"{mg.normalize():f} mg is no dose", True))
    if mg > most:
        text = f"{mg.normalize():f} mg is above {most:f} mg"
        stops.append(Stop("TX-016", "above_dose_max", text, hard=True))
    if kg is not None and mg > per_kg * kg:
        text = f"{mg.normalize():f} mg at {kg.normalize():f} kg is above {per_kg:f} mg/kg"
        stops.append(Stop("TX-016", "above_per_kg_max", text, hard=True))
    if kg is None:
        text = f"without a weight nobody can say whether {per_kg:f} mg/kg is kept"
        stops.append(Stop("TX-016", "weight_not_known", text, hard=True))
    least = int(TABLE.entries["ceilings"]["anybody"].fields["every_least"])
    if every_days is not None and every_days < least:
        text = f"every {every_days} days is more often than every {least} days"
        stops.append(Stop("TX-016", "too_often", text, hard=True))
    return tuple(stops)


def weight_stops(kg: Decimal | None, *, adult: bool) -> tuple[Stop, ...]:
    """Can anybody weigh this? A dose by such a weight nobody may accept (TX-016)."""
    if kg is None:
        return ()
    can_be, usual = (TABLE.entries["weights"][who].fields for who in ("anybody", ADULT))
    if not can_be["least"] <= kg <= can_be["most"]:
        text = f"nobody weighs {kg.normalize():f} kg: check the weight"
        return (Stop("TX-016", "weight_not_possible", text, hard=True),)
    if adult and not usual["least"] <= kg <= usual["most"]:
        text = f"an adult of {kg.normalize():f} kg: check the weight"
        return (Stop("TX-016", "weight_unusual", text, hard=False),)
    return ()


def in_pregnancy(label: Label) -> Stop:
    """What does this label say of pregnancy (treatment-followup.md 2.3)?"""
    row = TABLE.entry("pregnancy", label.region)
    if row is None:
        text = "pregnancy: what the label says of it is not known here; ask locally"
        return Stop("TX-012", "pregnancy", text, hard=False)
    return Stop("TX-012", "pregnancy", row.fields["says"], hard=False)


def pregnancy_asks(label: Label) -> bool:
    """Does going on in pregnancy need a reason? Where the label is not known it does."""
    row = TABLE.entry("pregnancy", label.region)
    return row is None or bool(row.fields["asks"])
