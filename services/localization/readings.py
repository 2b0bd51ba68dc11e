"""What was sent, as the rules read it: places with their readings, scans with what they covered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from knowledge.rules import field_of_view, imaging
from knowledge.rules.imaging import Kind, Reading, Standing, Technique, Uptake
from services.localization.contract import (
    Caveat,
    Examination,
    Lesion,
    PlanRequest,
    Side,
    Study,
)

EXAMINATION = Technique(Kind.EXAMINATION)


@dataclass(slots=True)
class Place:
    """One place that somebody pointed at, and everything that was said about it."""

    site: str
    name: str
    side: Side | None
    readings: list[Reading] = field(default_factory=list)
    lesions: list[Lesion] = field(default_factory=list)
    shown_by: list[Reading] = field(default_factory=list)
    readers: dict[str, str] = field(default_factory=dict)

    def standing(self, on: date) -> Standing:
        """How does this candidate stand? A study that looked there and saw nothing counts too."""
        return imaging.standing([*self.readings, *self.shown_by], on)

    @property
    def mimic(self) -> str | None:
        """What else may it be?"""
        return next((r.mimic for r in self.readings if r.mimic not in (None, "none")), None)

    @property
    def size_mm(self) -> Decimal | None:
        """The largest size that was measured."""
        return max((x.size_mm for x in self.lesions if x.size_mm is not None), default=None)

    @property
    def uptake_ratio(self) -> Decimal:
        """How bright against the liver, where both were measured? For ties only."""
        ratios = [x.suv / x.liver_suv for x in self.lesions if x.suv and x.liver_suv]
        return max(ratios, default=Decimal(0))

    @property
    def first_seen(self) -> date | None:
        """When was it first pointed at?"""
        return min((r.on for r in self.readings if r.on is not None), default=None)


@dataclass(frozen=True, slots=True)
class Scan:
    """The scans with one test: what they leave uncovered, and whether they show a focus."""

    technique: Technique
    study: str
    on: date | None
    missing: tuple[str, ...]
    positive: bool

    @property
    def status(self) -> str:
        """inadequate, negative or positive, as the table of next scans asks."""
        if self.missing:
            return "inadequate"
        return "positive" if self.positive else "negative"


@dataclass(slots=True)
class Facts:
    """Everything the rules need of one request."""

    on: date
    exam: Examination | None
    exam_missing: tuple[str, ...]
    places: list[Place]
    scans: list[Scan]
    caveats: list[Caveat]

    @property
    def exam_complete(self) -> bool:
        """Was every area of the checklist examined?"""
        return not self.exam_missing

    def scan(self, target: str, geometry: str) -> Scan | None:
        """The best scan of this kind: one with a full field before one without."""
        fitting = [
            s
            for s in self.scans
            if s.technique.target == target and s.technique.geometry == geometry
        ]
        return min(fitting, key=lambda s: (bool(s.missing), not s.positive), default=None)


Ranked = Sequence[tuple[Place, Standing]]
"""Candidates, the likeliest first."""


def day_of(when: datetime | date | None) -> date | None:
    """The day, where it happened."""
    return when.date() if isinstance(when, datetime) else when


def facts_of(request: PlanRequest, on: date) -> Facts:
    """What does this request say, in the words of the rules?"""
    caveats: list[Caveat] = []
    last = max((d for r in request.resections if (d := day_of(r.performed_at))), default=None)
    exam = request.examination
    if exam is not None and _is_before(day_of(exam.examined_at), last):
        exam = None
    studies = [s for s in request.studies if not _is_before(day_of(s.performed_at), last)]
    if len(studies) < len(request.studies):
        text = "studies from before the last resection are history and give no points"
        caveats.append(Caveat(code="before_resection", text=text))
    places: dict[tuple[str, str | None], Place] = {}
    if exam is not None:
        _read_examination(exam, places, caveats)
    known = []
    for number, study in enumerate(studies, 1):
        how = _technique(study, caveats)
        if how is not None:
            key = study.id or f"study {number}"
            known.append((key, study, how))
            _read_study(key, study, how, places, caveats)
    _note_what_was_looked_at(known, places)
    candidates = [place for place in places.values() if _is_candidate(place)]
    return Facts(
        on=on,
        exam=exam,
        exam_missing=field_of_view.areas_to_examine(exam.areas if exam else {}),
        places=candidates,
        scans=_scans(known, candidates, on, caveats),
        caveats=caveats,
    )


def _is_before(day: date | None, last: date | None) -> bool:
    return day is not None and last is not None and day <= last


def _technique(study: Study, caveats: list[Caveat]) -> Technique | None:
    how = imaging.technique(study.modality, study.tracer)
    if how is None:
        text = "a study with a modality that is not in the table is not counted"
        caveats.append(Caveat(code="unknown_modality", text=text))
    elif how.kind is Kind.FUNCTIONAL and how.test is None:
        text = "a functional study whose tracer is not in the table counts for no scan asked for"
        caveats.append(Caveat(code="unknown_tracer", text=text))
    return how


def _read_examination(
    exam: Examination, places: dict[tuple[str, str | None], Place], caveats: list[Caveat]
) -> None:
    key, on = exam.id or "examination", day_of(exam.examined_at)
    for name in exam.areas:
        if not field_of_view.is_area(name):
            text = f"{name!r} is no area of the checklist"
            caveats.append(Caveat(code="unknown_area", text=text))
    lesions = exam.lesions or [
        Lesion(site=area) for area, found in exam.areas.items() if found == "lesion"
    ]
    for lesion in lesions:
        reading = Reading(key, on, EXAMINATION, lump=True, mimic=_mimic(lesion))
        _place(lesion, places, caveats).readings.append(reading)


def _read_study(
    key: str,
    study: Study,
    how: Technique,
    places: dict[tuple[str, str | None], Place],
    caveats: list[Caveat],
) -> None:
    for lesion in study.lesions:
        reading = Reading(
            study=key,
            on=day_of(study.performed_at),
            technique=how,
            uptake=_uptake(lesion) if how.kind is Kind.FUNCTIONAL else None,
            correlate=_correlate(lesion, how),
            mimic=_mimic(lesion),
            features=tuple(lesion.features),
        )
        place = _place(lesion, places, caveats)
        place.readings.append(reading)
        if study.reader:
            place.readers[key] = study.reader


def _place(
    lesion: Lesion, places: dict[tuple[str, str | None], Place], caveats: list[Caveat]
) -> Place:
    """The place of this lesion: the same site and side in another study is the same candidate."""
    site = field_of_view.site_named(lesion.site)
    if site is None:
        text = f"{lesion.site!r} is no site of the table; it is kept as a place of its own"
        caveats.append(Caveat(code="unknown_site", text=text))
    key = (site.code if site else lesion.site, lesion.laterality)
    place = places.get(key)
    if place is None:
        name = site.name if site else lesion.site
        place = places[key] = Place(key[0], name, lesion.laterality)
    place.lesions.append(lesion)
    return place


def _uptake(lesion: Lesion) -> Uptake | None:
    if lesion.uptake is not None:
        return Uptake(lesion.uptake.value)
    if lesion.suv is None or lesion.liver_suv is None:
        return None
    return Uptake.ABOVE_LIVER if lesion.suv > lesion.liver_suv else Uptake.ABOVE_BACKGROUND


def _correlate(lesion: Lesion, how: Technique) -> bool | None:
    """A lesion that anatomical imaging reports is a correlate, unless its reader says otherwise."""
    if lesion.anatomical_correlate is None and how.kind is Kind.ANATOMICAL:
        return True
    return lesion.anatomical_correlate


def _mimic(lesion: Lesion) -> str | None:
    if lesion.mimic is None or lesion.mimic.lower() == "none":
        return lesion.mimic and "none"
    return imaging.mimic_named(lesion.mimic) or lesion.mimic


def _is_candidate(place: Place) -> bool:
    """Was something found here, and not only nothing?"""
    return any(
        r.lump or r.is_focus or (r.technique.kind is Kind.ANATOMICAL and r.correlate is not False)
        for r in place.readings
    )


def _note_what_was_looked_at(
    studies: Sequence[tuple[str, Study, Technique]], places: dict[tuple[str, str | None], Place]
) -> None:
    """An anatomical study that covers a place explains it, even if it reports nothing there."""
    for key, study, how in studies:
        if how.kind is not Kind.ANATOMICAL:
            continue
        for place in places.values():
            side = place.side if place.side in field_of_view.SIDES else None
            if field_of_view.shows(study.coverage, place.site, side):
                looked = Reading(key, day_of(study.performed_at), how, correlate=None)
                place.shown_by.append(looked)


def _scans(
    studies: Iterable[tuple[str, Study, Technique]],
    places: Sequence[Place],
    on: date,
    caveats: list[Caveat],
) -> list[Scan]:
    """The scans test by test; partial ones with the same test complement each other."""
    by_test: dict[str, list[tuple[str, Study, Technique]]] = {}
    for item in studies:
        if item[2].test is not None:
            by_test.setdefault(item[2].test, []).append(item)
    scans = []
    for group in by_test.values():
        key, latest, how = max(group, key=lambda item: day_of(item[1].performed_at) or date.min)
        together = [s for _, s, _ in group if _complement(s, latest, on)]
        entries = [entry for study in together for entry in study.coverage]
        covered, unknown = field_of_view.parts_covered(entries)
        for entry in unknown:
            text = f"{entry!r} in a list of covered sites is not in the table and covers nothing"
            caveats.append(Caveat(code="unknown_site", text=text))
        keys = {key for key, _, _ in group}
        positive = any(r.is_focus and r.study in keys for p in places for r in p.readings)
        missing = field_of_view.missing_field(covered)
        scans.append(Scan(how, key, day_of(latest.performed_at), missing, positive))
    return scans


def _complement(study: Study, latest: Study, on: date) -> bool:
    one, other = day_of(study.performed_at), day_of(latest.performed_at)
    if one is None or other is None:
        return True
    return field_of_view.complements(one, other, on)
