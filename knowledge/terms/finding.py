"""A rule's answer: what was concluded, by which rule, because of what, and what is missing."""

from dataclasses import dataclass
from enum import StrEnum


class ReadStatus(StrEnum):
    """How far the source behind a number was read. Shown with the number, never upgraded."""

    FULL_TEXT = "full_text"
    ABSTRACT = "abstract"
    SECONDARY = "secondary"
    COMPUTED = "computed"
    PROPOSAL = "proposal"
    UNVERIFIED = "unverified"


UNDETERMINED = "undetermined"


@dataclass(slots=True)
class Finding:
    """One conclusion: `rule` is its id in the specification, `missing` what would settle it.

    Nobody changes one; like Quantity it is not frozen because so many are made.
    """

    code: str
    rule: str | None = None
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def undetermined(self) -> bool:
        """Was there too little to conclude? Undetermined is an answer, not an error."""
        return self.code == UNDETERMINED
