"""`tio knowledge impact A B`: whom does a change of the knowledge concern, and why?"""

import argparse
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from knowledge import archive
from knowledge.difference import Difference, difference
from tio.knowledge import stored
from tio.knowledge.answers import Summary, summary
from tio.knowledge.editions import add_editions
from tio.knowledge.rereading import CannotBeRead, answers_under
from tio.knowledge.saying import DONE, REFUSED, complain
from tio.knowledge.stored import Asked

MOST_NAMED = 8


@dataclass(slots=True)
class Concerned:
    """One decision that would come out differently, and the changed rows that touch it."""

    id: str
    organisation: str | None
    record: str | None
    changes: dict[str, tuple[Any, Any]]
    because: list[str]


@dataclass(slots=True)
class Impact:
    """How many decisions were read again, and which would differ."""

    old: str
    new: str
    decisions: int
    unreadable: list[str] = field(default_factory=list)
    classed_otherwise_by_code: list[str] = field(default_factory=list)
    """Stored by the old edition with another class than today's code gives under it."""
    classes: dict[str, int] = field(default_factory=dict)
    concerned: list[Concerned] = field(default_factory=list)


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    says = "which stored decisions would differ (without any: which reference cases)"
    parser = verbs.add_parser("impact", help=says)
    add_editions(parser)
    stored.add_sources(parser, also_requests=True)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read every decision again under both editions and show where they part."""
    old, new = archive.find(arguments.a), archive.find(arguments.b)
    asked = stored.asked(arguments)
    try:
        with ThreadPoolExecutor(2) as two:
            before, after = two.map(lambda one: answers_under(one, asked), (old, new))
    except CannotBeRead as wrong:
        return complain(REFUSED, str(wrong))
    found = impact(difference(old, new), asked, before, after)
    if arguments.json:
        print(json.dumps(asdict(found), ensure_ascii=False, indent=2))
    else:
        _print(found)
    return DONE


def impact(
    found: Difference,
    asked: list[Asked],
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
) -> Impact:
    """Which answers differ, and which changed rows touch the rules that fired?"""
    whole = Impact(found.old, found.new, len(asked))
    classes: Counter[str] = Counter()
    for one, was, would_be in zip(asked, before, after, strict=True):
        if "class" not in was or "class" not in would_be:
            whole.unreadable.append(one.id)
            continue
        old, new = summary(was), summary(would_be)
        if one.answered and one.answered[1] == found.old and one.answered[0] != old["class"]:
            whole.classed_otherwise_by_code.append(one.id)
        if old == new:
            continue
        same = old["class"] == new["class"]
        classes[f"{old['class']} -> {'the same class' if same else new['class']}"] += 1
        changes = {name: (old[name], new[name]) for name in old if old[name] != new[name]}
        because = _because(found, old, new)
        whole.concerned.append(Concerned(one.id, one.organisation, one.record, changes, because))
    whole.classes = dict(classes.most_common())
    return whole


def _because(found: Difference, old: Summary, new: Summary) -> list[str]:
    """The changed rows that touch what fired in one reading only; else in either."""
    was, will_be = set(old["rules"]), set(new["rules"])
    touching = found.touching(was ^ will_be) or found.touching(was | will_be)
    return [change.id for change in touching]


def _print(found: Impact) -> None:
    print(f"{found.old} -> {found.new}: {len(found.concerned)} of {found.decisions} would differ")
    for transition, count in found.classes.items():
        print(f"  {count:6} {transition}")
    for one in found.concerned:
        whose = " ".join(filter(None, (one.organisation, one.id)))
        print(f"{whose}{f' (record {one.record})' if one.record else ''}")
        for name, (old, new) in one.changes.items():
            print(f"    {name}: {_said(old)} -> {_said(new)}")
        print(f"    because of {_named(one.because)}")
    for id in found.classed_otherwise_by_code:
        print(f"{id}: was stored with another class than today's code gives under {found.old}")
    for id in found.unreadable:
        print(f"{id}: could not be read again")


def _named(rows: list[str]) -> str:
    if not rows:
        return "a row that no rule that fired can be tied to"
    more = len(rows) - MOST_NAMED
    return ", ".join(rows[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)
