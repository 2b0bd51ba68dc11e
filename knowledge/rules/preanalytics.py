"""Was this sample taken and handled so that it can be read?"""

from collections.abc import Iterator
from datetime import date

from knowledge.tables import Table
from knowledge.terms.observation import Observation

TABLE = Table.beside(__file__)

PHOSPHATE, URINE_PHOSPHATE = "s_phos", "u_phos"
FGF23 = frozenset({"s_fgf23_i", "s_fgf23_c"})
DISTURBED_BY_BIOTIN = frozenset(TABLE.entries["disturbed_by_biotin"])
FALSELY_HIGH = frozenset({"lipaemic", "icteric"})
"""Flags of a sample whose phosphate may read higher than it is (PA-06)."""

DECAYS = frozenset({"haemolysed", "late_separated"})
WATCHED = frozenset({PHOSPHATE, URINE_PHOSPHATE, *FGF23})
"""What these questions are asked of; all else is let through at once."""


def drawn_in_the_morning(observation: Observation, on: date) -> bool | None:
    """Was it drawn in the hours for which the rules hold (PA-01, PA-08)? None: no time known."""
    taken = observation.taken_at
    if taken is None:
        return None
    # By the clock of the offset it was sent with: the ward's own, where the sender says so.
    first, last = TABLE.whole("morning_from", on), TABLE.whole("morning_to", on)
    return first <= taken.hour < last or (taken.hour == last and taken.minute == 0)


def reads_falsely_high(observation: Observation) -> bool:
    """Could this phosphate look normal because the sample disturbs the assay (PA-06)?"""
    return not FALSELY_HIGH.isdisjoint(observation.flags)


def faults(observation: Observation, child: bool | None, on: date) -> Iterator[tuple[str, str]]:
    """Which rules of sampling were not kept? Each with what to bear in mind."""
    key, flags = observation.analyte.key, observation.flags
    if key == PHOSPHATE:
        morning = drawn_in_the_morning(observation, on)
        if observation.fasting is True and morning is False and not child:
            yield "PA-01", "not_morning"
        if flags and reads_falsely_high(observation):
            yield "PA-06", "pseudohyperphosphatemia"
    elif key == URINE_PHOSPHATE:
        if observation.fasting is False:
            yield "PA-02", "urine_not_fasting"
        if "late_separated" in flags:
            yield "PA-09", "urine_not_fresh"
    elif key in FGF23:
        if observation.fasting is False or drawn_in_the_morning(observation, on) is False:
            yield "PA-08", "fgf23_not_morning"
        if flags and not DECAYS.isdisjoint(flags):
            yield "PA-08", "fgf23_handling"
