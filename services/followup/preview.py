"""The calendar of the coming years before it is accepted, and what a proposed change would move."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import zip_longest
from uuid import UUID

from knowledge.rules.surveillance_calendar import Item
from knowledge.rules.surveillance_dues import years_after
from knowledge.rules.surveillance_scheduler import calendar
from knowledge.rules.surveillance_stretches import Facts
from services.followup.calendar import item_id
from services.followup.contract import Coming, Move, Preview, Visit
from services.followup.visits import visits


def visits_of(items: Iterable[Item], on: date, plan: UUID) -> list[Visit]:
    """In which visits can everything that is open be done?"""
    return [
        Visit(
            on=visit.on,
            earliest=visit.earliest,
            latest=visit.latest,
            items=[str(item_id(plan, item.rule, item.occurrence)) for item in visit.items],
            rules=sorted({item.rule for item in visit.items}),
            acts=sorted({item.act for item in visit.items}),
        )
        for visit in visits(items, on)
    ]


def coming(facts: Facts, years: int) -> list[Item]:
    """What falls due in these years, if each item is done on its day and nothing else happens?"""
    until = years_after(facts.on, years)
    found = calendar(facts, preview=until)
    return [item for item in found if item.is_open and item.due <= until]


def preview_of(facts: Facts, years: int | None, plan: UUID) -> Preview | None:
    """The calendar of the next years, if somebody asks for it."""
    if years is None:
        return None
    items = coming(facts, years)
    return Preview(
        until=years_after(facts.on, years),
        items=[
            Coming(
                rule=item.rule,
                occurrence=item.occurrence,
                act=item.act,
                due=item.due,
                opens=item.opens,
                closes=item.closes,
            )
            for item in sorted(items, key=lambda item: (item.due, item.rule))
        ],
        visits=visits_of(items, facts.on, plan),
    )


def moves(before: Facts, after: Facts, years: int) -> list[Move]:
    """What would the change move? Items of one rule are compared one by one, in their order."""
    was, becomes = _by_rule(coming(before, years)), _by_rule(coming(after, years))
    ended = {
        (item.rule, item.occurrence): item.reason for item in calendar(after) if not item.is_open
    }
    found: list[Move] = []
    for rule, act in sorted(was.keys() | becomes.keys()):
        old, new = was.get((rule, act), []), becomes.get((rule, act), [])
        same = {item.due for item in old} & {item.due for item in new}
        old = [item for item in old if item.due not in same]
        new = [item for item in new if item.due not in same]
        for gone, come in zip_longest(old, new):
            reason = "" if gone is None else ended.get((gone.rule, gone.occurrence), "")
            found.append(_move(rule, act, gone, come, reason))
    return sorted(found, key=lambda move: (move.was or move.becomes or date.max, move.rule))


def _by_rule(items: Sequence[Item]) -> dict[tuple[str, str], list[Item]]:
    grouped: dict[tuple[str, str], list[Item]] = {}
    for item in sorted(items, key=lambda item: item.due):
        grouped.setdefault((item.rule, item.act), []).append(item)
    return grouped


def _move(rule: str, act: str, gone: Item | None, come: Item | None, reason: str) -> Move:
    change = "added" if gone is None else "removed" if come is None else "moved"
    return Move(
        change=change,
        rule=rule,
        act=act,
        was=gone.due if gone else None,
        becomes=come.due if come else None,
        reason=reason,
    )
