"""What was measured (FHIR Observation): quantity, specimen time, the laboratory's own interval."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from knowledge.terms.analyte import Analyte
from knowledge.terms.quantity import Quantity


@dataclass(frozen=True, slots=True)
class ReferenceRange:
    """The laboratory's own interval, in the unit in which it reported."""

    low: Decimal | None
    high: Decimal | None


@dataclass(slots=True)
class Observation:
    """One believed result. `printed` is what was sent, `value` the same in the working unit.

    `spelling` is the unit as the laboratory wrote it, `specimen` the tube or vessel if it was said.
    """

    id: str
    analyte: Analyte
    printed: Quantity
    value: Quantity
    taken_at: datetime | None = None
    fasting: bool | None = None
    collection_id: str | None = None
    reference_range: ReferenceRange | None = None
    assay: str | None = None
    flags: frozenset[str] = frozenset()
    spelling: str = ""
    specimen: str | None = None

    def day(self, otherwise: date) -> date:
        """The calendar day where it was drawn; `otherwise` when nobody says."""
        return otherwise if self.taken_at is None else self.taken_at.date()
