"""Which scan next, and does what was found locate the tumor?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge.rows import Entry, Rule
from knowledge.tables import Table

TABLE = Table.beside(__file__)


class State(StrEnum):
    """What the examinations and scans amount to (localization.md 6)."""

    INCOMPLETE = "INCOMPLETE"
    LOCALIZED = "LOCALIZED"
    LOCALIZED_HIGH_CONFIDENCE = "LOCALIZED_HIGH_CONFIDENCE"
    EQUIVOCAL = "EQUIVOCAL"
    NOT_LOCALIZED = "NOT_LOCALIZED"


class Kind(StrEnum):
    """By what means a place was looked at."""

    EXAMINATION = "examination"
    FUNCTIONAL = "functional"
    ANATOMICAL = "anatomical"


class Uptake(StrEnum):
    """How bright a focus is, against what."""

    ABOVE_LIVER = "above_liver"
    ABOVE_BACKGROUND = "above_background"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Technique:
    """What a study was: its kind and, if functional, which test of table 2.3."""

    kind: Kind
    test: str | None = None
    target: str | None = None
    geometry: str | None = None
    act: str | None = None


@dataclass(frozen=True, slots=True)
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

    @property
    def is_focus(self) -> bool:
        """Does a functional study show something here?"""
        return self.technique.kind is Kind.FUNCTIONAL and self.uptake is not Uptake.NONE


@dataclass(frozen=True, slots=True)
class Point:
    """Points of one score item, with the study they come from."""

    item: str
    points: int
    text: str
    study: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How one candidate stands: its points, and what of LOCALIZED it meets."""

    points: tuple[Point, ...]
    functional: bool
    anatomical: bool
    concordant: bool
    explained: bool

    @property
    def score(self) -> int:
        """The sum of the points."""
        return sum(point.points for point in self.points)


def named(entries: Mapping[str, Entry], name: str) -> Entry | None:
    """Which entry goes by this key or one of its other names?"""
    plain = " ".join(name.lower().replace("_", " ").split())
    for entry in entries.values():
        names = (entry.key, *entry.fields["also"])
        if plain in (other.lower().replace("_", " ") for other in names):
            return entry
    return None


def technique(modality: str, tracer: str | None) -> Technique | None:
    """What kind of study is this? None for a modality the table does not have.

    A functional study with an unknown tracer has no test: it counts for no scan that was asked.
    """
    made = named(TABLE.entries["modalities"], modality)
    if made is None:
        return None
    kind = Kind(made.fields["kind"])
    if kind is Kind.ANATOMICAL:
        return Technique(kind)
    injected = named(TABLE.entries["tracers"], tracer) if tracer else None
    if tracer and injected is None:
        return Technique(kind)
    key = injected.fields["test"] if injected else made.fields.get("test")
    if key is None:
        return Technique(kind)
    test = TABLE.entries["tests"][key].fields
    return Technique(kind, key, test["target"], test["geometry"], test["act"])


def mimic_named(name: str) -> str | None:
    """Which look-alike of section 4 is this? None when the table does not have it."""
    found = named(TABLE.entries["mimics"], name)
    return found.key if found else None


def feature_named(name: str) -> str | None:
    """Which typical feature of 1.3 is this? None when it is none."""
    found = named(TABLE.entries["features"], name)
    return found.key if found else None


def standing(readings: Sequence[Reading], on: date) -> Standing:
    """How does this candidate stand? Every point with its evidence; an item counts once."""
    foci = [reading for reading in readings if reading.is_focus]
    mimics = [reading for reading in readings if reading.mimic not in (None, "none")]
    masses = [r for r in readings if r.correlate and r.mimic in (None, "none")]
    lumps = [reading for reading in readings if reading.lump]
    first_tests = {reading.technique.test: reading for reading in reversed(foci)}
    second = [r for r in foci if first_tests[r.technique.test] is r and r is not foci[0]]
    points = [
        *_uptake(foci),
        *_once("second_functional", second),
        *_once("anatomical_correlate", masses),
        *_features(readings, on),
        *_once("palpable", lumps),
        *_mimics(mimics),
    ]
    return Standing(
        points=tuple(points),
        functional=bool(foci),
        anatomical=bool(masses),
        concordant=bool(second),
        explained=any(
            r.technique.kind is Kind.ANATOMICAL or (r.correlate is not None and r.mimic is not None)
            for r in readings
        ),
    )


