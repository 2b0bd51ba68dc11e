"""What would a proposed change move? The calendar with it against the calendar without it."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import zip_longest
from typing import Literal
from uuid import UUID

from knowledge.rules.surveillance_calendar import Item
from knowledge.rules.surveillance_scheduler import calendar
from knowledge.rules.surveillance_stretches import Facts
from services.followup.contract import DatedEvent, Move, PlanRequest, Proposed
from services.followup.follow_up import Standing
from services.followup.history import moment_of
from services.followup.preview import coming, preview_of


def propose(
    request: PlanRequest, events: Sequence[DatedEvent], as_of: datetime, years: int, plan: UUID
) -> Proposed:
    """What would these events move, if they were told? Those of a later day are looked at then."""
    moments = [moment for moment in map(moment_of, events) if moment is not None]
    then = max([as_of, *moments])
    told = request.model_copy(update={"history": [*request.history, *events]})
    before, after = Standing(request, then), Standing(told, then)
    preview = preview_of(after.facts, years, plan)
    assert preview is not None
    return Proposed(
        state=after.state, preview=preview, moves=moves(before.facts, after.facts, years)
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
    change: Literal["added", "removed", "moved"] = "moved"
    if gone is None or come is None:
        change = "added" if gone is None else "removed"
    return Move(
        change=change,
        rule=rule,
        act=act,
        was=gone.due if gone else None,
        becomes=come.due if come else None,
        reason=reason,
    )
