"""Every source once. A rule may only name sources that stand in references.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

from knowledge.terms.finding import ReadStatus


@dataclass(frozen=True, slots=True)
class Reference:
    """One source: how it is cited, how far it was read, and the day this entry was made."""

    id: str
    citation: str
    identifier: str
    read_status: ReadStatus
    recorded: date


def _read_references() -> dict[str, Reference]:
    text = files("knowledge").joinpath("references.toml").read_text("utf-8")
    return {
        id: Reference(
            id=id,
            citation=row["citation"],
            identifier=row.get("identifier", ""),
            read_status=ReadStatus(row["read_status"]),
            recorded=row["recorded"],
        )
        for id, row in tomllib.loads(text).items()
    }


REFERENCES: Mapping[str, Reference] = _read_references()
