"""What was taken when, as far as it may change a phosphate; and what of that nobody said."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from knowledge.rules import beside_burosumab, drugs, masking, remission
from knowledge.rules.remission import Exposure
from knowledge.terms.contents import Contents
from knowledge.terms.sent import When
from services.followup.contract import Therapy
from services.followup.medication import is_undated


def says_what_is_taken(agent: str) -> bool:
    """Does this name a drug, or say that none is taken? Not, where it says that nobody knows."""
    return not drugs.is_not_known(agent)


def is_told(therapies: Iterable[Therapy]) -> bool:
    """Is it told whether phosphate and active vitamin D are taken? Some drug told is not all."""
    told = list(therapies)
    return beside_burosumab.is_stated(
        [beside_burosumab.kind_of(one.agent, one.contains) for one in told],
        whole=any(beside_burosumab.list_is_whole(one.agent) for one in told),
    )


def exposures_of(therapies: Iterable[Therapy]) -> list[Exposure]:
    """Which drugs may mask a result, and until when? A stop ends what was begun or given before it.

    Of a drug of which nobody told the beginning it is not known since when it was taken; what was
    told without any day is still taken.
    """
    running: dict[str, Exposure] = {}
    first_given: dict[str, When] = {}
    ended: list[Exposure] = []
    told = list(therapies)
    contents = {one.agent: one.contains for one in told if one.contains is not None}
    kinds = {agent: _kind(agent, contents.get(agent)) for agent in {one.agent for one in told}}
    for therapy in sorted(told, key=_turn):
        agent, kind = therapy.agent, kinds[therapy.agent]
        if kind is None:
            continue
        key = drugs.named(agent).key
        if therapy.given_on is not None:
            ended.append(Exposure(agent, kind, therapy.given_on, therapy.given_on))
            first_given.setdefault(key, therapy.given_on)
        if therapy.stopped_on is not None:
            begun = running.pop(key, None)
            given = first_given.pop(key, None)
            started = therapy.started_on or (begun.started if begun else given)
            ended.append(Exposure(agent, kind, started, therapy.stopped_on))
        elif key not in running and (therapy.started_on is not None or is_undated(therapy)):
            # another dose of what is taken already does not make it begin later
            running[key] = Exposure(agent, kind, therapy.started_on, None)
    return [*ended, *running.values()]


def _kind(agent: str, contains: Contents | None) -> str | None:
    """How does it mask? Of a drug that nobody knows, as somebody said what is in it."""
    if drugs.is_not_known(agent) or beside_burosumab.list_is_whole(agent):
        return None
    kind = remission.masker(agent)
    if kind != drugs.UNKNOWN or contains is None:
        return kind
    return None if contains == "neither" else masking.SUPPLEMENT


def _turn(therapy: Therapy) -> tuple[date, bool, str, bool, Decimal]:
    """By its day; of one day what ends goes before what begins, whichever was told first."""
    begins = therapy.stopped_on is None and therapy.started_on is not None
    stops = therapy.stopped_on is not None  # a dose of that day was before
    when = therapy.given_on or therapy.stopped_on or therapy.started_on or date.min
    day = when.date() if isinstance(when, datetime) else when
    return day, begins, therapy.agent, stops, therapy.dose or Decimal()
