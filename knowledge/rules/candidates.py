"""Which place is likeliest to be the tumor, and why? Every point with the study it comes from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache

from knowledge.rows import Entry
from knowledge.rules.imaging import Technique, by_name, plain
from knowledge.tables import Table

TABLE = Table.beside(__file__)


class Uptake(StrEnum):
    """How bright a focus is, against what."""

    ABOVE_LIVER = "above_liver"
    ABOVE_BACKGROUND = "above_background"
    NONE = "none"


ABOVE_LIVER, ABOVE_BACKGROUND, NO_UPTAKE = Uptake
"""Plain names: Python 3.11 takes 60 ns to find a member in its class, and this is asked often."""


@dataclass(slots=True)
class Reading:
    """What one examination or study says about one place."""

    study: str
    on: date | None
    technique: Technique
    uptake: Uptake | None = None
    correlate: bool | None = None
    mimic: str | None = None
    features: tuple[str, ...] = ()
    lump: bool = False
    size_mm: Decimal | None = None
    change: str | None = None
    missed: bool = False
    """It looked here and reports nothing."""

    shows_nothing: bool = field(init=False)
    """Is there nothing to be seen here?"""

    is_focus: bool = field(init=False)
    """Does a functional study show something here?"""

    def __post_init__(self) -> None:
        self.shows_nothing = self.missed or self.uptake is NO_UPTAKE
        self.is_focus = self.technique.functional and not self.shows_nothing


@dataclass(slots=True)
class Fact:
    """Something known of a place beside its imaging: where it stands, and of when it is."""

    study: str
    on: date | None


@dataclass(slots=True)
class Beside:
    """What is known of a candidate beside its imaging."""

    steps_up: Fact | None = None
    no_step: Fact | None = None
    ratio: Decimal | None = None
    resection_bed: Fact | None = None
    biopsy_negative: Fact | None = None


@dataclass(slots=True)
class Point:
    """Points of one score item, with the study they come from."""

    item: str
    points: int
    text: str
    study: str
    on: date | None
    rule: str = ""


@dataclass(slots=True)
class Standing:
    """How one candidate stands: its points, and what of LOCALIZED it meets."""

    points: tuple[Point, ...]
    functional: bool
    anatomical: bool
    concordant: bool
    explained: bool
    lump: bool = False
    ratio: Decimal | None = None
    score: int = field(init=False)
    survives: bool = field(init=False)
    """Is it still a candidate once its look-alike has cost its points?"""

    def __post_init__(self) -> None:
        self.score = sum([point.points for point in self.points])
        self.survives = self.score > 0


NOTHING_BESIDE = Beside()


@cache
def _named(which: str) -> Mapping[str, Entry]:
    return by_name(TABLE.entries[which].values())


@lru_cache(maxsize=4096)
def mimic_named(name: str) -> str | None:
    """Which look-alike of section 4 is this? None when the table does not have it."""
    found = _named("mimics").get(plain(name))
    return found.key if found else None


@lru_cache(maxsize=4096)
def feature_named(name: str) -> str | None:
    """Which typical feature of 1.3 is this? None when it is none."""
    found = _named("features").get(plain(name))
    return found.key if found else None


@lru_cache(maxsize=4096)
def is_organ_with_uptake(site: str) -> bool:
    """Does this organ take SSTR tracers up by itself?"""
    return plain(site) in _named("organs")


def needs_referral(mimic: str | None) -> bool:
    """Does this look-alike need a work-up of its own?"""
    return mimic in TABLE.entries["mimics"] and bool(
        TABLE.entries["mimics"][mimic].fields.get("refer")
    )


def standing(readings: Sequence[Reading], on: date, beside: Beside = NOTHING_BESIDE) -> Standing:
    """How does this candidate stand? Every point with its evidence; an item counts once."""
    foci, masses, lumps, mimics = [], [], [], []
    explained = False
    for reading in readings:
        alike = reading.mimic is not None and reading.mimic != "none"
        if alike:
            mimics.append(reading)
            explained = explained or _is_physiological(reading.mimic)
        if reading.is_focus:
            foci.append(reading)
        if reading.correlate and not alike:
            masses.append(reading)
        if reading.lump:
            lumps.append(reading)
        explained = explained or (
            reading.technique.anatomical
            or (reading.correlate is not None and reading.mimic is not None)
        )
    second = _second(foci)
    shown = (
        _uptake(foci),
        ("second_functional", second),
        ("anatomical_correlate", masses[0] if masses else None),
        ("typical_features", _typical(readings, on)),
        ("palpable", lumps[0] if lumps else None),
        ("svs_supports", beside.steps_up),
        ("svs_against", beside.no_step),
        ("resection_bed", beside.resection_bed),
        ("grew", _grown(readings, foci, on)),
        *_mimics(mimics),
        ("biopsy_negative", beside.biopsy_negative),
    )
    return Standing(
        points=tuple([_point(item, by) for item, by in shown if by is not None]),
        functional=bool(foci),
        anatomical=bool(masses),
        concordant=second is not None or beside.steps_up is not None,
        explained=explained,
        lump=bool(lumps),
        ratio=beside.ratio,
    )


@lru_cache(maxsize=1024)
def _is_physiological(mimic: str | None) -> bool:
    """Is this how the organ always looks, so that nothing needs to explain it?"""
    known = TABLE.entries["mimics"].get(mimic or "")
    return known is not None and known.fields["item"] == "physiological"


def _point(item: str, by: Reading | Fact) -> Point:
    row = TABLE.entries["score"][item].fields
    return Point(item, row["points"], row["text"], by.study, by.on, row["rule"])


def _uptake(foci: Sequence[Reading]) -> tuple[str, Reading | None]:
    """A focus of which nobody said how bright it is was brighter than what is around it."""
    bright = {r.uptake: r for r in reversed(foci) if r.technique.target == "sstr"}
    if ABOVE_LIVER in bright:
        return "uptake_above_liver", bright[ABOVE_LIVER]
    return "uptake_above_background", bright.get(ABOVE_BACKGROUND) or bright.get(None)


def _second(foci: Sequence[Reading]) -> Reading | None:
    """The first focus that another test shows as well."""
    for focus in foci[1:]:
        if focus.technique.test != foci[0].technique.test:
            return focus
    return None


def _typical(readings: Sequence[Reading], on: date) -> Reading | None:
    showing = [r for r in readings if r.features and any(map(feature_named, r.features))]
    if not showing:
        return None
    typical = {feature_named(name) for r in showing for name in r.features} - {None}
    if len(typical) < TABLE.whole("features_needed", on):
        return None
    return showing[0]


def _mimics(mimics: Sequence[Reading]) -> Iterable[tuple[str, Reading]]:
    costing: dict[str, Reading] = {}
    for reading in mimics:
        known = TABLE.entries["mimics"].get(reading.mimic or "")
        item = known.fields["item"] if known else "known_mimic"
        only = known.fields.get("only") if known else None
        if only is None or reading.technique.target in (only, None):
            costing.setdefault(item, reading)
    return costing.items()


def _grown(readings: Sequence[Reading], foci: Sequence[Reading], on: date) -> Reading | None:
    """The study in which it had grown, or in which it was first seen where it was not before."""
    for reading in readings:
        if reading.change in ("new", "grown"):
            return reading
    for focus in foci:
        for earlier in readings:
            if earlier.shows_nothing and _same_test_before(earlier, focus):
                return focus
    measured = [r for r in readings if r.size_mm is not None and r.on is not None]
    if len(measured) > 1:
        share = 1 + TABLE.number("grown_by", on)
        for later in measured:
            for earlier in measured:
                if _before(earlier, later) and (later.size_mm or 0) >= (
                    (earlier.size_mm or 0) * share
                ):
                    return later
    return None


def _same_test_before(earlier: Reading, later: Reading) -> bool:
    test = earlier.technique.test
    return test is not None and test == later.technique.test and _in_time(earlier, later)


def _before(earlier: Reading, later: Reading) -> bool:
    return earlier.technique.modality == later.technique.modality and _in_time(earlier, later)


def _in_time(earlier: Reading, later: Reading) -> bool:
    return earlier.on is not None and later.on is not None and earlier.on < later.on


def effort(resectability: str | None) -> int:
    """How hard would it be to remove, for ties: easier first, not known between."""
    known = TABLE.entries["resectability"].get(resectability or "")
    return 1 if known is None else int(known.fields["order"])


def needs_sampling_alone(resectability: str | None) -> bool:
    """Is its removal so complex that venous sampling comes first, even alone? (LOC-012)"""
    known = TABLE.entries["resectability"].get(resectability or "")
    return known is not None and bool(known.fields["sampling"])


def rank(
    standing: Standing, uptake_ratio: Decimal, resectability: str | None
) -> tuple[object, ...]:
    """Sorts the likeliest first: score, then sampling, then brightness, then easier removal."""
    return (-standing.score, -(standing.ratio or 0), -uptake_ratio, effort(resectability))


def surviving(standings: Iterable[Standing]) -> int:
    """How many candidates are left once mimics have cost their points?"""
    return sum([standing.survives for standing in standings])


def has_leader(standings: Sequence[Standing], on: date) -> bool:
    """Is there exactly one leading candidate that may be called the tumor? Best first."""
    if not standings:
        return False
    best, *others = standings
    lead = best.score - others[0].score if others else None
    imaged = (best.functional and best.anatomical) or (
        best.lump and (best.functional or best.anatomical)
    )
    return (
        best.score >= TABLE.whole("localized_score", on)
        and (lead is None or lead >= TABLE.whole("localized_lead", on))
        and imaged
        and best.explained
    )


Mark = tuple[Decimal, Decimal, Decimal]


def same_spot(one: Mark, other: Mark, on: date) -> bool:
    """Are two marks in one frame of reference, in millimetres, so near that they are one spot?"""
    limit = TABLE.number("same_spot_within", on)
    return sum(((a - b) ** 2 for a, b in zip(one, other, strict=True)), Decimal(0)) <= limit**2
