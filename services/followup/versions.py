"""Which version of an event or a result is this, and what stands of all that was told? Pure.

An event is known by the address under which it was told. What says that it is a correction (a
higher version, or a status such as `corrected` or `entered-in-error`) and names its sender's id is
a version of the event that was told under that id before. Every result in it has versions too,
whichever event brought them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.chassis.conclusions import versions
from services.chassis.conclusions.kept import Version
from services.chassis.conclusions.ledger import by_key
from services.chassis.conclusions.versions import OtherContent, newest
from services.followup.corrected import AMENDING

__all__ = ["OtherContent", "Version", "by_key", "newest"]

EARLIER_WORDS = ("registered", "preliminary")
"""What a final result takes the place of, whenever they arrive."""

KNOWN_BY_THEIR_OWN = frozenset({"disposition", "measure"})
"""Kinds of event that are told apart by what they say, not by where they were told."""

RESULTS = "observations"
RESULT = "observation"


@dataclass(frozen=True, slots=True)
class Result:
    """One version of one result, as a laboratory sent it."""

    id: UUID
    number: int
    body: Mapping[str, Any]

    @property
    def key(self) -> str:
        """How a conclusion names it among its inputs."""
        return f"{RESULT}/{self.id}"

    @property
    def status(self) -> str:
        """What its sender said of it."""
        return str(self.body.get("status", "final"))

    @property
    def what(self) -> str:
        """What it measures."""
        return str(self.body.get("analyte") or self.body.get("loinc") or RESULT)


Results = dict[str, list[Result]]
"""Every version of each result, by the id under which the rules know it."""


def thing_of(known: Iterable[Version], kind: str, id: UUID, said: Mapping[str, Any]) -> UUID:
    """Which event is told here: a new one under its address, or one that was told before?"""
    of_kind = [one for one in known if one.kind == kind]
    if said.get("id") is None or any(one.id == id for one in of_kind):
        return id
    same = [one for one in of_kind if one.told_as == said["id"]]
    if _is_a_correction(said):
        return same[-1].id if same else id
    numbers: dict[UUID, set[int]] = {}
    for one in same:
        numbers.setdefault(one.id, set()).add(one.number)
    return next((thing for thing, told in numbers.items() if 1 not in told), id)


def _is_a_correction(said: Mapping[str, Any]) -> bool:
    return said.get("version", 1) > 1 or said.get("status") in AMENDING


def place(known: Sequence[Version], said: Mapping[str, Any]) -> tuple[Version | None, int]:
    """Is this one of the versions of an event (first), or which number does it get (second)?

    OtherContent where that number said something else before. Without number it is the first,
    unless its status speaks of a correction.
    """
    body = without_number(said)
    number = said.get("version")
    if number is None and body.get("status") not in AMENDING:
        number = _told_before(known, body) or 1
    return versions.place(known, number, lambda one: one.body == body)


def _told_before(known: Sequence[Version], body: Mapping[str, Any]) -> int | None:
    return next((one.number for one in reversed(known) if one.body == body), None)


def without_number(said: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, without which version it is."""
    return {name: value for name, value in said.items() if name != "version"}


def results_of(plan: UUID, known: Iterable[Version]) -> Results:
    """Every version of every result of these events, as they arrived.

    OtherContent where a laboratory's number said something else before.
    """
    found: Results = {}
    for event in known:
        if event.kind == RESULTS:
            for sent in event.body.get("observations") or ():
                _add(found, plan, sent)
    return found


def _add(found: Results, plan: UUID, sent: Mapping[str, Any]) -> None:
    name = name_of(found, sent)
    id, body = uuid5(plan, f"{RESULT}/{name}"), without_number(sent) | {"id": name}
    told = found.setdefault(name, [])
    number = sent.get("version")
    if number is None:
        status = str(body.get("status", "final"))
        if any(one.body == body for one in told) or _is_an_earlier_word(told, status):
            return
        number = _first_if_free(told, status)
    same, number = versions.place(told, number, lambda one: one.body == body)
    if same is None:
        told.append(Result(id, number, body))


def _is_an_earlier_word(told: Sequence[Result], status: str) -> bool:
    """Preliminary after final is no news; it stays where it was told."""
    final = bool(told) and newest(told).status not in EARLIER_WORDS
    return final and status in EARLIER_WORDS


def _first_if_free(told: Sequence[Result], status: str) -> int | None:
    """What has no number goes before what has, whichever came first; else it is the next."""
    free = all(one.number > 1 for one in told)
    return 1 if free and status not in AMENDING else None


def name_of(found: Mapping[str, Sequence[Result]], sent: Mapping[str, Any]) -> str:
    """Under which id do the rules know this result?

    An id that a sender uses again for another sample, without a word of correction, is another
    result: it is told apart by its time, and so are its corrections.
    """
    id, taken_at = str(sent["id"]), sent.get("taken_at")
    told = found.get(id, ())
    if (other := f"{id} {taken_at}") in found:
        return other
    if not told or sent.get("version") is not None or sent.get("status") in AMENDING:
        return id
    if taken_at is None or any(one.body.get("taken_at") == taken_at for one in told):
        return id
    return f"{id} {taken_at}"


def standing(known: Iterable[Version]) -> list[Version]:
    """What stands of each event that was told."""
    return [newest(told) for told in by_key(known).values()]


def as_known(known: Sequence[Version], known_at: datetime | None, as_of: datetime) -> list[Version]:
    """What had been told by then? Of a moment before anything was told, everything."""
    told_first = min((one.received_at for one in known), default=as_of)
    then = known_at or (as_of if as_of >= told_first else None)
    return [one for one in known if then is None or one.received_at <= then]


def inputs(used: Iterable[Version], results: Results) -> dict[str, int]:
    """Each of these events, and each result in them, by the version that stands."""
    found: dict[str, int] = {}
    for event in used:
        found[event.key] = event.number
        for name in names_in(event, results):
            stands = newest(results[name])
            found[stands.key] = stands.number
    return found


def names_in(event: Version, results: Results) -> list[str]:
    """Which results did this event bring, by the ids under which the rules know them?"""
    if event.kind != RESULTS:
        return []
    sent = [(str(one["id"]), one.get("taken_at")) for one in event.body.get("observations") or ()]
    names = [f"{id} {taken_at}" for id, taken_at in sent]
    found = [name if name in results else id for name, (id, _) in zip(names, sent, strict=True)]
    return [name for name in dict.fromkeys(found) if name in results]


def said_of(event: Version, results: Results, told: set[str]) -> dict[str, Any]:
    """An event as the rules read it: with its id, its number, and every version of its results.

    `told`: results that another event has told already in the same question.
    """
    if event.kind in KNOWN_BY_THEIR_OWN:
        return {**event.body, **({"version": event.number} if "id" in event.body else {})}
    said = {**event.body, "id": str(event.id), "version": event.number}
    if event.kind == RESULTS:
        fresh = [name for name in names_in(event, results) if name not in told]
        told.update(fresh)
        said["observations"] = [
            {**one.body, "version": one.number}
            for name in fresh
            for one in sorted(results[name], key=lambda one: one.number)
        ]
    return said
