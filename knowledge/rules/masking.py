"""Does a drug make a phosphate look better than it is? Its numbers stand in remission.toml."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from knowledge.rules import drugs
from knowledge.tables import Table

TABLE = Table.beside(str(Path(__file__).with_name("remission.py")))

BUROSUMAB, SUPPLEMENT, UNCLEAR = "burosumab", "supplement", "unclear"
SUREST_FIRST = (BUROSUMAB, SUPPLEMENT, UNCLEAR, drugs.UNKNOWN)
DAYS = {BUROSUMAB: "burosumab_masks", UNCLEAR: "unclear_masks"}
"""Which drugs are counted by the day; the others by the hour."""

HOURS = "supplements_mask"
A_DAY, ZONES = timedelta(days=1), timedelta(days=2)
"""Two moments whose clocks lie that far apart follow each other in every zone."""


@dataclass(slots=True)
class Exposure:
    """A drug that may mask a phosphate, and from when to when. No end: it is still taken.

    Of burosumab the end is the day of the last dose. No beginning: nobody said since when.
    Nobody changes one; it is not frozen because so many are made.
    """

    agent: str
    kind: str
    started: datetime | date | None
    ended: datetime | date | None


def masker(agent: str) -> str | None:
    """Does this drug mask a phosphate: as supplement, as burosumab, maybe, or not at all?"""
    masks = drugs.named(agent).masks
    return None if masks == drugs.NO else masks


class Masks:
    """The drugs of one person, to be asked of many moments: what is the same for all is found once.

    Of several that mask, the one that masks most surely, and of these the one that ends last.
    """

    def __init__(self, exposures: Iterable[Exposure], on: date) -> None:
        surest_first = sorted(exposures, key=_weight, reverse=True)
        self._spans = [_span(drug, on) for drug in surest_first]

    def of(self, at: datetime) -> Exposure | None:
        """Which drug makes a result of this moment look better than it is? None: believe it."""
        day = at.date()
        for span in self._spans:
            if span.first <= day and (day < span.surely or (day < span.over and span.lasts(at))):
                return span.drug
        return None


@dataclass(slots=True)
class _Span:
    """From when to when one drug masks; only between two days does the hour count."""

    drug: Exposure
    first: date
    surely: date = date.max
    """Before this day it masks, whatever the hour."""
    over: date = date.max
    """From this day on it does not."""
    until: datetime | None = None

    def lasts(self, at: datetime) -> bool:
        """Does it still mask at this hour? Of an end told by the day, on the clock on the wall."""
        if self.until is None or self.until.tzinfo is not None:
            return self.until is None or at < self.until
        return at.replace(tzinfo=None) < self.until


def _span(drug: Exposure, on: date) -> _Span:
    first = date.min if drug.started is None else _day(drug.started)
    if drug.ended is None:
        return _Span(drug, first)
    try:
        if drug.kind in DAYS:
            last = _day(drug.ended) + timedelta(days=TABLE.whole(DAYS[drug.kind], on))
            return _Span(drug, first, last, last)
        until = _not_taken_from(drug.ended) + timedelta(hours=TABLE.whole(HOURS, on))
        return _Span(drug, first, until.date() - ZONES, until.date() + A_DAY + ZONES, until)
    except OverflowError:  # said to end on the last day there is
        return _Span(drug, first)


def mask(at: datetime, exposures: Iterable[Exposure], on: date) -> Exposure | None:
    """Which drug makes a result of this moment look better than it is? None: it may be believed."""
    return Masks(exposures, on).of(at)


def masks_until(drug: Exposure, on: date) -> date | None:
    """From which day on do results count again? None: the drug is still taken."""
    if drug.ended is None:
        return None
    if drug.kind in DAYS:
        return _day(drug.ended) + timedelta(days=TABLE.whole(DAYS[drug.kind], on))
    over = _not_taken_from(drug.ended) + timedelta(hours=TABLE.whole(HOURS, on))
    return over.date()


def _weight(drug: Exposure) -> tuple[int, date, str]:
    ended = date.max if drug.ended is None else _day(drug.ended)
    return -SUREST_FIRST.index(drug.kind), ended, drug.agent


def _not_taken_from(ended: datetime | date) -> datetime:
    """From when on was it surely not taken any more? Of a day it may have been the last hour."""
    if isinstance(ended, datetime):
        return ended
    return datetime.combine(ended, time()) + A_DAY


def _day(when: datetime | date) -> date:
    return when.date() if isinstance(when, datetime) else when