def _once(item: str, readings: Iterable[Reading]) -> list[Point]:
    row = TABLE.entries["score"][item]
    return [
        Point(item, row.fields["points"], row.fields["text"], reading.study, reading.on)
        for reading in list(readings)[:1]
    ]


def _uptake(foci: Sequence[Reading]) -> list[Point]:
    sstr = [reading for reading in foci if reading.technique.target == "sstr"]
    for uptake, item in (
        (Uptake.ABOVE_LIVER, "uptake_above_liver"),
        (Uptake.ABOVE_BACKGROUND, "uptake_above_background"),
    ):
        bright = [reading for reading in sstr if reading.uptake is uptake]
        if bright:
            return _once(item, bright)
    return []


def _features(readings: Sequence[Reading], on: date) -> list[Point]:
    typical = {feature for r in readings for feature in r.features if feature_named(feature)}
    if len({feature_named(feature) for feature in typical}) < TABLE.whole("features_needed", on):
        return []
    return _once("typical_features", [r for r in readings if set(r.features) & typical])


def _mimics(readings: Sequence[Reading]) -> list[Point]:
    by_item: dict[str, Reading] = {}
    for reading in readings:
        known = mimic_named(reading.mimic or "")
        item = TABLE.entries["mimics"][known].fields["item"] if known else "known_mimic"
        by_item.setdefault(item, reading)
    return [point for item, reading in by_item.items() for point in _once(item, [reading])]


def surviving(standings: Iterable[Standing]) -> int:
    """How many candidates are left once mimics have cost their points?"""
    return sum(1 for standing in standings if standing.score > 0)


def sampling_indicated(standings: Sequence[Standing], on: date) -> bool:
    """Do several candidates compete, so that venous sampling may tell which is the tumor?"""
    return surviving(standings) >= TABLE.whole("candidates_for_sampling", on)


def needed_before() -> tuple[str, ...]:
    """Which laboratory tests must stand before anything is scanned?"""
    return tuple(TABLE.entries["biochemistry"])


def days_until_due(what: str, on: date) -> int:
    """How many days may this step take? (examination, scan, missing_field, anatomical)"""
    return TABLE.whole(f"{what}_due", on)


def has_leader(standings: Sequence[Standing], on: date) -> bool:
    """Is there exactly one leading candidate that may be called the tumor? Best first."""
    if not standings:
        return False
    best, *others = standings
    lead = min((best.score - other.score for other in others), default=None)
    return (
        best.score >= TABLE.whole("localized_score", on)
        and (lead is None or lead >= TABLE.whole("localized_lead", on))
        and best.functional
        and best.anatomical
        and best.explained
    )


def state(*, complete: bool, standings: Sequence[Standing], on: date) -> tuple[State, Rule]:
    """What do the examinations and scans amount to, and by which rule?"""
    leader = has_leader(standings, on)
    decision = TABLE.decide(
        "state",
        "complete" if complete else "missing",
        "some" if standings else "none",
        "yes" if leader else "no",
        "yes" if standings and standings[0].concordant else "no",
    )
    return State(decision.then), TABLE.rules[decision.rule]


def next_scan(done: Mapping[str, str], availability: Mapping[str, str]) -> tuple[str | None, Rule]:
    """Which functional scan next, by which rule? None: there is none to be ordered now.

    `done` says none, inadequate, negative or positive for sstr_pet, sstr_spect and fdg;
    `availability` yes, no or unknown for pet_available and spect_available.
    """
    row = TABLE.first("next_scan", {**done, **availability})
    return (None if row.then == "none" else row.then), TABLE.rules[row.rule]


def anatomical_choice(site: str | None, *, superficial: bool, fracture: bool) -> tuple[str, ...]:
    """Which anatomical imaging explains a candidate here, in this order?"""
    choices = TABLE.entries["anatomical"]
    if fracture:
        key = "suspected_fracture"
    elif site in choices["bone_of_the_head"].fields["sites"]:
        key = "bone_of_the_head"
    else:
        key = "superficial" if superficial else "otherwise"
    return tuple(choices[key].fields["modalities"])


def is_ionising(modality: str) -> bool:
    """Does this modality use radiation?"""
    made = named(TABLE.entries["modalities"], modality)
    return made is not None and bool(made.fields["ionising"])
