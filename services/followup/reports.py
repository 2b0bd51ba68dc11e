"""What laboratories have reported: which version of each result stands, and can it be read?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.followup import contract
from services.followup.contract import Results

Key = tuple[str, int | None]
"""A result by its id and its version."""

NOT_RESULTS = frozenset({"entered-in-error", "cancelled", "registered", "unknown"})
SENT_TWICE = "one message tells it in two ways: which of them is right is not known"


@dataclass(slots=True)
class Reports:
    """Every result that was sent, by what stands of it."""

    newest: dict[str, contract.Observation] = field(default_factory=dict)
    """Each as the laboratory sent it last, by its id."""
    replaced: list[contract.Observation] = field(default_factory=list)
    """What was sent before, or is older: a laboratory has corrected or withdrawn it since."""
    in_two_ways: set[Key] = field(default_factory=set)
    """What one message tells in two ways, neither of them the newer."""


def reports_of(results: Sequence[Results]) -> Reports:
    """What stands of all that these messages tell?"""
    told = Reports()
    newest, repeating = told.newest, []
    for event in results:
        repeats = False
        for sent in event.observations or ():
            known = newest.get(sent.id)
            if known is None:
                newest[sent.id] = sent
                continue
            repeats = True
            if (sent.version or 0) >= (known.version or 0):
                newest[sent.id] = sent
            if known != sent:
                told.replaced.append(known if newest[sent.id] is sent else sent)
        if repeats:
            repeating.append(event)
    told.in_two_ways = _in_two_ways(repeating)
    return told


def _in_two_ways(results: Iterable[Results]) -> set[Key]:
    found: set[Key] = set()
    for event in results:
        told: dict[Key, contract.Observation] = {}
        for sent in event.observations or ():
            key = sent.id, sent.version
            other = told.setdefault(key, sent)
            if other is not sent and other != sent:
                found.add(key)
    return found
