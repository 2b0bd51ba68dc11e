"""When is somebody in whom nothing was found looked at again, and how?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.rules.remission import months_after
from knowledge.tables import Table

TABLE = Table.beside(__file__)


@dataclass(slots=True)
class Search:
    """What the next look depends on. Days are None where they are not known."""

    last_look: date
    last_fdg: date | None = None
    looks_without: int = 0
    triggers: Sequence[str] = ()
    last_examined: date | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why the next look comes earlier."""

    key: str
    rule: str
    says: str
    at_once: bool


@dataclass(frozen=True, slots=True)
class Look:
    """The next look: what, when, not before and not after, and why then."""

    acts: tuple[str, ...]
    due: date
    earliest: date
    latest: date
    examination_due: date
    rules: tuple[str, ...]
    brought_forward_by: tuple[Trigger, ...]
    review: bool


def next_look(search: Search, on: date) -> Look:
    """When is the next look, and with which scan?"""
    last = search.last_look
    review = search.looks_without >= TABLE.whole("review_after", on)
    months = "after_review" if review else "interval"
    due = _after(last, months, on)
    earliest, latest = _after(last, "earliest", on), _after(last, "latest", on)
    found = tuple(_trigger(key) for key in search.triggers)
    if any(trigger.at_once for trigger in found):
        due = earliest = on
    elif found:
        due = max(on, min(due, _after(last, "brought_forward_to", on)))
        earliest = min(earliest, due)
    rules = ["LOC-024", *(["LOC-039"] if review else []), *(t.rule for t in found)]
    return Look(
        acts=_acts(search, due, found, on),
        due=due,
        earliest=earliest,
        latest=max(latest, due),
        examination_due=min(due, examination_after(max(last, search.last_examined or last), on)),
        rules=tuple(dict.fromkeys(rules)),
        brought_forward_by=found,
        review=review,
    )


def short_look(last: date, on: date) -> tuple[date, date]:
    """From when until when is somebody looked at again whose findings stay equivocal?"""
    return _after(last, "equivocal_from", on), _after(last, "equivocal_to", on)


def usual(last: date, on: date) -> tuple[date, date, date]:
    """From when, when and until when is a look due that nothing brings forward?"""
    earliest, due, latest = (_after(last, what, on) for what in ("earliest", "interval", "latest"))
    return earliest, due, latest


def examination_after(seen: date, on: date) -> date:
    """When is somebody examined again who was seen on this day?"""
    return _after(seen, "examination_every", on)


def has_risen(earlier: Decimal, later: Decimal, on: date) -> bool:
    """Has FGF23 risen? Both in the same assay and off burosumab; the caller sees to that."""
    return later >= earlier * (1 + TABLE.number("fgf23_rise", on))


def _acts(search: Search, due: date, found: Sequence[Trigger], on: date) -> tuple[str, ...]:
    """SSTR and FDG in turn; both when the last FDG is long ago; PET at once after SPECT only."""
    if any(trigger.at_once for trigger in found):
        return ("sstr_pet_ct",)
    if search.last_fdg is not None and _after(search.last_fdg, "fdg_again_after", on) <= due:
        return ("sstr_pet_ct", "fdg_pet_ct")
    return ("fdg_pet_ct",) if search.looks_without % 2 else ("sstr_pet_ct",)


def _after(day: date, what: str, on: date) -> date:
    return months_after(day, TABLE.whole(what, on))


def _trigger(key: str) -> Trigger:
    row = TABLE.entries["triggers"][key].fields
    return Trigger(key, row["rule"], row["says"], row["at_once"])
