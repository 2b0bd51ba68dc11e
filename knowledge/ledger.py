"""Every row of an edition under an id of its own: what is listed, compared and signed.

It is read from the tables as they are written, so an edition of years ago can be read as well. An
id is the table, the entry and the row's own key (`fgf23.assays.KAINOS_ELISA`); rules, sources and
the ids of a specification stand alone (`F-01`). A later row for the same thing bears its day
(`non_renal.vitamin_d@2027-01-01`), so that adding a row renames none; rows that only their
conditions tell apart are numbered (`R-00#2`).
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from knowledge.edition import NAMED_IN, Edition, edition_in

Fields = Mapping[str, Any]

SINGULAR = {
    **{"values": "value", "intervals": "interval", "limits": "limit", "entries": "entry"},
    **{"rules": "rule", "texts": "text", "decisions": "decision"},
}
KEYS: Mapping[str, tuple[str, ...]] = {
    "intervals": ("profile", "sex", "age_from", "age_unit"),
    "limits": ("analyte",),
    "evidence": ("fact", "diagnosis"),
    "decisions": ("rule",),
    "ordered": ("rule",),
}
"""By which of its fields a row is called; in other kinds by its `key` or `code`, if it has one."""

STANDING = ("effective", "source", "read_status", "note", "cn_consensus")
"""Where a row stands, apart from what it says."""

DIGITS = 16


@dataclass(frozen=True)
class Row:
    """One row as it is written, whatever its kind."""

    id: str
    kind: str
    table: str
    content: Fields

    @cached_property
    def digest(self) -> str:
        """Another when anything in the row changes, but not when it is only spelt differently."""
        written = json.dumps(plain(self.content), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(f"{self.place}\0{written}".encode()).hexdigest()[:DIGITS]

    @property
    def place(self) -> str:
        """Its id without the number that tells it from others of the same rule."""
        return self.id.split("#")[0]

    @property
    def rule(self) -> str | None:
        """Which rule does this row stand for, if it names one?"""
        return self.id if self.kind == "rule" else self.content.get("rule") or None

    @property
    def sources(self) -> tuple[str, ...]:
        """Which sources does it name?"""
        given = self.content.get("source", ())
        return (given,) if isinstance(given, str) else tuple(given)

    @property
    def says(self) -> str:
        """Its content in one line."""
        content = self.content
        match self.kind:
            case "rule":
                return f"{content['condition']} -> {content['conclusion']}"
            case "value":
                return f"{shown(content['value'])} {content['unit']}"
            case "bands":
                return f"{shown(content['bands'])} {content['unit']}"
            case "interval":
                whom = f"{content['profile']} {content['sex']} {shown(content['age_from'])}"
                whom += f"-<{shown(content['age_below'])} {content.get('age_unit', 'a')}"
                return f"{whom}: {_ends(content, 'low', 'high', 'to')} {content['unit']}"
            case "limit":
                return f"{_ends(content, 'low', 'high', 'to')} {content['unit']}"
            case "evidence":
                says = f"{content['diagnosis']} {content['points']:+d}: {content['text']}"
                return f"{says} ({content['rule']})"
            case "reference" | "text" | "question":
                return str(content.get("citation") or content.get("text") or content["is"])
        hidden = {"key", *STANDING}
        return ", ".join(f"{k}={shown(v)}" for k, v in content.items() if k not in hidden)


def rows_of(edition: Edition) -> dict[str, Row]:
    """Every row of this edition by its id, table by table."""
    rows: dict[str, Row] = {}
    for place in sorted(edition.tables):
        if place == NAMED_IN:
            continue
        content = tomllib.loads(edition.tables[place].decode(), parse_float=Decimal)
        path = PurePosixPath(place)
        read = _rule_table if path.parent.name == "rules" else _other_table
        for row in read(path.stem, content):
            id, times = row.id, 1
            while id in rows:
                times += 1
                id = f"{row.id}#{times}"
            rows[id] = row if id == row.id else Row(id, row.kind, row.table, row.content)
    return rows


@cache
def current_rows() -> Mapping[str, Row]:
    """Every row of the tables as they are."""
    return rows_of(edition_in(files("knowledge")))


def _other_table(table: str, content: Fields) -> Iterator[Row]:
    """References and terms: a row a key, or a list of rows that have one."""
    kind = "reference" if table == "references" else table.removesuffix("s")
    for key, entry in content.items():
        if isinstance(entry, list):
            for one in entry:
                yield Row(f"{table}.{_called(one, ())}", kind, table, one)
        else:
            id = key if kind == "reference" else f"{table}.{key}"
            yield Row(id, kind, table, entry if isinstance(entry, dict) else {"is": entry})


def _rule_table(table: str, content: Fields) -> Iterator[Row]:
    for plural, entries in content.items():
        if not isinstance(entries, dict):
            yield Row(f"{table}.{plural}", plural, table, {"is": entries})
            continue
        kind = SINGULAR.get(plural, plural)
        for name, entry in entries.items():
            if plural == "rules":
                yield Row(name, kind, table, entry)
            elif "rows" in entry:
                yield from _rows(f"{table}.{name}", plural, kind, table, entry)
            else:
                yield Row(f"{table}.{plural}.{name}", kind, table, entry)


def _rows(base: str, plural: str, kind: str, table: str, entry: Fields) -> Iterator[Row]:
    written = sorted(entry["rows"], key=lambda row: row.get("effective", date.min))
    called = [".".join(filter(None, (base, _called(row, KEYS.get(plural, ()))))) for row in written]
    head = {name: value for name, value in entry.items() if name != "rows"}
    if plural == "ordered":
        # The first match wins, so the order of the rows is something somebody has to have seen.
        head["order"] = [f"{row['rule']}: {row['then']}" for row in written]
    if head:
        yield Row(base, f"{kind} table", table, head)
    first: dict[str, Any] = {}
    for id, row in zip(called, written, strict=True):
        day = row.get("effective")
        later = first.setdefault(id, day) != day
        yield Row(f"{id}@{day}" if later else id, kind, table, row)


def _called(row: Fields, names: Sequence[str]) -> str:
    """The row's own key; a number that changes over time has none."""
    if names:
        return ".".join(shown(row[name]) for name in names if name in row)
    return str(row.get("key") or row.get("code") or "")


def plain(value: Any) -> Any:
    """The same without what is only spelling: 0.80 is 0.8."""
    match value:
        case bool() | None | str():
            return value
        case int() | Decimal():
            return f"{Decimal(value).normalize():f}"
        case Mapping():
            return {str(name): plain(one) for name, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
    return str(value)


def shown(value: Any) -> str:
    """One field for a person's eye."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Mapping() if "name" in value:
            return f"{value['name']} {_ends(value, 'from', 'below', 'below')}".rstrip()
        case Mapping():
            return ", ".join(f"{name} {shown(one)}" for name, one in value.items())
        case list() | tuple():
            return ", ".join(shown(one) for one in value)
    return str(plain(value))


def _ends(row: Fields, low: str, high: str, word: str) -> str:
    parts = [f"from {shown(row[low])}"] if low in row else []
    return " ".join([*parts, *([f"{word} {shown(row[high])}"] if high in row else [])])
