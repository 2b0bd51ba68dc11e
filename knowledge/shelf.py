"""Every table on one shelf: for listing, showing and checking, and to find a rule by its id."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from knowledge.rows import Citation, Rule
from knowledge.tables import KnowledgeError, Table


def table_files() -> tuple[Path, ...]:
    """Which table files are there?"""
    folder = Path(str(files("knowledge"))) / "rules"
    return tuple(sorted(folder.glob("*.toml")))


@cache
def tables() -> Mapping[str, Table]:
    """Every table by the name of its rule module."""
    return {file.stem: Table.beside(str(file)) for file in table_files()}


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its id."""
    return {id: rule for table in tables().values() for id, rule in table.rules.items()}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that stands in a table: where, what, and how far its source was read."""

    id: str
    kind: str
    table: str
    says: str
    sources: tuple[str, ...]
    read_status: str


def items() -> Iterator[Item]:
    """Every number, row and rule of the edition, in the order of the tables."""
    for name, table in tables().items():
        for rule in table.rules.values():
            yield Item(
                rule.id,
                "rule",
                name,
                f"{rule.condition} -> {rule.conclusion}",
                rule.sources,
                str(rule.read_status),
            )
        for row_id, kind, says, citation in _rows(table):
            yield Item(
                f"{name}.{row_id}", kind, name, says, citation.source, str(citation.read_status)
            )


def _rows(table: Table) -> Iterator[tuple[str, str, str, Citation]]:
    for id, history in table.values.items():
        for value in history.rows:
            yield id, "value", str(value.quantity), value.citation
    for id, lines in table.bands.items():
        for line in lines.rows:
            says = ", ".join(
                f"{b.name} {_ends(b.start, b.below, 'from', 'below')}" for b in line.bands
            )
            yield id, "bands", f"{says} {line.unit}", line.citation
    for id, intervals in table.intervals.items():
        for row in intervals:
            whom = f"{row.profile} {row.sex or 'any'} {row.age_from:.4g}-<{row.age_below:.4g} a"
            ends = _ends(row.low, row.high, "from", "to")
            yield f"{id}.{row.profile}", "interval", f"{whom}: {ends} {row.unit}", row.citation
    for id, limits in table.limits.items():
        for limit in limits.values():
            ends = _ends(limit.low, limit.high, "from", "to")
            yield f"{id}.{limit.analyte}", "limit", f"{ends} {limit.unit}", limit.citation
    for id, entries in table.entries.items():
        for entry in entries.values():
            yield f"{id}.{entry.key}", "entry", _fields(entry.fields), entry.citation
    for id, evidence in table.evidence.items():
        for piece in evidence:
            says = f"{piece.diagnosis} {piece.points:+d}: {piece.text} ({piece.rule})"
            yield f"{id}.{piece.fact}.{piece.diagnosis}", "evidence", says, piece.citation


def _ends(low: Any, high: Any, from_word: str, to_word: str) -> str:
    words = []
    if low is not None:
        words.append(f"{from_word} {low}")
    if high is not None:
        words.append(f"{to_word} {high}")
    return " ".join(words)


def _fields(fields: Mapping[str, Any]) -> str:
    hidden = {"key", "effective", "source", "read_status", "note"}
    return ", ".join(f"{name}={value}" for name, value in fields.items() if name not in hidden)


def problems() -> list[str]:
    """What is wrong with the tables as a whole? Empty when everything holds."""
    found: list[str] = []
    owners: dict[str, str] = {}
    evidence: list[tuple[str, str]] = []
    for file in table_files():
        try:
            table = Table(file)
        except KnowledgeError as wrong:
            found.append(str(wrong))
            continue
        for id in table.rules:
            if id in owners:
                found.append(f"{file.name}: rules.{id}: also described in {owners[id]}")
            owners[id] = file.name
        for name, rows in table.evidence.items():
            evidence += [(f"{file.name}: evidence.{name} {row.fact}", row.rule) for row in rows]
        for code, text in table.texts.items():
            if text.rule:
                evidence.append((f"{file.name}: texts.{code}", text.rule))
    for where, rule in evidence:
        if rule not in owners:
            found.append(f"{where}: rule {rule!r} is described in no table")
    return found
