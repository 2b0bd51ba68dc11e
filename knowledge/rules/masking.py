"""Does a drug make a phosphate look better than it is? Its numbers stand in remission.toml."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from knowledge.rules import drugs
from knowledge.tables import Table

TABLE = Table.beside(str(Path(__file__).with_name("remission.py")))


@dataclass(frozen=True, slots=True)
class Exposure:
    """A drug that may mask a phosphate, and from when to when. No end: it is still taken.

    Of burosumab the end is the day of the last dose.
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
    """Which drug makes a result of this moment look better than it is? None: it may be believed."""
    masking = [drug for drug in exposures if _masks(drug, at, on)]
    return next((drug for drug in masking if drug.kind == "burosumab"), next(iter(masking), None))


def _masks(drug: Exposure, at: datetime, on: date) -> bool:
    if drug.started is not None and _day(drug.started) > at.date():
        return False
    if drug.ended is None:
        return True
    if drug.kind == "burosumab":
        return (at.date() - _day(drug.ended)).days < TABLE.whole("burosumab_masks", on)
    wait = timedelta(hours=TABLE.whole("supplements_mask", on))
    if isinstance(drug.ended, datetime):
        return at - drug.ended < wait
    return timedelta(days=(at.date() - drug.ended).days) < wait


def _day(when: datetime | date) -> date:
    return when.date() if isinstance(when, datetime) else when
