"""How much was lost in a day, is the collection complete, and how much does the kidney clear?"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from knowledge.rules.renal_phosphate import MICROMOLES, OF_A_DAY, together
from knowledge.rules.renal_phosphate import TABLE as RENAL
from knowledge.tables import Table
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Quantity

TABLE = Table.beside(__file__)

AMOUNT = "concentration-times-volume"
CLEARANCE = "creatinine-clearance"
OF_A_VOID = "urine"
VOLUME = "u_vol_24h"
PER_DAY: Mapping[str, str] = {"u_phos": "u_phos_24h", "u_creat": "u_creat_24h", "u_ca": "u_ca_24h"}
"""The concentration, and the amount in a day that it gives with a volume."""


def amount_per_day(concentration: Decimal, litres: Decimal) -> Decimal:
    """How much is in a day's urine? mmol/L and litres give mmol."""
    return concentration * litres


def creatinine_clearance(urine_mmol_per_day: Decimal, serum_umol_l: Decimal, on: date) -> Decimal:
    """How much plasma does the kidney clear of creatinine, in mL/min?"""
    litres_per_day = urine_mmol_per_day * MICROMOLES / serum_umol_l
    return litres_per_day * TABLE.number("ml_per_l", on) / TABLE.number("minutes_per_day", on)


def collected_with(
    concentration: Observation, volumes: Sequence[Observation], on: date
) -> Observation | None:
    """The volume of the 24 h urine in which this concentration was measured; None for a void."""
    if concentration.specimen == OF_A_VOID:
        return None
    stated = concentration.specimen == OF_A_DAY
    hours = RENAL.whole("pair_within_24h_urine", on)
    for volume in reversed(volumes):
        known = concentration.collection_id is not None and volume.collection_id is not None
        if known:
            if concentration.collection_id == volume.collection_id:
                return volume
        elif (
            stated
            and (
                concentration.taken_at is None
                or volume.taken_at is None
                or together(concentration, volume, hours)
            )
        ) or concentration.taken_at == volume.taken_at:
            return volume
    return None


def amount_of(concentration: Observation, volume: Observation) -> Quantity | None:
    """The amount in a day of what was measured as a concentration. None for a bounded volume."""
    if volume.value.comparator is not None:
        return None
    amount = amount_per_day(concentration.value.value, volume.value.value)
    return Quantity(amount, "mmol/(24.h)", concentration.value.comparator)
