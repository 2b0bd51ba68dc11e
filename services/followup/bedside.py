"""What was seen, said and prescribed, and which safety rules it calls up."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from knowledge.rules import follow_up_safety as safety
from knowledge.rules.beside_burosumab import UNKNOWN
from knowledge.rules.follow_up_safety import CONVENTIONAL, Period
from knowledge.terms.truth import Truth, any_of
from services.followup.contract import Symptoms
from services.followup.history import day_of
from services.followup.hypocalcaemia import without_calcium
from services.followup.medication import after
from services.followup.results import ALP
from services.followup.view import SYMPTOMS, Facts, Reading, View, at, but, told_at

AGAINST = (*CONVENTIONAL, UNKNOWN)
"""What may not be taken while burosumab is given, or of which nobody can say."""


def pictures(view: View) -> Iterator[Reading]:
    """Each renal ultrasound: was nephrocalcinosis seen?"""
    for done in view.history.performed:
        if done.act == "renal_ultrasound":
            id = done.id or f"{done.act} {day_of(done.performed_at)}"
            facts: Facts = {"MON-11": done.nephrocalcinosis}
            problem = "whether nephrocalcinosis was seen was not said"
            yield told_at(at(done.performed_at), "kidney_picture", id, (id,), facts, problem)


def symptoms(view: View, calcium: list[Reading]) -> Iterator[Reading]:
    """What the patient said, each time it was noted; beside the calcium that was drawn."""
    newest: dict[str, Symptoms] = {}
    for told in view.history.symptoms:
        id = told.id or f"symptoms {told.noted_on.isoformat()}"
        if id not in newest or _later(told) > _later(newest[id]):
            newest[id] = told
    for id, told in newest.items():
        new = [None if s is None else s == "new" for s in (told.weakness, told.respiratory)]
        key = f"{id}@{told.version or 1}"
        facts: Facts = {"MON-02": any_of(*new)}
        reading = told_at(at(told.noted_on), SYMPTOMS, key, (id,), facts)
        reading.version = told.version or 1
        without_calcium(view, told, reading, calcium)
        yield reading


def _later(told: Symptoms) -> tuple[int, bool, str]:
    """By version; of two that say they are the same, the one that is worse."""
    new = "new" in (told.weakness, told.respiratory, told.hypocalcaemic)
    return told.version or 1, new, str(told)


def drugs(view: View) -> Iterator[Reading]:
    """Burosumab with what may not be given beside it, and what harms unmineralised bone."""
    for one in view.taken:
        for other in view.taken:
            if one.kind == safety.BUROSUMAB and other.kind in AGAINST:
                yield from _together(view, one, other)
        if one.kind == safety.ANTIRESORPTIVE:
            yield _antiresorptive(view, one)


def _together(view: View, burosumab: Period, other: Period) -> Iterator[Reading]:
    """Was this taken while burosumab was given? What nobody knows may not go with it either."""
    since = safety.together(burosumab, other)
    if since is None:
        return
    names, ends = (burosumab.agent, other.agent), (burosumab.stopped, other.stopped)
    ended = min((end for end in ends if end is not None), default=None)
    if other.kind != UNKNOWN:
        yield _of_drugs(view, "MON-17", names, since, True, ended)
    elif burosumab.covers(view.on) and other.covers(view.on):
        text = f"nobody here knows {other.agent}: say whether it holds phosphate or vitamin D"
        yield but(_of_drugs(view, "MON-17", names, since, None, ended), problem=text)


def _antiresorptive(view: View, drug: Period) -> Reading:
    """Was ALP or phosphate abnormal when it was ordered, or at any time while it was taken?"""
    last = drug.stopped or date.max
    if drug.started is None:
        fact = _abnormal(view, date.min, last)
    else:
        fact = _abnormal(view, date.min, drug.started)
        later = _abnormal(view, after(drug.started) or drug.started, last)
        fact = any_of(fact, later) if later else fact
    problem = "ALP or phosphate at the time of the order is not known"
    since = drug.started or date.min
    reading = _of_drugs(view, "MON-18", (drug.agent,), since, fact, drug.stopped)
    return but(reading, problem=problem)


def _first_day(view: View) -> date:
    days = [one.day(view.on) for one in view.results.taken]
    days += [operation.day for operation in view.history.operations]
    return min(days, default=view.on)


def _abnormal(view: View, first: date, last: date) -> Truth:
    """Was the last ALP or the last phosphate of these days abnormal?"""
    alp, phosphate = (
        [view.levels[o.id] for key in keys for o in view.of(key) if first <= o.day(view.on) <= last]
        for keys in (ALP, ("s_phos",))
    )
    return safety.is_abnormal(alp[-1] if alp else None, phosphate[-1] if phosphate else None)


def _of_drugs(
    view: View, rule: str, agents: tuple[str, ...], since: date, fact: Truth, ended: date | None
) -> Reading:
    """Where nobody told since when, it is told with the first thing that is known."""
    name = "+".join(agents)
    told = since if since != date.min else _first_day(view)
    at = datetime.combine(told, time(), UTC)
    key = f"{name} {since if since != date.min else 'undated'}"
    reading = told_at(at, f"{rule} {key}", key, agents, {rule: fact})
    reading.ended = ended
    return reading
