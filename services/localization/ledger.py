"""What all studies of the search cost in radiation. It is shown, and never blocks."""

from decimal import Decimal

from knowledge.rules import imaging, radiation
from services.localization.answer import DoseEntry, DoseLedger
from services.localization.readings import WITHOUT_IMAGES
from services.localization.register import day_of
from services.localization.sent import PlanRequest, Study

ZERO = Decimal(0)


def ledger(request: PlanRequest) -> DoseLedger:
    """What has been spent so far, and within which bounds where a CT part was not stated?"""
    versions = {study.id or number: study for number, study in enumerate(request.studies)}
    entries = [
        entry
        for study in versions.values()
        if study.status not in WITHOUT_IMAGES and (entry := _entry(study)) is not None
    ]
    total = low = high = ZERO
    for entry in entries:
        stated = (entry.tracer_msv or ZERO) + (entry.ct_msv or ZERO)
        total += stated
        low += stated + (entry.ct_low_msv or ZERO)
        high += stated + (entry.ct_high_msv or ZERO)
    return DoseLedger(entries, total, low, high)


def _entry(study: Study) -> DoseEntry | None:
    dose = radiation.tracer_dose(study.tracer, study.activity_mbq)
    if dose is None and study.ct_dose_msv is None:
        return None
    part = None
    if study.ct_dose_msv is None:
        how = imaging.technique(study.modality, study.tracer)
        hybrid = how is not None and how.functional
        part = radiation.ct_part() if hybrid else None
    return DoseEntry(
        study=study.id,
        date=day_of(study.performed_at),
        tracer_msv=dose.msv if dose else None,
        ct_msv=study.ct_dose_msv,
        estimated=bool(dose and dose.estimated),
        ct_low_msv=part.low if part else None,
        ct_high_msv=part.high if part else None,
    )
