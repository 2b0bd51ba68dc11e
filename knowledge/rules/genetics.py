"""Does a gene explain it, and is a gene panel due before the tumor search?"""

from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.tables import Table

TABLE = Table.beside(__file__)

PATHOGENIC = frozenset({"pathogenic", "likely_pathogenic"})
NEGATIVE = "negative"
WITHOUT_FGF23 = "FGF23_INDEPENDENT"
SETTLED_BY_PANEL = frozenset({"X-05", "X-06", "X-07", "X-10"})
"""Features of germline disease; X-08 and X-09 are mosaic, and X-04 is no matter of genes."""
WHOLE_PANEL = frozenset({"PANEL", "GENE_PANEL", "GENE PANEL"})


def _of_disease() -> dict[str, frozenset[str]]:
    genes: dict[str, frozenset[str]] = {}
    for entry in TABLE.entries["genes"].values():
        diagnosis = entry.fields["diagnosis"]
        if entry.key in GERMLINE:
            genes[diagnosis] = genes.get(diagnosis, frozenset()) | {entry.key}
    return genes


GERMLINE = frozenset(TABLE.entries["panels"]["germline"].fields["genes"])
LESIONAL = frozenset(TABLE.entries["panels"]["lesional"].fields["genes"])
SETTLING = frozenset(TABLE.entries["panels"]["settles"].fields["genes"])
OF_DISEASE = _of_disease()


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


def _negative(results: Iterable[GeneResult]) -> frozenset[str]:
    """In which genes was nothing found? A whole panel stands for every germline gene on it."""
    negative: set[str] = set()
    for result in results:
        gene = result.gene.upper()
        if result.result == NEGATIVE:
            negative.update(GERMLINE if gene in WHOLE_PANEL else (gene,))
    return frozenset(negative)


def panel_negative(results: Iterable[GeneResult]) -> bool:
    """Were the genes of inherited FGF23 excess looked at and nothing found? It proves no tumor."""
    results = list(results)
    if not results or any(r.result not in (NEGATIVE, "uncertain") for r in results):
        return False
    return _negative(results) >= SETTLING


def spoken_against(results: Iterable[GeneResult]) -> set[str]:
    """Of which diseases were all genes negative? As facts for the differential."""
    negative = _negative(results)
    if not negative:
        return set()
    return {f"not_{diagnosis}" for diagnosis, genes in OF_DISEASE.items() if genes <= negative}
