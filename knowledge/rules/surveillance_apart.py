"""Which scans are moved, so that no two of them disturb each other?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from knowledge.rules import surveillance_calendar as rows
from knowledge.rules.surveillance_calendar import Item


def kept_apart(items: Sequence[Item], on: date) -> list[Item]:
    """Scheduler rule (5): no two radionuclide scans within a week, unless somebody justifies it.

    The one that is less urgent waits; its key stays as it was. What is overdue has no day yet.
    """
    apart = timedelta(days=rows.days_apart())
    scans = [item for item in items if item.radionuclide and item.is_open and item.due >= on]
    taken = [item.done_on for item in items if item.radionuclide and item.done_on is not None]
    moved: dict[tuple[str, str], Item] = {}
    for item in sorted(scans, key=lambda item: (not item.critical, item.due, item.rule)):
        due = item.due
        near = sorted(day for day in taken if abs(due - day) < apart)
        while near:
            due = near[-1] + apart
            near = sorted(day for day in taken if abs(due - day) < apart)
        taken.append(due)
        if due != item.due:
            why = f"moved from {item.due}: radionuclide scans are {apart.days} days apart"
            closes = max(item.closes, due)
            moved[item.rule, item.occurrence] = replace(item, due=due, closes=closes, reason=why)
    return [moved.get((item.rule, item.occurrence), item) for item in items]
