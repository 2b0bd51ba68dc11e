"""What was measured (FHIR Observation): quantity, specimen time, the laboratory's own interval."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from knowledge.terms.analyte import Analyte
from knowledge.terms.quantity import Quantity

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    _moment: timedelta | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def moment(self) -> timedelta | None:
        """When it was drawn, on one clock for all. Kept: offsets are slow to take into account."""
        if self._moment is None and self.taken_at is not None:
            self._moment = self.taken_at - EPOCH
        return self._moment

    def day(self, otherwise: date) -> date:
        """The calendar day where it was drawn; `otherwise` when nobody says."""
        return otherwise if self.taken_at is None else self.taken_at.date()
