"""What stands against giving a drug: a stop nobody can go past, or one that needs a reason."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: the rule that says so, a code, a sentence, and from which day it is lifted.

    A hard stop cannot be overridden. A soft one can, by a named person with a reason.
    """

    rule: str
    code: str
    text: str
    hard: bool
    until: date | None = None
    because: tuple[str, ...] = ()
