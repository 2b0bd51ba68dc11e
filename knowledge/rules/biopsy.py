"""Should this candidate be biopsied before it is removed?"""

from dataclasses import dataclass

from knowledge.rules import candidates
from knowledge.tables import Table

TABLE = Table.beside(__file__)


@dataclass(frozen=True, slots=True)
class Advice:
    """What is advised, by which rule, and why."""

    rule: str
    advice: str
    because: str


def advice(
    resectability: str | None, *, malignant: bool | None, equal_after_sampling: bool
) -> Advice | None:
    """Is a biopsy to be discussed, or better left? None: too little is known to say."""
    row = candidates.TABLE.entries["resectability"].get(resectability or "")
    if malignant:
        return Advice("LOC-020", "discuss", "malignant features")
    if row is not None and row.fields["mutilating"]:
        return Advice("LOC-020", "discuss", "removing it would be mutilating")
    if equal_after_sampling:
        return Advice("LOC-020", "discuss", "two candidates remain equal after venous sampling")
    if row is not None and row.fields["clear"]:
        return Advice("LOC-018", "not_by_default", "it can be removed whole")
    return None
