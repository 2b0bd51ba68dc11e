"""Does a gene explain it, and is a gene panel due before the tumor search?"""

from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.tables import Table

TABLE = Table.beside(__file__)

PATHOGENIC = frozenset({"pathogenic", "likely_pathogenic"})
NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class GeneResult:
    """What a laboratory found in one gene."""

    gene: str
    result: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A disease that a variant explains, and by which mechanism."""

    gene: str
    diagnosis: str
    mechanism: str


def explained_by(results: Iterable[GeneResult]) -> Explanation | None:
    """Does a pathogenic variant explain the low phosphate (C-04)?"""
    for result in results:
        row = TABLE.entries["genes"].get(result.gene.upper())
        if row is not None and result.result in PATHOGENIC:
            return Explanation(row.key, row.fields["diagnosis"], row.fields["mechanism"])
    return None


def panel_negative(results: Iterable[GeneResult]) -> bool:
    """Was a gene of the table looked at and nothing found? It does not prove a tumor."""
    looked_at = [r for r in results if r.gene.upper() in (*TABLE.entries["genes"], "PANEL")]
    return bool(looked_at) and all(r.result == NEGATIVE for r in looked_at)
