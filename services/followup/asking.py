"""Which proposals wait for a prescriber, and what became of those that did? Codes and ids only.

A key is the occasion of the proposal and a mark of what is proposed: another dose asks anew, and so
does a stop that arises after somebody accepted, or is lifted after somebody refused because of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import NAMESPACE_OID, UUID, uuid5

from knowledge import shelf
from knowledge.rules import reminders
from knowledge.rules.surveillance_calendar import Endings
from knowledge.terms.obligation import Ladder, Obligation, ObligationStatus
from services.followup.proposed import TreatmentProposal
from services.followup.told import LONGEST_KEY

ACT = "treatment_decision"
ASKED_FOR = frozenset(("kind", "agent", "dose", "dose_unit", "every_days", "doses_per_day"))
"""If one of these is another, a prescriber is asked anew; not for a range that follows weight."""

CHANGED = "it is proposed otherwise now"
CORRECTED = "a result was corrected, and it is not proposed any more"
REPLACED = "a newer proposal by this rule takes its place"
GONE = "it is not proposed any more"
A_DAY = timedelta(days=1)

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person answered, and the proposal as it was then."""

    proposal: TreatmentProposal
    answer: Literal["accepted", "refused"]

    def settles(self, blocked: bool) -> bool:
        """Does this answer still hold? Not if a stop came or went that made the difference."""
        if self.answer == "accepted":
            return not blocked
        return blocked or not is_blocked(self.proposal)


@dataclass(frozen=True, slots=True)
class Before:
    """What has been answered, and what the journey was asked when it heard of us last."""

    answers: Sequence[Answered] = ()
    asked: Sequence[Obligation] = ()
    corrected: bool = False

    def listed(self) -> dict[Key, Obligation]:
        """The questions to a prescriber that were told then, with their ends."""
        return {(one.rule, one.occurrence): one for one in self.asked if one.act == ACT}

    def open(self) -> dict[Key, Obligation]:
        """Those that stood open then."""
        return {key: one for key, one in self.listed().items() if not _is_over(one)}

    def of(self, proposal: TreatmentProposal) -> list[Answered]:
        """The answers to just this: the same proposal, the same dose. The oldest first."""
        mine = (proposal.id, mark_of(proposal))
        return [one for one in self.answers if (one.proposal.id, mark_of(one.proposal)) == mine]


NOTHING_BEFORE = Before()


def is_blocked(proposal: TreatmentProposal) -> bool:
    """Can nobody accept it as it stands?"""
    return bool(proposal.hard_stops or proposal.missing)


def asks(proposal: TreatmentProposal) -> bool:
    """Does it ask for a decision? The same dose again does not: the calendar tells of it (FUP-37).

    Held by a hard stop it does. What somebody has ordered is decided, unless something stands
    against it.
    """
    if proposal.kind == "continue":
        return bool(proposal.hard_stops)
    if proposal.kind == "order":
        return is_blocked(proposal) or bool(proposal.soft_stops)
    return True


def mark_of(proposal: TreatmentProposal) -> str:
    """A mark of what is proposed, in which no dose can be read."""
    mark = uuid5(proposal.id, proposal.model_dump_json(include=set(ASKED_FOR)))
    return str(mark).partition("-")[0]


def turn_of(answers: Sequence[Answered], blocked: bool) -> tuple[int, bool]:
    """How many times was it asked before, and is it answered?"""
    turn, last = 0, None
    for one in answers:
        turn += last is not None and not last.settles(is_blocked(one.proposal))
        last = one
    if last is None:
        return 0, False
    return (turn, True) if last.settles(blocked) else (turn + 1, False)


def key_of(proposal: TreatmentProposal, turn: int) -> Key:
    """The stable name of the question within a journey."""
    name = f"{proposal.occasion} {mark_of(proposal)}"
    name = f"{name} {turn + 1}" if turn else name
    return proposal.rule, name if len(name) <= LONGEST_KEY else str(uuid5(NAMESPACE_OID, name))


