"""Where does FGF23 step up between the veins, and is it worth looking?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal

from knowledge.rows import Entry
from knowledge.rules.imaging import by_name, plain
from knowledge.tables import Table
from knowledge.terms.quantity import UNITS, UnknownUnit, unit_named

TABLE = Table.beside(__file__)
WEEK = timedelta(weeks=1)

BodySide = Literal["left", "right"]
"""A vein has one side or none; it is never `both`."""


@dataclass(slots=True)
class Sample:
    """One blood sample from one vein. `drains` is a site, where the operator named it."""

    key: str
    vein: str
    side: BodySide | None
    value: Decimal | None
    unit: str | None
    assay: str | None = None
    on: date | None = None
    reference: bool | None = None
    valid: bool = True
    drains: str | None = None


@dataclass(slots=True)
class Measured:
    """One sample against the general circulation of the same procedure."""

    sample: Sample
    vein: str
    territory: frozenset[str]
    territory_name: str
    reference: bool
    selective: bool
    ratio: Decimal | None = None
    steps_up: bool = False
    note: str | None = None


@dataclass(slots=True)
class Session:
    """One procedure: its samples, and whether anything can be said from them."""

    id: str
    on: date | None
    measured: list[Measured]
    reference_mean: Decimal | None = None
    unit: str | None = None
    interpretable: bool = True
    because: str | None = None

    @property
    def highest(self) -> Measured | None:
        """The highest ratio of all veins."""
        compared = [m for m in self.measured if m.ratio is not None and not m.reference]
        return max(compared, key=lambda m: m.ratio or 0, default=None)


@dataclass(slots=True)
class Verdict:
    """What sampling says of one candidate: the vein nearest to it decides."""

    session: str
    on: date | None
    ratio: Decimal
    supports: bool


@cache
def _veins() -> Mapping[str, Entry]:
    return by_name(TABLE.entries["veins"].values())


def vein_key(name: str) -> str | None:
    """Which vein of the table goes by this name? None: no vein of ours."""
    known = _veins().get(plain(name))
    return known.key if known else None


@lru_cache(maxsize=256)
def _territory(vein: str) -> tuple[frozenset[str], str]:
    """Which sites drain through this vein, and how is that said?"""
    territories = TABLE.entries["territories"]
    parts = [territories[key].fields for key in TABLE.entries["veins"][vein].fields["territories"]]
    sites = frozenset(site for part in parts for site in part["sites"])
    return sites, ", ".join(part["name"] for part in parts)


def fgf23_interpretable(on: date | None, burosumab: Iterable[date], today: date) -> bool | None:
    """Can FGF23 of this day be read? Not within 14 weeks of burosumab (LOC-017). None: unknown."""
    doses = list(burosumab)
    if not doses:
        return True
    if on is None:
        return None
    window = TABLE.whole("burosumab_window", today) * WEEK
    return not any(dose <= on <= dose + window for dose in doses)


def readable_from(burosumab: Iterable[date], today: date) -> date | None:
    """From which day can FGF23 be read again? None: it can be read now."""
    window = TABLE.whole("burosumab_window", today) * WEEK
    last = max((dose for dose in burosumab if dose <= today), default=None)
    if last is None or today > last + window:
        return None
    return last + window + timedelta(days=1)


def is_indicated(survivors: int, on: date, *, complex_alone: bool) -> str | None:
    """Is venous sampling worth it, and by which rule? Several compete, or one is hard to remove."""
    if survivors >= TABLE.whole("candidates_for_sampling", on):
        return "LOC-011"
    return "LOC-012" if survivors and complex_alone else None


def read_session(
    id: str, samples: Sequence[Sample], burosumab: Sequence[date], today: date
) -> Session:
    """What does one procedure show? Each vein against the mean of its own reference samples."""
    day = max((sample.on for sample in samples if sample.on), default=None)
    session = Session(id, day, [_measured(sample) for sample in samples])
    readable = fgf23_interpretable(day, burosumab, today)
    if readable is not True:
        session.interpretable = False
        why = "taken at most 14 weeks after burosumab"
        session.because = why if readable is False else "whether burosumab was on board is unknown"
        return session
    _compare(session, today)
    return session


def _measured(sample: Sample) -> Measured:
    known = _veins().get(plain(sample.vein))
    if known is None:
        note = f"{sample.vein!r} is no vein of the table"
        sites, name = frozenset[str](), ""
        selective, reference = True, bool(sample.reference)
    else:
        sites, name = _territory(known.key)
        selective = bool(known.fields["selective"])
        reference = sample.reference is True or (
            sample.reference is None and bool(known.fields["reference"])
        )
        note = None
    if sample.drains is not None:
        sites, name, selective, note = frozenset((sample.drains,)), sample.drains, True, None
    vein = known.fields["name"] if known else sample.vein
    return Measured(sample, vein, sites, name, reference, selective, note=note)


def _compare(session: Session, today: date) -> None:
    usable = [m for m in session.measured if _usable(m)]
    references = [m for m in usable if m.reference]
    if not references:
        session.interpretable = False
        session.because = "no usable sample of the general circulation in this session"
        return
    first = references[0].sample
    alike = [m for m in usable if _comparable(m, first)]
    references = [m for m in alike if m.reference]
    total = sum((_amount(m.sample) for m in references), Decimal(0))
    session.unit = first.unit
    session.reference_mean = total / len(references) / _factor(first)
    limit = TABLE.number("diagnostic_ratio", today)
    for measured in alike:
        scaled = _amount(measured.sample) * len(references)
        measured.ratio = scaled / total if total else None
        measured.steps_up = bool(total) and not measured.reference and scaled >= limit * total


def _usable(measured: Measured) -> bool:
    sample = measured.sample
    if not sample.valid:
        measured.note = "not technically valid"
    elif sample.value is None:
        measured.note = "no value that can be compared"
    else:
        try:
            unit_named(sample.unit)
        except UnknownUnit as unknown:
            measured.note = str(unknown)
        else:
            return True
    return False


def _comparable(measured: Measured, first: Sample) -> bool:
    """Only one assay and one kind of unit in one procedure can be compared."""
    sample = measured.sample
    same_kind = unit_named(sample.unit).kind == unit_named(first.unit).kind
    if same_kind and (sample.assay is None or first.assay is None or sample.assay == first.assay):
        return True
    measured.note = "another assay or unit than the reference samples"
    return False


def _factor(sample: Sample) -> Decimal:
    return UNITS[unit_named(sample.unit).code].factor


def _amount(sample: Sample) -> Decimal:
    return (sample.value or Decimal(0)) * _factor(sample)


def drains(measured: Measured, site: str, side: str | None) -> bool:
    """Does this vein drain this place?"""
    sides = {measured.sample.side, side} - {None}
    return site in measured.territory and len(sides) <= 1


def verdict(sessions: Sequence[Session], site: str, side: str | None) -> Verdict | None:
    """What does sampling say of this candidate? The last session, its nearest vein."""
    for session in sorted(sessions, key=lambda s: s.on or date.min, reverse=True):
        draining = _draining(session, site, side)
        if not draining:
            continue
        nearest = min(len(m.territory) for m in draining)
        best = max((m for m in draining if len(m.territory) == nearest), key=lambda m: m.ratio or 0)
        return Verdict(session.id, session.on, best.ratio or Decimal(0), best.steps_up)
    return None


def _draining(session: Session, site: str, side: str | None) -> list[Measured]:
    if not session.interpretable:
        return []
    return [
        m
        for m in session.measured
        if m.ratio is not None and m.selective and not m.reference and drains(m, site, side)
    ]


def unexplained_steps(
    sessions: Sequence[Session], places: Sequence[tuple[str, str | None]]
) -> list[tuple[Session, Measured]]:
    """Where does FGF23 step up although no candidate drains there? (LOC-015)

    A step-up is explained by a candidate that this vein drains, unless a vein nearer to the
    candidate shows none.
    """
    found = []
    for session in sessions:
        if not session.interpretable:
            continue
        for measured in session.measured:
            if not (measured.steps_up and measured.selective):
                continue
            explained = any(
                drains(measured, site, side)
                and (said := verdict([session], site, side)) is not None
                and said.supports
                for site, side in places
            )
            if not explained:
                found.append((session, measured))
    return found
