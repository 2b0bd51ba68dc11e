"""What callers tell localization: examinations, studies, samples, operations, circumstances."""

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import Field

from knowledge.terms.sent import Instant, Name, Native, Number, When

Side = Literal["left", "right", "both"]
Status = Literal[
    "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error"
]
Reason = Name
"""Why a person decided otherwise: never empty."""


class Patient(Native):
    """FHIR Patient, as far as localization needs it."""

    id: Name | None = None
    sex: Literal["male", "female", "other", "unknown"] = "unknown"
    birth_date: date | None = None
    age_years: Number | None = Field(default=None, ge=0, le=130)
    weight_kg: Number | None = Field(default=None, gt=0, le=500)


class UptakeLevel(StrEnum):
    """How bright a focus is, against what."""

    ABOVE_LIVER = "above_liver"
    ABOVE_BACKGROUND = "above_background"
    NONE = "none"


class Position(Native):
    """Where a lesion lies, in millimetres of one DICOM frame of reference."""

    frame: Name
    x: Number
    y: Number
    z: Number


class Lesion(Native):
    """FHIR BodyStructure: what was felt or seen at one place. Absent is not known, never "no".

    `site` is a SNOMED CT id or a name the table of sites has. `mimic` is a look-alike, or "none"
    where somebody looked for one and found none.
    """

    id: Name | None = None
    site: Name
    laterality: Side | None = None
    size_mm: Number | None = Field(default=None, gt=0)
    depth_mm: Number | None = Field(default=None, ge=0)
    tissue: Literal["soft_tissue", "marrow", "cortical_bone"] | None = None
    uptake: UptakeLevel | None = None
    suv: Number | None = Field(default=None, ge=0)
    liver_suv: Number | None = Field(default=None, gt=0)
    anatomical_correlate: bool | None = None
    mimic: Name | None = None
    features: list[Name] = Field(default_factory=list)
    change: Literal["new", "grown", "stable", "smaller"] | None = None
    position: Position | None = None
    resectability: Literal["simple", "complex", "disabling", "unresectable"] | None = None
    malignant_features: bool | None = None


class Examination(Native):
    """FHIR Observation of the whole body: each area looked at, or not."""

    id: Name | None = None
    examined_at: When | None = None
    examiner: Name | None = None
    areas: dict[Name, Literal["normal", "lesion", "not_examined"]] = Field(default_factory=dict)
    lesions: list[Lesion] = Field(default_factory=list)


class Study(Native):
    """FHIR ImagingStudy and its reading. What it covered counts, not what it was called.

    One that was withdrawn, cancelled or only registered gives no evidence and no dose. `order`
    names the order that it answers.
    """

    id: Name | None = None
    status: Status = "final"
    modality: Name
    tracer: Name | None = None
    performed_at: When | None = None
    coverage: list[Name] = Field(default_factory=list)
    activity_mbq: Number | None = Field(default=None, gt=0)
    ct_dose_msv: Number | None = Field(default=None, ge=0)
    reader: Name | None = None
    order: Name | None = None
    description: str | None = Field(default=None, max_length=2000)
    lesions: list[Lesion] = Field(default_factory=list)


class VenousSample(Native):
    """FHIR Observation of FGF23 in one vein. Samples of one `session` are one procedure.

    `reference`: drawn for the general circulation. `drains`: a body site, where the operator took
    it from the vein of that bed.
    """

    id: Name | None = None
    session: Name = "1"
    vein: Name
    laterality: Literal["left", "right"] | None = None
    value: Number | None = Field(default=None, ge=0)
    comparator: Literal["<", "<=", ">=", ">"] | None = None
    unit: Name | None = None
    assay: Name | None = None
    taken_at: When | None = None
    reference: bool | None = None
    technically_valid: bool | None = None
    drains: Name | None = None
    order: Name | None = None


class Amount(Native):
    """FHIR Quantity with its unit."""

    value: Number = Field(ge=0)
    unit: Name
    taken_at: When | None = None


class Biopsy(Native):
    """FHIR DiagnosticReport of tissue taken before an operation."""

    id: Name | None = None
    performed_at: When | None = None
    site: Name
    laterality: Side | None = None
    result: Literal["positive", "negative", "not_diagnostic"]
    needle_wash_fgf23: Amount | None = None
    reader: Name | None = None
    order: Name | None = None


class Resection(Native):
    """FHIR Procedure: what was removed, and so does not count any more.

    `outcome` is what phosphate and FGF23 did afterwards: unchanged refutes what was removed.
    """

    id: Name | None = None
    performed_at: When
    site: Name | None = None
    laterality: Side | None = None
    outcome: Literal["normalised", "improved", "unchanged"] | None = None


class Dose(Native):
    """FHIR MedicationAdministration: one dose, and the next one if it is planned."""

    given_at: When | None = None
    agent: Name | None = None
    form: Literal["long_acting", "short_acting"] | None = None
    next_on: date | None = None


class SteroidCourse(Native):
    """FHIR MedicationStatement of a glucocorticoid."""

    high_dose: bool
    started_on: date | None = None
    stopped_on: date | None = None


