"""What was sent, as the rules read it: places with their readings, scans with what they covered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from knowledge.rules import candidates, field_of_view, imaging
from knowledge.rules.candidates import Fact, Reading, Standing, Uptake
from knowledge.rules.imaging import Kind, Technique
from services.localization.answer import Caveat
from services.localization.register import Place, Register, Seen, day_of
from services.localization.scans import Made, Scan, scans_of
from services.localization.sent import (
    Examination,
    Lesion,
    PlanRequest,
    Resection,
    Study,
    UptakeLevel,
)

EXAMINATION, SAMPLING = Technique(Kind.EXAMINATION), Kind.SAMPLING
UPTAKES = {level: Uptake(level.value) for level in UptakeLevel}
WITHOUT_IMAGES = frozenset({"registered", "cancelled", "entered-in-error"})


@dataclass(slots=True)
class Facts:
    """Everything the rules need of one request."""

    on: date
    exam: Examination | None
    exam_missing: tuple[str, ...]
    places: list[Place]
    scans: list[Scan]
    caveats: list[Caveat]
    refuted: list[Place] = field(default_factory=list)
    studies: list[Made] = field(default_factory=list)

    @property
    def exam_complete(self) -> bool:
        """Was every area of the checklist examined?"""
        return not self.exam_missing


Ranked = Sequence[tuple[Place, Standing]]
"""Candidates, the likeliest first."""


@dataclass(slots=True)
class History:
    """What earlier operations mean: what is history, and what was removed in vain."""

    cut: date | None
    """Evidence up to this day is history: what was removed then did, or may have done, good."""

    rescan_after: date | None
    """Whole-body scans up to this day are to be made afresh."""

    in_vain: Sequence[Resection] = ()


NO_OPERATION = History(None, None)


def history_of(resections: Sequence[Resection]) -> History:
    """What do the operations mean for the evidence?"""
    if not resections:
        return NO_OPERATION
    days = [(day_of(r.performed_at), r) for r in resections]
    cut = max((d for d, r in days if d and r.outcome != "unchanged"), default=None)
    last = max((d for d, _ in days if d), default=None)
    vain = [r for d, r in days if r.outcome == "unchanged" and d and (cut is None or d > cut)]
    return History(cut, last, vain)


def facts_of(request: PlanRequest, on: date) -> Facts:
    """What does this request say, in the words of the rules?"""
    past = history_of(request.resections)
    register = Register(request.links, on)
    caveats = register.caveats
    exam = request.examination
    if exam is not None and _is_before(day_of(exam.examined_at), past.cut):
        exam = None
    if exam is not None:
        _read_examination(exam, register)
    if request.symptoms:
        _read_symptoms(request, register, past.cut)
    known = []
    for key, study, day in _studies(request, past.cut, caveats):
        how = _technique(study, caveats)
        if how is not None:
            made = Made(key, study, how, day)
            known.append(made)
            if study.lesions:
                _read_study(made, register)
    for ref in register.unknown_links() if request.links else ():
        caveats.append(Caveat("unknown_link", f"no lesion {ref!r} was reported"))
    _note_what_was_looked_at(known, register.places)
    vain = past.in_vain
    refuted = [p for p in register.places if _was_removed_in_vain(p, vain)] if vain else []
    places = [p for p in register.places if p not in refuted and _is_candidate(p)]
    if request.biopsies:
        _note_biopsies(request, places)
    if request.suspected_recurrence:
        _note_resection_beds(request, places)
    again = past.rescan_after
    fresh = known if again is None else [one for one in known if not _is_before(one.on, again)]
    return Facts(
        on=on,
        exam=exam,
        exam_missing=field_of_view.areas_to_examine(exam.areas if exam else {}),
        places=places,
        scans=scans_of(fresh, places, on, caveats),
        caveats=caveats,
        refuted=refuted,
        studies=known,
    )


def _is_before(day: date | None, last: date | None) -> bool:
    return day is not None and last is not None and day <= last


def _studies(
    request: PlanRequest, cut: date | None, caveats: list[Caveat]
) -> Iterable[tuple[str, Study, date | None]]:
    """The studies that count: the last version of each, with images, after the last operation."""
    versions: dict[str, Study] = {}
    for number, study in enumerate(request.studies, 1):
        versions[study.id or f"study {number}"] = study
    counting, statuses, earlier = [], set(), False
    for key, study in versions.items():
        statuses.add(study.status)
        if study.status in WITHOUT_IMAGES:
            continue
        day = day_of(study.performed_at)
        if cut is not None and _is_before(day, cut):
            earlier = True
        else:
            counting.append((key, study, day))
    if not WITHOUT_IMAGES.isdisjoint(statuses):
        text = "a study that was withdrawn, cancelled or has no images yet is not counted"
        caveats.append(Caveat("withdrawn_study", text))
    if "preliminary" in statuses:
        caveats.append(Caveat("preliminary_report", "a report is preliminary and may change"))
    if earlier:
        text = "studies from before the last resection are history and give no points"
        caveats.append(Caveat("before_resection", text))
    return counting


def _technique(study: Study, caveats: list[Caveat]) -> Technique | None:
    how = imaging.technique(study.modality, study.tracer)
    if how is None:
        text = "a study with a modality that is not in the table is not counted"
        caveats.append(Caveat("unknown_modality", text))
    elif how.kind is SAMPLING:
        return None
    elif imaging.is_research(study.tracer):
        text = f"{study.tracer} is a tracer for research: recorded, and never ordered by itself"
        caveats.append(Caveat("LOC-040", text))
    elif how.functional and how.test is None:
        text = "a functional study whose tracer is not in the table counts for no scan asked for"
        caveats.append(Caveat("unknown_tracer", text))
    return how


def _read_examination(exam: Examination, register: Register) -> None:
    key, on = exam.id or "examination", day_of(exam.examined_at)
    for name in field_of_view.no_areas(exam.areas):
        text = f"{name!r} is no area of the checklist"
        register.caveats.append(Caveat("unknown_area", text))
    lesions = exam.lesions
    if not lesions and "lesion" in exam.areas.values():
        lesions = [Lesion(site=area) for area, said in exam.areas.items() if said == "lesion"]
    for number, lesion in enumerate(lesions, 1):
        reading = Reading(
            key, on, EXAMINATION, lump=True, mimic=_mimic(lesion), change=lesion.change
        )
        ref = f"{key}:{lesion.id or number}"
        register.add(Seen(ref, lesion, reading, exam.examiner))


def _read_symptoms(request: PlanRequest, register: Register, cut: date | None) -> None:
    """A lump that the patient reports points at a place, as one that is felt does."""
    for number, symptom in enumerate(request.symptoms, 1):
        if symptom.kind == "lump" and not _is_before(symptom.since, cut):
            lesion = Lesion(site=symptom.site, laterality=symptom.laterality)
            key = f"symptom {number}"
            reading = Reading(key, symptom.since, EXAMINATION, lump=True)
            register.add(Seen(f"{key}:1", lesion, reading))


def _read_study(made: Made, register: Register) -> None:
    how, reader = made.how, made.study.reader
    for number, lesion in enumerate(made.study.lesions, 1):
        reading = Reading(
            study=made.key,
            on=made.on,
            technique=how,
            uptake=_uptake(lesion) if how.functional else None,
            correlate=_correlate(lesion, how),
            mimic=_mimic(lesion) or _organ(lesion, how),
            features=tuple(lesion.features),
            size_mm=lesion.size_mm,
            change=lesion.change,
        )
        register.add(Seen(f"{made.key}:{lesion.id or number}", lesion, reading, reader))


def _uptake(lesion: Lesion) -> Uptake | None:
    if lesion.uptake is not None:
        return UPTAKES[lesion.uptake]
    if lesion.suv is None or lesion.liver_suv is None:
        return None
    return Uptake.ABOVE_LIVER if lesion.suv > lesion.liver_suv else Uptake.ABOVE_BACKGROUND


def _correlate(lesion: Lesion, how: Technique) -> bool | None:
    """A lesion that anatomical imaging reports is a correlate, unless its reader says otherwise."""
    if lesion.anatomical_correlate is None and how.anatomical:
        return True
    return lesion.anatomical_correlate


def _mimic(lesion: Lesion) -> str | None:
    if lesion.mimic is None or lesion.mimic.lower() == "none":
        return lesion.mimic and "none"
    return candidates.mimic_named(lesion.mimic) or lesion.mimic


def _organ(lesion: Lesion, how: Technique) -> str | None:
    """An organ that takes the tracer up by itself needs nobody to say so."""
    sstr = how.target == "sstr" and candidates.is_organ_with_uptake(lesion.site)
    return "physiological" if sstr else None


def _is_candidate(place: Place) -> bool:
    """Was something found here, and not only nothing?"""
    for r in place.readings:  # a plain loop: this is asked often
        if r.lump or r.is_focus or (r.technique.anatomical and r.correlate is not False):
            return True
    return False


def _side(place: Place) -> str | None:
    return place.side if place.side in field_of_view.SIDES else None


def _note_what_was_looked_at(studies: Sequence[Made], places: Sequence[Place]) -> None:
    """A study that covers a place has looked at it, even if it reports nothing there."""
    for place in places:
        told, side = [reading.study for reading in place.readings], _side(place)
        for made in studies:
            if made.key not in told and field_of_view.shows(made.study.coverage, place.site, side):
                looked = Reading(made.key, made.on, made.how, missed=True)
                place.shown_by.append(looked)


def _same_place(place: Place, site: str | None, side: str | None) -> bool:
    known = field_of_view.site_named(site) if site else None
    return (known.code if known else site) == place.site and side == place.side


def _was_removed_in_vain(place: Place, in_vain: Sequence[Resection]) -> bool:
    """Was it removed, nothing seen there since, and the blood stayed as it was? (LOC-026)"""
    return any(
        _same_place(place, removed.site, removed.laterality)
        and all(_is_before(s.reading.on, day_of(removed.performed_at)) for s in place.seen)
        for removed in in_vain
    )


def _note_biopsies(request: PlanRequest, places: Sequence[Place]) -> None:
    for number, biopsy in enumerate(request.biopsies, 1):
        if biopsy.result != "negative":
            continue
        for place in places:
            if _same_place(place, biopsy.site, biopsy.laterality):
                key = biopsy.id or f"biopsy {number}"
                place.beside.biopsy_negative = Fact(key, day_of(biopsy.performed_at))


def _note_resection_beds(request: PlanRequest, places: Sequence[Place]) -> None:
    for number, removed in enumerate(request.resections, 1):
        for place in places:
            if _same_place(place, removed.site, removed.laterality):
                key = removed.id or f"resection {number}"
                place.beside.resection_bed = Fact(key, day_of(removed.performed_at))
