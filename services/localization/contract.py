"""The nouns localization speaks: examinations, studies, candidates, what comes next."""

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    Field,
)

from knowledge.terms.obligation import Conclusion
from knowledge.terms.sent import Instant, Name, Native, Number, When

Side = Literal["left", "right", "both"]


class Patient(Native):
    """FHIR Patient, as far as localization needs it."""

    id: Name | None = None
    sex: Literal["male", "female", "other", "unknown"] = "unknown"
    birth_date: date | None = None
    age_years: Number | None = Field(default=None, ge=0, le=130)


class UptakeLevel(StrEnum):
    """How bright a focus is, against what."""

    ABOVE_LIVER = "above_liver"
    ABOVE_BACKGROUND = "above_background"
    NONE = "none"


class Lesion(Native):
    """FHIR BodyStructure: what was felt or seen at one place. Absent is not known, never "no".

    `site` is a SNOMED CT id or a name the table of sites has. `mimic` is a look-alike, or "none"
    where somebody looked for one and found none.
    """

    id: Name | None = None
    site: Name
    laterality: Side | None = None
    size_mm: Number | None = Field(default=None, gt=0)
    uptake: UptakeLevel | None = None
    suv: Number | None = Field(default=None, ge=0)
    liver_suv: Number | None = Field(default=None, gt=0)
    anatomical_correlate: bool | None = None
    mimic: Name | None = None
    features: list[Name] = Field(default_factory=list)


class Examination(Native):
    """FHIR Observation of the whole body: each area looked at, or not."""

    id: Name | None = None
    examined_at: When | None = None
    areas: dict[Name, Literal["normal", "lesion", "not_examined"]] = Field(default_factory=dict)
    lesions: list[Lesion] = Field(default_factory=list)


class Study(Native):
    """FHIR ImagingStudy and its reading. What it covered counts, not what it was called."""

    id: Name | None = None
    modality: Name
    tracer: Name | None = None
    performed_at: When | None = None
    coverage: list[Name] = Field(default_factory=list)
    activity_mbq: Number | None = Field(default=None, gt=0)
    ct_dose_msv: Number | None = Field(default=None, ge=0)
    reader: Name | None = None
    description: str | None = Field(default=None, max_length=2000)
    lesions: list[Lesion] = Field(default_factory=list)


class Resection(Native):
    """FHIR Procedure: what was removed, and so does not count any more."""

    performed_at: When
    site: Name | None = None
    laterality: Side | None = None


class Constraints(Native):
    """What a scan has to respect. Absent is not known."""

    pregnancy: bool | None = None
    breast_feeding: bool | None = None
    mri_unsafe_implant: bool | None = None


class Available(Native):
    """Can this scan be had, and how long does it take?"""

    available: bool = True
    wait_days: int | None = Field(default=None, ge=0)
    distance_km: Number | None = Field(default=None, ge=0)
    site: Name | None = None


class PlanRequest(Native):
    """FHIR CarePlan of the search: all that is known when the question is asked."""

    patient: Patient = Patient()
    as_of: Instant | None = None
    biochemistry_confirmed: bool | None = None
    ready_on: date | None = None
    constraints: Constraints = Constraints()
    availability: dict[Name, Available] = Field(default_factory=dict)
    examination: Examination | None = None
    studies: list[Study] = Field(default_factory=list)
    resections: list[Resection] = Field(default_factory=list)
    requested: list[Name] = Field(default_factory=list)


class ScorePoint(BaseModel):
    """Points, and the study they come from."""

    item: str
    points: int
    text: str
    study: str | None
    date: date | None
    reader: str | None = None


class Candidate(BaseModel):
    """FHIR BodyStructure: a place where the tumor may be. The score is a ranking aid only."""

    site: str
    site_name: str
    laterality: Side | None
    size_mm: Number | None
    score: int
    points: list[ScorePoint]
    studies: list[str]
    functional: bool
    anatomical: bool
    mimic: str | None
    explained: bool


class ExpectedYield(BaseModel):
    """How likely a test is to find the tumor now, with its bounds."""

    expected: Number
    low: Number
    high: Number
    about: str


class Gate(BaseModel):
    """Why a step may not be taken now."""

    rule: str
    reason: str


class NextStep(BaseModel):
    """FHIR ServiceRequest, proposed. `gates` block it until they are lifted."""

    rule: str
    act: str
    site: str | None = None
    laterality: Side | None = None
    modalities: list[str] = []
    missing: list[str] = []
    because: str
    expected_yield: ExpectedYield | None = None
    dose_msv: Number | None = None
    wait_days: int | None = None
    gates: list[Gate] = []


class DoseEntry(BaseModel):
    """What one study cost in radiation. `estimated` where the activity was not stated."""

    study: str | None
    date: date | None
    tracer_msv: Number | None
    ct_msv: Number | None
    estimated: bool


class DoseLedger(BaseModel):
    """All radiation of the search so far, as far as it is known."""

    entries: list[DoseEntry]
    total_msv: Number


class FiredRule(BaseModel):
    """A rule that spoke, and where it stands."""

    id: str
    conclusion: str
    strength: str
    sources: list[str]
    read_status: str


class Caveat(BaseModel):
    """What to keep in mind when reading the answer."""

    code: str
    text: str


class Plan(BaseModel):
    """The answer: where the search stands and what comes next."""

    state: str
    candidates: list[Candidate]
    next_steps: list[NextStep]
    dose_ledger: DoseLedger
    fired_rules: list[FiredRule]
    caveats: list[Caveat]
    knowledge_version: str


class AsOf(Native):
    """Conclude as of this moment of the journey's own clock."""

    as_of: Instant


class StoredPlan(Plan):
    """The last answer to a stored plan, and the moment for which it was given."""

    id: UUID
    as_of: Instant


class StoredConclusion(BaseModel):
    """What a journey was told, and the whole answer behind it."""

    conclusion: Conclusion
    answer: Plan
