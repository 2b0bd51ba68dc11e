"""Symptoms of a low calcium: which calcium do they make urgent, and was there one at all?"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from knowledge.rules import follow_up_safety as safety
from services.followup.contract import Symptoms
from services.followup.history import day_of
from services.followup.view import Reading, View, but

RULE = "MON-07"
FELT = ("new", "known")


def urgent_when_felt(view: View, calcium: Sequence[Reading]) -> None:
    """A low calcium is urgent with symptoms, where no other calcium was drawn between them."""
    for told in view.history.symptoms:
        if told.hypocalcaemic not in FELT:
            continue
        noted = day_of(told.noted_on)
        for reading in _beside(_judged(calcium), noted):
            if reading.facts[RULE] and safety.symptoms_belong(reading.day, noted, view.on):
                but(reading, urgent=reading.urgent | {RULE})


def _judged(calcium: Iterable[Reading]) -> list[Reading]:
    known = [reading for reading in calcium if reading.facts[RULE] is not None]
    return sorted(known, key=lambda reading: (reading.at, reading.key))


def _beside(judged: Sequence[Reading], noted: date) -> list[Reading]:
    """The last calcium up to that day, and the first after it."""
    before = [reading for reading in judged if reading.day <= noted]
    after = [reading for reading in judged if reading.day > noted]
    last = [reading for reading in before if reading.day == before[-1].day]
    return [*last, *after[:1]]


def without_calcium(view: View, told: Symptoms, reading: Reading, calcium: list[Reading]) -> None:
    """Symptoms that no calcium answers ask for one at once; the next calcium ends that."""
    if told.hypocalcaemic is None:
        return
    fact, ended = False, None
    if told.hypocalcaemic in FELT:
        judged, noted = _judged(calcium), day_of(told.noted_on)
        before = [c for c in judged if c.day <= noted]
        after = next((c for c in judged if c.day > noted), None)
        fact = not (before and _answers(before[-1], told, noted, view.on))
        ended = after.day - timedelta(days=1) if after is not None else None
    urgent = reading.urgent | {RULE} if fact else reading.urgent
    but(reading, facts=reading.facts | {RULE: fact}, urgent=urgent)
    if fact:
        but(reading, ended_of={RULE: ended}, saying={RULE: safety.sentence(RULE, "symptoms")})


def _answers(calcium: Reading, told: Symptoms, noted: date, on: date) -> bool:
    """Does the calcium of that day or before speak to these symptoms already?

    A low one is urgent by itself. A normal one speaks for symptoms of its own day, and for those
    that were known when it was drawn; what is new after it asks for another, on that day too where
    the hour of both is told.
    """
    known = bool(calcium.facts[RULE]) or told.hypocalcaemic == "known"
    if calcium.day == noted:
        when = told.noted_on
        return known or not isinstance(when, datetime) or calcium.at >= when
    return known and safety.symptoms_belong(calcium.day, noted, on)
