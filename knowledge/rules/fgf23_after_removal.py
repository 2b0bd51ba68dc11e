"""Does FGF23 fall after removal as it should? Only within one assay, never across."""

from collections.abc import Iterable
from datetime import date

from knowledge.rules.fgf23 import assay_named
from knowledge.tables import Table
from knowledge.terms.observation import Observation
from knowledge.terms.truth import Truth

TABLE = Table.beside(__file__)


def falls(before: Observation, after: Observation, on: date) -> Truth:
    """Is it well below what it was? None: the two cannot be held against each other."""
    if before.assay != after.assay or not _of_one_assay(before, after):
        return None
    if before.value.comparator is not None or after.value.comparator is not None:
        return None
    if before.value.unit != after.value.unit or before.value.value <= 0:
        return None
    return after.value.value <= before.value.value * TABLE.number("falls_below_share", on)


def in_another(measured: Observation, raised: Iterable[Observation], on: date) -> bool:
    """Was FGF23 raised before this day, but never in the assay of this one? Oldest first."""
    was_raised, day = False, measured.day(on)
    for before in raised:
        if before.day(on) >= day:
            break
        if _of_one_assay(before, measured):
            return False
        was_raised = True
    return was_raised


def _of_one_assay(one: Observation, other: Observation) -> bool:
    """Intact and C-terminal never are; of one that is not named nobody says that it is another."""
    if one.analyte.key != other.analyte.key:
        return False
    if not one.assay or not other.assay:
        return True
    names = [assay_named(name) or name.strip().casefold() for name in (one.assay, other.assay)]
    return names[0] == names[1]
