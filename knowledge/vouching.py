"""Where does a row come from, and how far was that read? A row that cannot say is refused."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from knowledge.references import REFERENCES
from knowledge.rows import Citation
from knowledge.terms.finding import ReadStatus
from knowledge.terms.quantity import UNITS

COUNTS = frozenset(
    (
        *("min", "h", "d", "wk", "mo", "a", "count", "points", "uln", "g/d", "g", "mg"),
        *("mg/kg", "mmol/kg", "kg", "m", "s", "cm", "mm", "mSv", "MBq", "umol/kg/d"),
    )
)
"""Days, hours, years and other plain counts of a rule; not laboratory quantities."""

STRENGTH = list(ReadStatus)
"""From read in full to not read at all; a row is never stronger than the best of its sources."""


class KnowledgeError(Exception):
    """A table that may not be used: file, row and reason."""

    def __init__(self, file: Path, row: str, reason: str) -> None:
        super().__init__(f"{file.name}: {row}: {reason}")


class Vouching:
    """Vouches for the rows of one file: their sources, how far these were read, their units."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def _citation(self, where: str, row: Mapping[str, Any]) -> Citation:
        for needed in ("effective", "source", "read_status"):
            if needed not in row:
                raise KnowledgeError(self.file, where, f"{needed} is missing")
        sources = self._sources(where, row["source"])
        status = self._read_status(where, row["read_status"], sources)
        return Citation(row["effective"], sources, status, row.get("note", ""))

    def _sources(self, where: str, given: str | Sequence[str]) -> tuple[str, ...]:
        sources = as_tuple(given)
        if not sources:
            raise KnowledgeError(self.file, where, "source is missing")
        for source in sources:
            if source not in REFERENCES:
                raise KnowledgeError(
                    self.file, where, f"source {source!r} is not in references.toml"
                )
        return sources

    def _read_status(self, where: str, given: str, sources: Sequence[str]) -> ReadStatus:
        try:
            status = ReadStatus(given)
        except ValueError:
            raise KnowledgeError(self.file, where, f"no read status {given!r}") from None
        best = min(STRENGTH.index(REFERENCES[source].read_status) for source in sources)
        if STRENGTH.index(status) < best:
            raise KnowledgeError(
                self.file, where, f"{status} is stronger than its sources, {STRENGTH[best]}"
            )
        return status

    def _unit(self, where: str, row: Mapping[str, Any]) -> str:
        unit = row.get("unit")
        if unit is None:
            raise KnowledgeError(self.file, where, "unit is missing")
        if unit not in UNITS and unit not in COUNTS:
            raise KnowledgeError(self.file, where, f"unit {unit!r} is not known")
        return str(unit)


def as_tuple(value: str | Sequence[str]) -> tuple[str, ...]:
    """One or several, as several."""
    return (value,) if isinstance(value, str) else tuple(value)
