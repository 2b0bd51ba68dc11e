"""Every table on one shelf: for listing, showing and checking, and to find a rule by its id."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from knowledge.edition import CURRENT, Knowledge
from knowledge.ledger import current_rows
from knowledge.rows import Rule
from knowledge.sign_off import signed_rules as signed_rules
from knowledge.tables import Table
from knowledge.vouching import KnowledgeError

RETRACTED = "edition_retracted"
"""The caveat of every answer that was drawn from a retracted edition."""


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


def against(knowledge: Knowledge = CURRENT) -> str | None:
    """What has to be said before any answer of a retracted edition? None when it was not."""
    if knowledge.retracted is None:
        return None
    said = next(t.texts[RETRACTED].text for t in tables().values() if RETRACTED in t.texts)
    return f"{said} The reason: {knowledge.retracted}"


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
    """Every number, row and rule that stands on a source, in the order of the tables."""
    for row in current_rows().values():
        if row.sources:
            status = str(row.content["read_status"])
            yield Item(row.id, row.kind, row.table, row.says, row.sources, status)


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
