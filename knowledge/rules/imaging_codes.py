"""Under which code is this written for others?"""

from dataclasses import dataclass

from knowledge.tables import Table

TABLE = Table.beside(__file__)


@dataclass(frozen=True, slots=True)
class Code:
    """FHIR Coding; `system` is "local" where no verified code is known."""

    system: str
    code: str
    display: str


def code_of(kind: str, key: str) -> Code | None:
    """Which code has this (radiopharmaceutical, procedure, laterality, ...)? None: none."""
    row = TABLE.entries[kind].get(key)
    if row is None:
        return None
    return Code(row.fields["system"], row.fields["code"], row.fields["display"])