class Implant(Native):
    """FHIR Device in the body: what it is, and what its card says about MRI."""

    kind: Name
    mri: Literal["safe", "conditional", "unsafe", "unknown"] | None = None


class Constraints(Native):
    """What a scan has to respect. Absent is not known."""

    pregnancy: bool | None = None
    pregnancy_weeks: Number | None = Field(default=None, ge=0, le=45)
    pregnancy_test_on: date | None = None
    childbearing_potential: bool | None = None
    breast_feeding: bool | None = None
    breast_feeding_hours: dict[Name, int] = Field(default_factory=dict)
    implants: list[Implant] = Field(default_factory=list)
    mri_unsafe_implant: bool | None = None
    somatostatin_analogues: list[Dose] = Field(default_factory=list)
    glucocorticoids: list[SteroidCourse] = Field(default_factory=list)
    glucose: Amount | None = None
    egfr: Number | None = Field(default=None, ge=0)
    dialysis: bool | None = None
    acute_kidney_injury: bool | None = None
    metformin: bool | None = None
    contrast_allergy: bool | None = None
    anticoagulated: bool | None = None
    no_femoral_access: bool | None = None
    claustrophobia: bool | None = None
    cannot_lie_flat: bool | None = None
    severe_osteomalacia: bool | None = None


class Available(Native):
    """Can this scan be had, how long does it take, and since when?

    `lead_days` is what the tracer takes to be made or brought; the longer of it and `wait_days`
    counts.
    """

    available: bool = True
    wait_days: int | None = Field(default=None, ge=0)
    lead_days: int | None = Field(default=None, ge=0)
    distance_km: Number | None = Field(default=None, ge=0)
    site: Name | None = None
    cost_relative: Number | None = Field(default=None, ge=0)
    since: date | None = None


class Fgf23(Native):
    """FHIR Observation of FGF23 in peripheral blood."""

    id: Name | None = None
    value: Number = Field(ge=0)
    comparator: Literal["<", "<=", ">=", ">"] | None = None
    unit: Name
    assay: Name | None = None
    taken_at: When | None = None
    upper_limit: Number | None = Field(default=None, gt=0)


class Symptom(Native):
    """FHIR Condition told by the patient: a lump or a pain at one spot, and since when."""

    kind: Literal["lump", "local_pain"]
    site: Name
    laterality: Side | None = None
    since: date | None = None


class ReLook(Native):
    """FHIR Encounter of an earlier look again, and whether it found anything."""

    performed_on: date
    found: bool = False


class Link(Native):
    """A person says that two lesions are one, or are two. Each is named `study:lesion`."""

    a: Name
    b: Name
    same: bool
    reason: Reason
    by: Name | None = None
    on: date | None = None


class Override(Native):
    """A person goes past a gate, with a reason. `gate` is its rule or key, `act` the step.

    Without a name (`by`) it opens nothing; in a stored plan the name is that of the token.
    """

    gate: Name
    reason: Reason
    by: Name | None = None
    act: Name | None = None
    on: date | None = None


class Order(Native):
    """FHIR ServiceRequest: what was ordered, for when and where, and what became of it.

    Either `act` (as a next step names it) or `modality` says what. `ended_by` says who ended one
    that was revoked; `reason` stays with us and enters no conclusion.
    """

    id: Name | None = None
    status: Literal[
        "draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"
    ]
    act: Name | None = None
    modality: Name | None = None
    tracer: Name | None = None
    site: Name | None = None
    laterality: Side | None = None
    ordered_on: date | None = None
    occurs_on: date | None = None
    ended_on: date | None = None
    ended_by: Literal["cancelled", "declined", "refused", "not_possible"] | None = None
    performer: Name | None = None
    reason: Reason | None = None


class PlanRequest(Native):
    """FHIR CarePlan of the search: all that is known when the question is asked.

    `examined_on`: the days of every examination, where several were laid together as one.
    """

    patient: Patient = Patient()
    as_of: Instant | None = None
    biochemistry_confirmed: bool | None = None
    biochemistry: dict[Name, bool] = Field(default_factory=dict)
    ready_on: date | None = None
    constraints: Constraints = Constraints()
    availability: dict[Name, Available] = Field(default_factory=dict)
    examination: Examination | None = None
    examined_on: list[date] = Field(default_factory=list)
    studies: list[Study] = Field(default_factory=list)
    venous_samples: list[VenousSample] = Field(default_factory=list)
    biopsies: list[Biopsy] = Field(default_factory=list)
    resections: list[Resection] = Field(default_factory=list)
    burosumab: list[Dose] = Field(default_factory=list)
    fgf23: list[Fgf23] = Field(default_factory=list)
    symptoms: list[Symptom] = Field(default_factory=list)
    re_looks: list[ReLook] = Field(default_factory=list)
    drug_need_rising_since: date | None = None
    suspected_recurrence: bool | None = None
    diagnosis_verified_again: bool | None = None
    links: list[Link] = Field(default_factory=list)
    overrides: list[Override] = Field(default_factory=list)
    orders: list[Order] = Field(default_factory=list)
    requested: list[Name] = Field(default_factory=list)
