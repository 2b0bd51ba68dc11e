"""Does a drug make a phosphate look better than it is? Its numbers stand in remission.toml."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from knowledge.rules import drugs
from knowledge.tables import Table

TABLE = Table.beside(str(Path(__file__).with_name("remission.py")))

BUROSUMAB, SUPPLEMENT, UNCLEAR = "burosumab", "supplement", "unclear"
SUREST_FIRST = (BUROSUMAB, SUPPLEMENT, UNCLEAR, drugs.UNKNOWN)
DAYS = {BUROSUMAB: "burosumab_masks", UNCLEAR: "unclear_masks"}
"""Which drugs are counted by the day; the others by the hour."""

HOURS = "supplements_mask"


@dataclass(frozen=True, slots=True)
class Exposure:
    """A drug that may mask a phosphate, and from when to when. No end: it is still taken.

    Of burosumab the end is the day of the last dose. No beginning: nobody said since when.
    """

    agent: str
    kind: str
    started: datetime | date | None
    ended: datetime | date | None


def masker(agent: str) -> str | None:
    """Does this drug mask a phosphate: as supplement, as burosumab, maybe, or not at all?"""
    masks = drugs.named(agent).masks
    return None if masks == drugs.NO else masks


def mask(at: datetime, exposures: Iterable[Exposure], on: date) -> Exposure | None:
    """Which drug makes a result of this moment look better than it is? None: it may be believed.

    Of several the one that masks most surely, and of these the one that ends last.
    """
    masking = [drug for drug in exposures if _masks(drug, at, on)]
    return max(masking, key=_weight, default=None)


def masks_until(drug: Exposure, on: date) -> date | None:
    """From which day on do results count again? None: the drug is still taken."""
    if drug.ended is None:
        return None
    if drug.kind in DAYS:
        return _day(drug.ended) + timedelta(days=TABLE.whole(DAYS[drug.kind], on))
    over = _over(drug.ended) + timedelta(hours=TABLE.whole(HOURS, on))
    return over.date()


def _weight(drug: Exposure) -> tuple[int, date, str]:
    ended = date.max if drug.ended is None else _day(drug.ended)
    return -SUREST_FIRST.index(drug.kind), ended, drug.agent


def _masks(drug: Exposure, at: datetime, on: date) -> bool:
    if drug.started is not None and _day(drug.started) > at.date():
        return False
    if drug.ended is None:
        return True
    if drug.kind in DAYS:
        return (at.date() - _day(drug.ended)).days < TABLE.whole(DAYS[drug.kind], on)
    return at - _over(drug.ended, at) < timedelta(hours=TABLE.whole(HOURS, on))


def _over(ended: datetime | date, at: datetime | None = None) -> datetime:
    """From when on was it surely not taken any more? Of a day it may have been the last hour."""
    if isinstance(ended, datetime):
        return ended
    return datetime.combine(ended, time(), UTC if at is None else at.tzinfo) + timedelta(days=1)


def _day(when: datetime | date) -> date:
    return when.date() if isinstance(when, datetime) else when
