"""The calendar of the coming years as a grid of months. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.coordination.language import listed
from services.coordination.wording import act_in_words, sentence


@dataclass(frozen=True, slots=True)
class ToDo:
    """One thing that falls due, with its window."""

    act: str
    rule: str
    due: date
    opens: date
    closes: date


@dataclass(frozen=True, slots=True)
class Month:
    """What falls due in one month."""

    first: date
    to_do: tuple[ToDo, ...]

    @property
    def in_words(self) -> str:
        """All of it, said."""
        return listed([sentence(act_in_words(act)) for act in dict.fromkeys(self.acts)])

    @property
    def acts(self) -> list[str]:
        """What is to be done."""
        return [one.act for one in self.to_do]


@dataclass(frozen=True, slots=True)
class Year:
    """Twelve months from the month of today on."""

    number: int
    months: tuple[Month, ...]

    @property
    def to_do(self) -> int:
        """How much falls due in it."""
        return sum(len(month.to_do) for month in self.months)


def years(preview: Mapping[str, Any], on: date) -> list[Year]:
    """What would fall due, month by month, if everything were done on its day?"""
    items = _items(preview.get("items", []))
    if not items:
        return []
    last = max(one.due for one in items)
    count = (last.year - on.year) * 12 + last.month - on.month + 1
    by_month: dict[tuple[int, int], list[ToDo]] = {}
    for one in items:
        by_month.setdefault((one.due.year, one.due.month), []).append(one)
    found = []
    for number in range((count + 11) // 12):
        months = []
        for place in range(12):
            ahead = on.month - 1 + number * 12 + place
            first = date(on.year + ahead // 12, ahead % 12 + 1, 1)
            months.append(Month(first, tuple(by_month.get((first.year, first.month), ()))))
        found.append(Year(number + 1, tuple(months)))
    return found


def _items(listed_items: Iterable[Mapping[str, Any]]) -> list[ToDo]:
    found = [
        ToDo(
            str(one["act"]),
            str(one["rule"]),
            date.fromisoformat(one["due"]),
            date.fromisoformat(one["opens"]),
            date.fromisoformat(one["closes"]),
        )
        for one in listed_items
    ]
    return sorted(found, key=lambda one: (one.due, one.act))
