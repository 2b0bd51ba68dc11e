"""Does FGF23 fall after removal as it should? Only within one assay, never across."""

from datetime import date

from knowledge.tables import Table
from knowledge.terms.observation import Observation
from knowledge.terms.truth import Truth

TABLE = Table.beside(__file__)


def falls(before: Observation, after: Observation, on: date) -> Truth:
    """Is it well below what it was? None: the two cannot be held against each other."""
    if before.analyte.key != after.analyte.key or before.assay != after.assay:
        return None
    if before.value.comparator is not None or after.value.comparator is not None:
        return None
    if before.value.unit != after.value.unit or before.value.value <= 0:
        return None
    return after.value.value <= before.value.value * TABLE.number("falls_below_share", on)
