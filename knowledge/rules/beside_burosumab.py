"""What is taken beside burosumab: is all of it told, and is each drug known (TX-010, MON-17)?"""

from collections.abc import Iterable
from functools import lru_cache

from knowledge.rules import drugs
from knowledge.rules.follow_up_safety import ACTIVE_VITAMIN_D, CONVENTIONAL, PHOSPHATE
from knowledge.terms.contents import Contents

KINDS = {"phosphate": PHOSPHATE, "active_vitamin_d": ACTIVE_VITAMIN_D, "neither": None}
UNKNOWN = "unknown"
NO_OTHERS = frozenset({"no_other_medications"})
"""Beside what is told nothing is taken: the list is whole."""


@lru_cache(maxsize=1024)
def list_is_whole(agent: str) -> bool:
    """Does this say that nothing is taken, or nothing beside what is told?"""
    plain = "_".join(agent.lower().replace("-", " ").replace("_", " ").split())
    return plain in NO_OTHERS or drugs.takes_nothing(agent)


def kind_of(agent: str, said: Contents | None = None) -> str | None:
    """Which kind of drug is this, by its name, else as somebody said? `unknown`: nobody knows."""
    if list_is_whole(agent) or drugs.is_not_known(agent):
        return None  # it speaks of all drugs, and names none
    drug = drugs.named(agent)
    if drug.is_known:
        return drug.kind
    return UNKNOWN if said is None else KINDS[said]


def is_stated(kinds: Iterable[str | None], *, whole: bool) -> bool:
    """Is it told what of phosphate and active vitamin D is taken?

    To tell some drug is not to tell all: the list is said to be whole, or both were spoken of.
    """
    return whole or frozenset(CONVENTIONAL) <= frozenset(kinds)
