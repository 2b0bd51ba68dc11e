"""What differs between two editions? Row by row, under the ids of the ledger."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from knowledge.edition import Edition
from knowledge.ledger import Row, plain, rows_of

ONLY_READ = frozenset(("reference", "question", "text"))
What = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a row, before and after; None where it is not there."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One row that is not in both editions as it stands."""

    id: str
    kind: str
    table: str
    what: What
    fields: tuple[FieldChange, ...]
    rules: tuple[str, ...] = ()
    """The rules the row names, before and after."""


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs, and the files in which only comments or layout do."""

    old: str
    new: str
    changes: tuple[Change, ...]
    only_layout: tuple[str, ...] = ()
    rules_of_table: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Which rules live in each table, in either edition."""

    def touching(self, rules: Iterable[str]) -> list[Change]:
        """Which changes may have to do with these rules?

        Rows that name one of them; rows that name no rule but stand in a rule's own table, or in a
        table without rules, which any may ask. What is only read by people decides nothing.
        """
        wanted = set(rules)
        return [
            change
            for change in self.changes
            if change.kind not in ONLY_READ and self._touches(change, wanted)
        ]

    def _touches(self, change: Change, wanted: set[str]) -> bool:
        if change.rules:
            return bool(wanted.intersection(change.rules))
        rules = self.rules_of_table.get(change.table)
        return rules is None or bool(wanted & rules)


def difference(old: Edition, new: Edition) -> Difference:
    """Which rows were added, removed or changed on the way from one edition to the other?"""
    before, after = rows_of(old), rows_of(new)
    _pair_up(before, after)
    changes = []
    for id in dict.fromkeys((*before, *after)):
        was, will_be = before.get(id), after.get(id)
        if was is None or will_be is None or was.digest != will_be.digest:
            changes.append(_change(was, will_be))
    return Difference(
        old.version,
        new.version,
        tuple(changes),
        tuple(_only_layout(old, new, changes)),
        _rules_of_tables((*before.values(), *after.values())),
    )


def _pair_up(before: dict[str, Row], after: dict[str, Row]) -> None:
    """Leave out numbered rows that are in both: one put before them changed only their numbers."""
    numbered = {row.place for row in (*before.values(), *after.values()) if "#" in row.id}
    was = Counter(row.digest for row in before.values() if row.place in numbered)
    is_now = Counter(row.digest for row in after.values() if row.place in numbered)
    for rows in (before, after):
        both = was & is_now
        for id, row in list(rows.items()):
            if row.place in numbered and both[row.digest] > 0:
                both[row.digest] -= 1
                del rows[id]


def _change(was: Row | None, will_be: Row | None) -> Change:
    row = will_be or was
    assert row is not None
    old = {} if was is None else was.content
    new = {} if will_be is None else will_be.content
    fields = tuple(
        FieldChange(name, plain(old.get(name)), plain(new.get(name)))
        for name in dict.fromkeys((*old, *new))
        if plain(old.get(name)) != plain(new.get(name))
    )
    what: What = "added" if was is None else "removed" if will_be is None else "changed"
    named = dict.fromkeys(one.rule for one in (was, will_be) if one is not None and one.rule)
    return Change(row.id, row.kind, row.table, what, fields, tuple(named))


def _only_layout(old: Edition, new: Edition, changes: Iterable[Change]) -> list[str]:
    changed = {change.table for change in changes}
    return [
        place
        for place in sorted(old.tables.keys() & new.tables.keys())
        if old.tables[place] != new.tables[place]
        and place.removesuffix(".toml").split("/")[-1] not in {*changed, "edition"}
    ]


def _rules_of_tables(rows: Iterable[Row]) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.kind == "rule":
            found[row.table].add(row.id)
    return {table: frozenset(rules) for table, rules in found.items()}
