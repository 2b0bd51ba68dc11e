"""Which version of a result is this, and which one stands? Pure.

What is a repeat and which number is next is said in the chassis. An id that is used again for
another sample (another time or analyte, and no word of a correction) begins anew and corrects
nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from knowledge.terms.analyte import ANALYTES, BY_LOINC
from services.assessment.contract import WITHDRAWN, NewerVersion, Observation, Status
from services.chassis.conclusions import versions
from services.chassis.conclusions.versions import OtherContent

__all__ = [
    "OtherContent",
    "Version",
    "Versions",
    "body_of",
    "in_their_versions",
    "newer",
    "newest",
    "place",
    "standing",
]

AMENDING = WITHDRAWN | {Status.AMENDED, Status.CORRECTED}
"""Who says so speaks of a result that was sent before."""


class Version:
    """One version of one result; `specimen` is the version with which its sample begins.

    It is read from the body that is kept only when somebody asks what it says.
    """

    __slots__ = ("_sent", "body", "number", "specimen")

    def __init__(
        self,
        number: int,
        specimen: int,
        body: Mapping[str, Any],
        sent: Observation | None = None,
    ) -> None:
        self.number, self.specimen, self.body = number, specimen, body
        self._sent = sent

    @property
    def sent(self) -> Observation:
        """The result as it was sent, under the number of this version."""
        if self._sent is None:
            self._sent = Observation.model_validate({**self.body, "version": self.number})
        return self._sent

    def says(self, sent: Observation, body: Mapping[str, Any]) -> bool:
        """Is this what was sent, in whatever words?"""
        if self.body != body and _content(self.sent) != _content(sent):
            return False
        if self._sent is None:
            self._sent = sent.model_copy(update={"version": self.number})
        return True


Versions = Mapping[str, Sequence[Version]]
"""Every known version of some results, by their ids."""


def body_of(sent: Observation) -> dict[str, Any]:
    """A result as it is kept: what was said of it, without its number."""
    return sent.model_dump(mode="json", exclude_unset=True, exclude={"version"})


def place(known: Sequence[Version], sent: Observation) -> tuple[Version, bool]:
    """Where does this belong among the versions of its id, and is it news?

    OtherContent when the sender numbered it, and that number said something else before.
    """
    numbered = "version" in sent.model_fields_set
    body = body_of(sent)
    same, number = versions.place(
        known, sent.version if numbered else None, lambda one: one.says(sent, body)
    )
    if same is not None:
        return same, False
    begins = _same_sample(known, sent, numbered)
    numbered_so = sent.model_copy(update={"version": number})
    return Version(number, begins or number, body, numbered_so), True


def newest(known: Iterable[Version], specimen: int) -> Version:
    """What stands of this sample's result?"""
    return versions.newest(one for one in known if one.specimen == specimen)


def standing(known: Sequence[Version], number: int) -> Version | None:
    """What stands today of the result that this version gave? None: it was never kept."""
    used = next((one for one in known if one.number == number), None)
    return None if used is None else newest(known, used.specimen)


def in_their_versions(sent: Iterable[Observation], known: Versions) -> list[Observation]:
    """These results, each once and in the version that stands now of the sample they came from.

    What was never kept, because it could not be reconciled, is left as it was sent.
    """
    found: dict[str, Observation] = {}
    torn: list[Observation] = []
    for one in sent:
        version, is_new = place(known.get(one.id, ()), one)
        if is_new:
            torn.append(one)
        else:
            found[one.id] = newest(known[one.id], version.specimen).sent
    return [*found.values(), *(one for one in torn if one.id not in found)]


def newer(inputs: Mapping[str, int], known: Versions) -> list[NewerVersion]:
    """Which of these results stand in another version now?"""
    found = []
    for id, number in inputs.items():
        now = standing(known.get(id, ()), number)
        if now is not None and now.number > number:
            found.append(as_newer(now, number, measured(known[id])))
    return found


def as_newer(now: Version, used: int, analyte: str | None) -> NewerVersion:
    """What stands in the place of the version that was used."""
    return NewerVersion(now.sent.id, analyte, used, now.number, now.sent.status)


def measured(known: Iterable[Version]) -> str | None:
    """What do they measure, as a key of the analyte table? A withdrawal need not say it again."""
    for one in known:
        analyte = ANALYTES.get(one.sent.analyte or "") or BY_LOINC.get(one.sent.loinc or "")
        if analyte is not None:
            return analyte.key
    return None


def _same_sample(known: Sequence[Version], sent: Observation, numbered: bool) -> int | None:
    """With which version does its sample begin, if it is one that we know?"""
    for one in sorted(known, key=lambda one: one.number, reverse=True):
        if one.sent.taken_at == sent.taken_at and _measures_the_same(one.sent, sent):
            return one.specimen
    if known and (numbered or sent.status in AMENDING):
        return max(known, key=lambda one: one.number).specimen
    return None


def _measures_the_same(one: Observation, other: Observation) -> bool:
    named = one.analyte is not None and other.analyte is not None
    return not named or one.analyte == other.analyte


def _content(sent: Observation) -> dict[str, Any]:
    return sent.model_dump(exclude={"version"})
