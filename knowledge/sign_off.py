"""Which rows have two people signed, as they stand now?"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from knowledge.ledger import Row, current_rows

BESIDE = "sign_off.toml"
PEOPLE = 2
SAYS_ITSELF = frozenset(("reference", "question"))
"""A citation is checked by opening it, and a heading claims nothing: neither is signed."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One person's name under one row as it stood on that day."""

    row: str
    by: str
    on: date
    digest: str


def read(text: str) -> tuple[Signature, ...]:
    """What `sign_off.toml` says."""
    rows = tomllib.loads(text).get("signed", ())
    return tuple(Signature(row["row"], row["by"], row["on"], row["digest"]) for row in rows)


SIGNATURES = read(files("knowledge").joinpath(BESIDE).read_text("utf-8"))


def same_person(by: str) -> str:
    """A name without what is only spelling: nobody becomes two people by capitals or spaces."""
    return "".join(letter for letter in by.casefold() if letter.isalnum())


class SignOff:
    """Rows and the signatures under them."""

    def __init__(self, rows: Mapping[str, Row], signatures: Iterable[Signature]) -> None:
        self._rows = rows
        self._signatures = tuple(signatures)

    def to_sign(self) -> list[Row]:
        """Every row that somebody should sign."""
        return [row for row in self._rows.values() if row.kind not in SAYS_ITSELF]

    def under(self, row: Row) -> dict[str, Signature]:
        """Who has signed this row as it stands? By person; who signed twice is there once."""
        return {
            same_person(one.by): one
            for one in self._signatures
            if one.row == row.place and one.digest == row.digest
        }

    def outdated(self, row: Row) -> list[Signature]:
        """Who signed the row before it was changed?"""
        now = {one.digest for one in self._rows.values() if one.place == row.place}
        return [one for one in self._signatures if one.row == row.place and one.digest not in now]

    def holds(self, row: Row) -> bool:
        """Have two different people signed it as it stands?"""
        return len(self.under(row)) >= PEOPLE

    def unsigned(self) -> list[Row]:
        """Which rows still wait for somebody?"""
        return [row for row in self.to_sign() if not self.holds(row)]

    def rules(self) -> frozenset[str]:
        """Which rules are signed off, with all that they rest on in their table?

        That is every row that names the rule, and the table's numbers, which name none: a rule is
        not signed while somebody may still move its limit.
        """
        rules = {row.id: row.table for row in self._rows.values() if row.kind == "rule"}
        waiting = self.unsigned()
        named = {row.rule for row in waiting if row.rule}
        tables = {row.table for row in waiting if not row.rule}
        return frozenset(
            id for id, table in rules.items() if id not in named and table not in tables
        )

    def of_rule(self, id: str) -> list[Row]:
        """A rule and the rows that stand for it."""
        return [row for row in self.to_sign() if row.rule == id]


@cache
def current() -> SignOff:
    """The tables as they are, with the signatures they have."""
    return SignOff(current_rows(), SIGNATURES)


@cache
def signed_rules() -> frozenset[str]:
    """Which rules may be shown as signed off? Asked by every answer, so worked out once."""
    return current().rules() if SIGNATURES else frozenset()
