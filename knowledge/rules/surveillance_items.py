"""One item of the calendar: its key, its window, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from functools import lru_cache

from knowledge.rules import surveillance_calendar as rows
from knowledge.rules.surveillance_calendar import LIFELONG, Done, Ended, Item, Row
from knowledge.rules.surveillance_dues import Register
from knowledge.rules.surveillance_stretches import Facts, Stretch
from knowledge.terms.obligation import ObligationStatus

MISSED, NOT_INDICATED, DONE = "MISSED", "NOT_INDICATED", "DONE"
A_DAY = timedelta(days=1)


@lru_cache(maxsize=1024)
def a_span(days: int) -> timedelta:
    """So many days: the table knows few of them, and asks for each again and again."""
    return timedelta(days=days)


class How(Enum):
    """What became of an item."""

    DONE = auto()
    BY_PERSON = auto()
    LEFT = auto()
    OVERTAKEN = auto()
    OPEN = auto()


@dataclass(slots=True)
class Settled:
    """An item and what became of it; `done` is what closed it. Nobody changes one."""

    item: Item
    how: How
    done: Done | None = None
    ended: Ended | None = None


class Items:
    """Makes the items of one walk, and says what became of each."""

    def __init__(self, facts: Facts) -> None:
        self.on = facts.on
        self.register = Register(facts.done)
        self.endings: Mapping[tuple[str, str], Ended] = facts.endings or {}
        self.owner = rows.owner_of_missed()
        self.taken: dict[tuple[str, str], int] = {}

    def item(
        self,
        row: Row,
        stretch: Stretch,
        opens: date,
        due: date,
        *,
        after: int | None = None,
        occurrence: str = "",
        until: date | None = None,
    ) -> Item:
        """An item of this row, under a key of its own."""
        occurrence = occurrence or due.isoformat()
        if row.tag:
            occurrence = f"{row.tag}:{occurrence}"
        if row.counts_from == "surgery":
            occurrence += stretch.mark
        return Item(  # by place: by name each would take twice as long (decision 35)
            row.rule,
            self._named_once(row, occurrence),
            row.act,
            due,
            opens,
            due + a_span(row.after[0] if after is None else after),
            until,
            row.ladder,
            row.critical,
            row.radionuclide,
            row.tied,
        )

    def _named_once(self, row: Row, occurrence: str) -> str:
        """No two items share a key: what is asked for once more has a key of its own."""
        key = (row.rule, occurrence)
        seen = self.taken[key] = self.taken.get(key, 0) + 1
        return occurrence if seen == 1 else f"{occurrence}~{seen}"

    def settle(self, row: Row, item: Item, limit: date | None, stretch: Stretch) -> Settled:
        """What became of it: the first thing that happened counts, and it happens once."""
        end, before, ended = stretch.end, limit, None
        if end is not None and (limit is None or end < limit):
            before = end + A_DAY
        done = self.register.first(row.closing, item.opens, before)
        if self.endings:
            ended = self.word_of_a_person(item, min(end or LIFELONG, limit or LIFELONG))
        if done is not None and (ended is None or done.day <= ended.day):
            return Settled(closed(row, item, done), How.DONE, done)
        if ended is not None:
            return Settled(ended_by_person(item, ended), How.BY_PERSON, ended=ended)
        if end is not None and end <= self.on and (limit is None or end < limit):
            return Settled(self.left(item, end, stretch.why), How.LEFT)
        if limit is not None and limit <= self.on:
            return Settled(self.missed(item, limit, "nobody did it in time"), How.OVERTAKEN)
        item.lapses = limit
        return Settled(item, How.OPEN)

    def word_of_a_person(self, item: Item, over: date) -> Ended | None:
        """How did a person end it, unless it was over by then? What has ended ends no more."""
        ended = self.endings.get((item.rule, item.occurrence))
        return None if ended is None or ended.day >= over else ended

    def left(self, item: Item, day: date, why: str) -> Item:
        """Its state or treatment ended: closed with the reason; too late, it was missed."""
        if item.closes < day:
            return self.missed(item, day, why)
        return _end(item, ObligationStatus.CANCELLED, day, NOT_INDICATED, why)

    def missed(self, item: Item, day: date, why: str) -> Item:
        """Its moment is over, and nobody did it in time."""
        reason = f"missed ({self.owner}): its window closed on {item.closes}; {why}"
        return _end(item, ObligationStatus.MISSED, day, MISSED, reason)


def _end(item: Item, status: ObligationStatus, day: date, disposition: str, why: str) -> Item:
    """It ends, once."""
    item.status, item.ended_on, item.disposition, item.reason = status, day, disposition, why
    return item


def closed(row: Row, item: Item, done: Done) -> Item:
    """Closed by what was done: which of it met the need, and what of it was not sent."""
    day, ids = done.day, done.ids
    met, said, not_measured = _met(row, done.closes)
    why = f"{said} of {day.isoformat()}"
    if day > item.closes:
        why += f", late: its window closed on {item.closes}"
    item.done_on, item.not_measured = day, not_measured
    item.closed_by = tuple([ids[code] for code in met if code in ids])
    return _end(item, ObligationStatus.DONE, day, DONE, why)


@lru_cache(maxsize=4096)
def _met(row: Row, closes: frozenset[str]) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """What of this met the need, in words as well, and what of all that is asked for was not sent?

    Laboratories send the same panels again.
    """
    met = tuple(sorted(closes & row.closing))
    not_measured = tuple([any_of[0] for any_of in row.measures if closes.isdisjoint(any_of)])
    return met, f"{row.rule} asked for {row.act}: met by {', '.join(met)}", not_measured


def ended_by_person(item: Item, ended: Ended) -> Item:
    """Closed by a person, in their words."""
    done = ended.status is ObligationStatus.DONE
    item.done_on = ended.day
    disposition = ended.disposition or (DONE if done else NOT_INDICATED)
    return _end(item, ended.status, ended.day, disposition, ended.reason)