def key_answered(before: Before, proposal: TreatmentProposal) -> Key:
    """Which question does an answer to this proposal, as it stands, belong to?"""
    return key_of(proposal, turn_of(before.of(proposal), is_blocked(proposal))[0])


def obligations(
    proposals: Iterable[TreatmentProposal], before: Before, endings: Endings, on: date
) -> tuple[Obligation, ...]:
    """What a prescriber has to decide, has decided, and need not decide any more."""
    was_open = before.open()
    known = {
        key: one
        for key, one in before.listed().items()
        if one.status is not ObligationStatus.CANCELLED or key in endings
    }
    found: dict[Key, Obligation] = {}
    standing = list(proposals)
    for proposal in standing:
        if asks(proposal):
            turn, is_answered = turn_of(before.of(proposal), is_blocked(proposal))
            key = key_of(proposal, turn)
            made = _asked(proposal, key, known.get(key), on)
            found[key] = _ended(made, is_answered, endings)
    answered = set(_answered(before))
    for key, asked in was_open.items():
        if key not in found:
            ended = _ended(asked, key in answered, endings)
            found[key] = ended if _is_over(ended) else _cancelled(asked, before, standing)
    return tuple(found.values())


def look_again(owed: Iterable[Obligation], on: date) -> date | None:
    """Before which reminder of a decision should it be asked whether it was taken meanwhile?"""
    days = [
        rung.at.date() - A_DAY
        for one in owed
        if one.act == ACT and not _is_over(one)
        for rung in reminders.rungs(one.ladder, one.due, "UTC", on)
    ]
    return min((day for day in days if day > on), default=None)


def _asked(
    proposal: TreatmentProposal, key: Key, earlier: Obligation | None, on: date
) -> Obligation:
    rule, occurrence = key
    return Obligation(
        rule=rule,
        occurrence=occurrence,
        act=ACT,
        due=_due(proposal, earlier, on),
        opens=earlier.opens if earlier else on,
        closes=proposal.closes,
        ladder=Ladder.DECISION,
        because=shelf.rules()[rule].conclusion,
    )


def _due(proposal: TreatmentProposal, earlier: Obligation | None, on: date) -> date:
    """A day to come is as proposed; what is due at once stays due on the day it was first asked."""
    if proposal.due is not None and proposal.due > on:
        return proposal.due
    return earlier.due if earlier is not None and earlier.due <= on else on


def _ended(asked: Obligation, is_answered: bool, endings: Endings) -> Obligation:
    """The same with its end, if a person answered or said that it is over."""
    told = endings.get((asked.rule, asked.occurrence))
    if is_answered:
        return asked.model_copy(update={"status": ObligationStatus.DONE, "because": ""})
    if told is not None:
        return asked.model_copy(update={"status": told.status, "because": told.reason})
    return asked


def _is_over(one: Obligation) -> bool:
    return one.status is not ObligationStatus.OPEN


def _cancelled(
    asked: Obligation, before: Before, standing: Iterable[TreatmentProposal]
) -> Obligation:
    of_rule = [one.occasion for one in standing if one.rule == asked.rule and asks(one)]
    if any(asked.occurrence.startswith(f"{occasion} ") for occasion in of_rule):
        why = CHANGED
    elif before.corrected:
        why = CORRECTED
    else:
        why = REPLACED if of_rule else GONE
    return asked.model_copy(update={"status": ObligationStatus.CANCELLED, "because": why})


def _answered(before: Before) -> Iterator[Key]:
    """Every question that was ever answered."""
    groups: dict[tuple[UUID, str], list[Answered]] = {}
    for one in before.answers:
        groups.setdefault((one.proposal.id, mark_of(one.proposal)), []).append(one)
    for group in groups.values():
        for count, one in enumerate(group, 1):
            turn, _ = turn_of(group[:count], is_blocked(one.proposal))
            yield key_of(one.proposal, turn)
