"""What laboratories have reported: which version of each result stands, and can it be read?"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.followup import contract
from services.followup.contract import Results
from services.followup.corrected import AMENDING

Turn = tuple[int, int]
"""Which of two tellings of one result is the later: by version, then by the word of its status."""

NOT_RESULTS = frozenset({"entered-in-error", "cancelled", "registered", "unknown"})
TOLD_IN_TWO_WAYS = (
    "one version of it is told in two ways: which of them is right is not known; send the right one"
    " again with a higher version"
)
LATER_WORDS = (
    *("registered", "unknown", "preliminary", "final", "amended", "corrected", "appended"),
    *("cancelled", "entered-in-error"),
)
WORDS = {status: place for place, status in enumerate(LATER_WORDS)}
"""Of one version of a result, which word is the later: a correction after what it corrects."""


@dataclass(slots=True)
class Reports:
    """Every result that was sent, by what stands of it."""

    newest: dict[str, contract.Observation] = field(default_factory=dict)
    """Each as the laboratory sent it last, by its id."""
    replaced: list[contract.Observation] = field(default_factory=list)
    """What was sent before, or is older: a laboratory has corrected or withdrawn it since."""
    in_two_ways: dict[str, Turn] = field(default_factory=dict)
    """What was told in two ways, neither of them the newer: in one message or in several."""

    def is_unclear(self, sent: contract.Observation) -> bool:
        """Was just this version of it told in two ways?"""
        return self.in_two_ways.get(sent.id) == _turn(sent)

    def take_in(self, sent: contract.Observation) -> None:
        """One more telling of something that was told before; which of both is the later?"""
        known = self.newest[sent.id]
        before, after = _turn(known), _turn(sent)
        if _says_the_same(known, sent):
            return
        if after == before:
            self.in_two_ways[sent.id] = after
        elif after > before:
            self.newest[sent.id] = sent
            self.replaced.append(known)
        else:
            self.replaced.append(sent)


def reports_of(results: Sequence[Results]) -> Reports:
    """What stands of all that these messages tell?"""
    told = Reports()
    newest = told.newest
    for event in results:
        for sent in event.observations or ():
            known = newest.get(sent.id)
            if known is None:
                newest[sent.id] = sent
            elif known.taken_at == sent.taken_at:
                told.take_in(sent)
            else:
                _of_another_time(told, sent)
    return told


def _of_another_time(told: Reports, sent: contract.Observation) -> None:
    """A correction of its time, or an id that was used again for another sample?

    That is another result, told apart by its time, as where results are kept.
    """
    if sent.taken_at is not None:
        name = f"{sent.id} {sent.taken_at.isoformat()}"
        if name in told.newest:
            told.take_in(sent.model_copy(update={"id": name}))
            return
        if sent.version is None and sent.status not in AMENDING:
            told.newest[name] = sent.model_copy(update={"id": name})
            return
    told.take_in(sent)


def _turn(sent: contract.Observation) -> Turn:
    return sent.version or 1, WORDS.get(sent.status, WORDS["final"])


def _says_the_same(known: contract.Observation, sent: contract.Observation) -> bool:
    """Is it the same to the letter? Without a number it is the first version."""
    return known == sent or (
        known.__dict__ | {"version": known.version or 1}
        == sent.__dict__ | {"version": sent.version or 1}
    )
