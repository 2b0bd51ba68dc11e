"""What forbids a study for this patient now, and what has to be kept in mind?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from knowledge.rows import Entry
from knowledge.rules.imaging import by_name, plain
from knowledge.tables import Table

TABLE = Table.beside(__file__)
STOPS = frozenset({"block", "need", "reschedule"})


@dataclass(slots=True)
class Circumstances:
    """What is known of the patient that a study has to respect. None is not known."""

    pregnant: bool | None = None
    pregnancy_test_on: date | None = None
    childbearing: bool | None = None
    female: bool = False
    age: Decimal | None = None
    breast_feeding: bool | None = None
    implants: Sequence[tuple[str, str | None]] = ()
    mri_unsafe: bool | None = None
    high_dose_glucocorticoid: bool | None = None
    glucose_mmol_per_l: Decimal | None = None
    egfr: Decimal | None = None
    dialysis: bool | None = None
    acute_kidney_injury: bool | None = None
    metformin: bool | None = None
    contrast_allergy: bool | None = None
    anticoagulated: bool | None = None
    no_femoral_access: bool | None = None
    claustrophobia: bool | None = None
    cannot_lie_flat: bool | None = None
    fragile: bool | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """One row of section 8 that holds for this patient: what it stops, or says."""

    key: str
    rule: str
    effect: str
    reason: str
    overridable: bool
    applies: frozenset[str]


@cache
def _implants() -> Mapping[str, Entry]:
    return by_name(TABLE.entries["implants"].values())


def is_mri_unsafe(patient: Circumstances) -> bool:
    """Is there a device or metal beside which MRI would harm, or that nobody has checked?"""
    if patient.mri_unsafe or not patient.implants:
        return bool(patient.mri_unsafe)
    return any(
        said in ("unsafe", "unknown") or (said is None and plain(kind) in _implants())
        for kind, said in patient.implants
    )


def constraints(patient: Circumstances, on: date) -> list[Constraint]:
    """Which rows of section 8 hold for this patient?"""
    keys = [*_pregnancy(patient, on), *_kidney(patient, on)]
    if is_mri_unsafe(patient):
        keys.append("mri_unsafe")
    glucose = patient.glucose_mmol_per_l
    if glucose is not None and glucose > TABLE.number("glucose_limit", on):
        keys.append("glucose")
    told = (
        ("breast_feeding_gadolinium", patient.breast_feeding),
        ("glucocorticoid", patient.high_dose_glucocorticoid),
        ("claustrophobia", patient.claustrophobia),
        ("cannot_lie_flat", patient.cannot_lie_flat),
        ("fragile", patient.fragile),
        ("anticoagulation", patient.anticoagulated),
        ("contrast_allergy", patient.contrast_allergy),
        ("no_femoral_access", patient.no_femoral_access),
        ("metformin", patient.metformin),
    )
    keys += [key for key, holds in told if holds]
    return [_constraint(key) for key in keys]


@cache
def _constraint(key: str) -> Constraint:
    row = TABLE.entries["holds"][key].fields
    return Constraint(
        key,
        row["rule"],
        row["effect"],
        row["reason"],
        row["overridable"],
        frozenset(row["applies"]),
    )


def _pregnancy(patient: Circumstances, on: date) -> Iterable[str]:
    if patient.pregnant:
        return ("pregnancy", "pregnancy_gadolinium")
    tested = patient.pregnancy_test_on
    within = TABLE.whole("pregnancy_test_within", on)
    if tested is not None and 0 <= (on - tested).days <= within:
        return ()
    if patient.childbearing:
        return ("pregnancy_test",)
    unasked = patient.pregnant is None and patient.childbearing is None and patient.female
    return ("pregnancy_unknown",) if unasked and _may_bear(patient.age, on) else ()


def _may_bear(age: Decimal | None, on: date) -> bool:
    low, high = TABLE.number("childbearing_from", on), TABLE.number("childbearing_below", on)
    return age is None or low <= age < high


def _kidney(patient: Circumstances, on: date) -> list[str]:
    band = None if patient.egfr is None else TABLE.band("kidney", patient.egfr, on)
    poor = band == "prophylaxis"
    keys = []
    if (poor and not patient.dialysis) or patient.acute_kidney_injury:
        keys.append("kidney_prophylaxis")
    elif band == "individual":
        keys.append("kidney_individual")
    if poor:
        keys.append("gadolinium_kidney")
    return keys


@cache
def classes_of(study: str) -> frozenset[str]:
    """What is this study, as far as the constraints ask?"""
    row = TABLE.entries["classes"].get(study)
    return frozenset(row.fields["classes"]) if row else frozenset(("any",))
