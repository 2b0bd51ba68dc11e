"""The nouns the assessment service speaks: what is known of a person, and what follows from it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from knowledge.terms.person import Profile, Sex
from knowledge.terms.quantity import Comparator
from knowledge.terms.sent import Instant, Name, Native
from knowledge.terms.site_settings import SiteSettings


class Status(StrEnum):
    """FHIR Observation.status."""

    REGISTERED = "registered"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"


WITHDRAWN = frozenset({Status.CANCELLED, Status.ENTERED_IN_ERROR})
"""A result of which this is said never was one."""

Flag = Literal["haemolysed", "late_separated", "lipaemic", "icteric", "wrong_tube"]
Specimen = Literal[
    "serum", "plasma", "edta_plasma", "heparin_plasma", "blood", "urine", "urine_24h"
]
AcuteContext = Literal[
    "icu",
    "sepsis",
    "dka",
    "refeeding",
    "tpn",
    "hyperventilation",
    "post_parathyroidectomy",
    "burns",
    "surgery",
    "dialysis",
]
IronProduct = Literal[
    "ferric_carboxymaltose",
    "ferric_derisomaltose",
    "iron_sucrose",
    "iron_polymaltose",
    "saccharated_ferric_oxide",
    "ferumoxytol",
    "other",
]
GeneFinding = Literal["pathogenic", "likely_pathogenic", "uncertain", "negative"]
TioClass = Literal["TIO_UNLIKELY", "TIO_POSSIBLE", "TIO_PROBABLE", "TIO_CONFIRMED", "INDETERMINATE"]
Mechanism = Literal[
    "ARTEFACT", "NON_RENAL", "PTH_DEPENDENT", "FGF23_MEDIATED", "FGF23_INDEPENDENT", "UNKNOWN"
]
ChangeOf = Literal[
    "class",
    "mechanism",
    "urgent",
    "leading_diagnosis",
    "rule_fired",
    "rule_not_fired",
    "derived",
    "interpretation",
    "next_test_added",
    "next_test_removed",
    "caveat_added",
    "caveat_removed",
    "rejected",
    "not_rejected",
]
Interpretation = Literal["low", "normal", "high", "undetermined"]

Day: TypeAlias = date
Years = Annotated[Decimal, Field(ge=0, le=120)]


class Patient(Native):
    """FHIR Patient, as little as an interval needs. `id` is the caller's own."""

    id: Name | None = None
    sex: Sex = Sex.UNKNOWN
    birth_date: date | None = None
    age_years: Years | None = None


class ReportedRange(Native):
    """The laboratory's own reference interval, in the unit of its result."""

    low: Decimal | None = None
    high: Decimal | None = None


class Observation(Native):
    """FHIR Observation: one result as the laboratory sent it. What is absent is unknown."""

    id: Name
    analyte: Name | None = None
    loinc: Name | None = None
    value: Decimal | None = None
    comparator: Comparator | None = None
    unit: Annotated[str, Field(max_length=40)] | None = None
    taken_at: Instant | None = None
    fasting: bool | None = None
    collection_id: Name | None = None
    status: Status = Status.FINAL
    reference_range: ReportedRange | None = None
    assay: Name | None = None
    specimen: Specimen | None = None
    flags: tuple[Flag, ...] = ()
    version: int = Field(default=1, ge=1)


class TimedObservation(Observation):
    """A result that is kept, and read again in years: it needs its time, unless it is withdrawn."""

    @model_validator(mode="after")
    def _has_its_time(self) -> Self:
        if needs_its_time(self):
            missing = InitErrorDetails(type="missing", loc=("taken_at",), input=self.id)
            raise ValidationError.from_exception_data(type(self).__name__, [missing])
        return self


def needs_its_time(sent: Observation) -> bool:
    """Could it be read again in years? What was withdrawn needs no time."""
    return sent.taken_at is None and sent.status not in WITHDRAWN


class Fracture(Native):
    """One fracture (FHIR Condition)."""

    site: Name | None = None
    low_energy: bool | None = None
    pseudofracture: bool | None = None


class PriorPhosphate(Native):
    """An earlier normal phosphate of adult life: strong evidence of acquired disease."""

    date: Day | None = None
    value: Decimal | None = None
    unit: str | None = None


class Findings(Native):
    """What was asked and seen. A name that is absent is unknown, never false."""

    age_y: Years | None = None
    sex: Sex | None = None
    weight_kg: Annotated[Decimal, Field(gt=0, le=500)] | None = None
    height_cm: Annotated[Decimal, Field(ge=30, le=250)] | None = None
    symptom_onset_age: Years | None = None
    bone_pain: bool | None = None
    proximal_weakness: bool | None = None
    muscle_pain: bool | None = None
    fractures: list[Fracture] | bool | None = None
    height_loss_cm: Decimal | None = None
    impaired_mobility: bool | None = None
    palpable_mass: bool | None = None
    childhood_rickets_or_bowing: bool | None = None
    short_stature: bool | None = None
    dental_abscess: bool | None = None
    enthesopathy: bool | None = None
    family_history_low_phosphate: bool | None = None
    prior_normal_adult_phosphate: PriorPhosphate | bool | None = None
    cafe_au_lait: bool | None = None
    fibrous_dysplasia_lesions: bool | None = None
    epidermal_or_giant_naevi: bool | None = None
    known_cancer: bool | Name | None = None
    kidney_transplant_date: date | None = None
    dialysis: bool | None = None
    gastric_bypass_or_malabsorption: bool | None = None
    alcohol_g_day: Annotated[Decimal, Field(ge=0, le=2000)] | None = None
    pregnancy: bool | None = None
    respiratory_weakness: bool | None = None
    bulbar_weakness: bool | None = None
    arrhythmia: bool | None = None
    rhabdomyolysis: bool | None = None
    seizure: bool | None = None
    encephalopathy: bool | None = None
    glucosuria: bool | None = None
    aminoaciduria: bool | None = None
    low_molecular_weight_proteinuria: bool | None = None
    monoclonal_protein: bool | None = None
    fgf23_swings_with_iron_deficiency: bool | None = None
    sclerotic_bone: bool | None = None
    arterial_calcification: bool | None = None
    cerebral_calcification: bool | None = None
    macrocephaly: bool | None = None
    facial_dysmorphism: bool | None = None
    vitamin_d_repleted: bool | None = None
    tumor_removed: bool | None = None
    tumor_removed_on: date | None = None
    tumor_histology: Name | None = None
    tio_confirmed_on: date | None = None
    labels: list[Name] | None = None
    unable_to_walk: bool | None = None
    mass_growing: bool | None = None
    regional_nodes: bool | None = None
    liver_tests_normal: bool | None = None
    parathyroid_surgery_planned: bool | None = None
    antiresorptive_planned: bool | None = None
    full_imaging_negative: bool | None = None
    kidney_stones: bool | None = None
    malnutrition: bool | None = None
    chronic_diarrhea: bool | None = None
    plasma_exchange: bool | None = None
    endocrine_overactivity: bool | None = None
    mosaic_bone_lesions: bool | None = None
    onset_after_pregnancy_or_menarche: bool | None = None
    acute_since: date | None = None
    acute_until: date | None = None


class DrugExposure(Native):
    """FHIR MedicationStatement: a key of the drug table, a name, or an ATC code."""

    agent: Name
    started_on: date | None = None
    stopped_on: date | None = None
    dose: Name | None = None


class IronInfusion(Native):
    """One dose of intravenous iron."""

    product: IronProduct
    given_on: date | None = None
    dose_mg: Annotated[Decimal, Field(ge=0)] | None = None


class GeneTest(Native):
    """The result for one gene."""

    gene: Name
    result: GeneFinding
    variant: Name | None = None


class Facts(Native):
    """A part of what is known; a list that is absent was not asked, an empty one was."""

    patient: Patient | None = None
    observations: tuple[Observation, ...] = ()
    findings: Findings | None = None
    drug_exposures: list[DrugExposure] | None = None
    iv_iron: list[IronInfusion] | None = None
    acute_context: list[AcuteContext] | None = None
    genetics: list[GeneTest] | None = None


class EvaluateRequest(Facts):
    """All that is known of a person, to be assessed as of a moment."""

    as_of: Instant | None = None
    profile: Profile = Profile.INT_ADULT


class RecordFacts(Facts):
    """Facts of one event, for the record of a journey."""

    observations: tuple[TimedObservation, ...] = ()

    profile: Profile | None = None


class NamedPatient(Patient):
    """A patient whose id is known: results that come by themselves have to be somebody's."""

    id: Name


class SentResults(Native):
    """Results that come by themselves, most often because an earlier one was wrong."""

    patient: NamedPatient
    observations: Annotated[tuple[TimedObservation, ...], Field(min_length=1)]


class AssessRecord(Native):
    """Assess a record as it stands, as of a moment."""

    as_of: Instant


@dataclass(slots=True)
class Amount:
    """A number and its UCUM unit."""

    value: float
    unit: str


@dataclass(slots=True)
class Range:
    """A reference interval."""

    low: float | None
    high: float | None


@dataclass(slots=True)
class RuleText:
    """A sentence, and the rule it stands on."""

    rule: str
    text: str


@dataclass(slots=True)
class Cause:
    """One cause that remains, best first by `rank`."""

    diagnosis: str
    rank: int
    supporting: Annotated[list[RuleText], Field(alias="for")]
    against: list[RuleText]


@dataclass(slots=True)
class Derived:
    """A quantity computed from others, or computed elsewhere and reported."""

    quantity: str
    value: float
    unit: str
    interpretation: Interpretation
    reference_range: Range | None
    formula: str
    inputs: list[str]
    sources: list[str]
    comparator: Comparator | None = None
    reported: bool = False


@dataclass(slots=True)
class Interpreted:
    """One result: as sent, in the working unit, and how it reads."""

    observation: str
    value: float
    unit: str
    interpretation: Interpretation
    range_from: str
    converted: Amount
    comparator: Comparator | None = None
    reported: bool = False


@dataclass(slots=True)
class NextTest:
    """What to order, within how many days, and why."""

    step: str
    order: list[str]
    within_days: int
    because: str
    visit: int = 1
    """Steps with the same number can be done at one visit."""
    separates: list[str] = field(default_factory=list)
    """The diagnoses still open that this step tells apart."""


@dataclass(slots=True)
class FiredRule:
    """A rule that applied, with how strong it is, where it stands and how far that was read."""

    id: str
    conclusion: str
    strength: str
    sources: list[str]
    read_status: str
    cn_consensus: str = "not_read"
    signed_off: bool = False
    """Have two clinicians signed it as it stands now?"""


@dataclass(slots=True)
class Margin:
    """How far a decisive value is from the limit that decided, and how exactly it is measured."""

    quantity: str
    inputs: list[str]
    value: float
    limit: float
    unit: str
    difference_percent: float
    imprecision_percent: float
    within_imprecision: bool
    rule: str
    sources: list[str]
    read_status: str


@dataclass(slots=True)
class UsedInput:
    """One result that went in, by its version."""

    observation: str
    version: int
    status: str


@dataclass(slots=True)
class SiteUsed:
    """The site's own settings that were laid over the tables: their version and what was used."""

    version: int
    used: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Caveat:
    """Something to bear in mind."""

    code: str
    text: str


@dataclass(slots=True)
class Rejected:
    """A value that was not used, why, and what to send instead."""

    observation: str
    rule: str
    reason: str


@dataclass(slots=True)
class Assessment:
    """FHIR ClinicalImpression: what we make of it, with every reason."""

    tio_class: Annotated[TioClass, Field(alias="class")]
    mechanism: Mechanism
    urgent: bool
    differential: list[Cause]
    derived: list[Derived]
    interpretations: list[Interpreted]
    next_tests: list[NextTest]
    fired_rules: list[FiredRule]
    would_change_if: list[str]
    caveats: list[Caveat]
    rejected: list[Rejected]
    knowledge_version: str
    margins: list[Margin] = field(default_factory=list)
    inputs: list[UsedInput] = field(default_factory=list)
    site: SiteUsed | None = None


@dataclass(slots=True)
class NewerVersion:
    """A result that was sent again: the version that was used, and the one that stands now."""

    observation: str
    analyte: str | None
    from_version: Annotated[int, Field(alias="from")]
    to_version: Annotated[int, Field(alias="to")]
    status: str


@dataclass(slots=True)
class Mark(NewerVersion):
    """An assessment used a version that no longer stands, and since when we know."""

    marked_at: Instant


@dataclass(slots=True)
class Change:
    """One thing that is concluded otherwise; `name` says which, where there are several."""

    what: ChangeOf
    name: str | None
    before: str | None
    after: str | None


@dataclass(slots=True)
class Affected:
    """A conclusion that rested on a result which was corrected, and the one drawn in its place."""

    assessment: UUID
    because: list[NewerVersion]
    redrawn: UUID
    changes: list[Change]


@dataclass(slots=True, kw_only=True)
class StoredAssessment(Assessment):
    """An assessment that was kept, with the moment it was made for and when we concluded it.

    `marked` and `superseded_by` say that a result it used no longer stands; `supersedes`,
    `because` and `changes` what it stands in place of; `affected` what its own results corrected.
    """

    id: UUID
    patient: str | None
    as_of: Instant
    concluded_at: Instant | None = None
    record: UUID | None = None
    marked: list[Mark] = field(default_factory=list)
    superseded_by: UUID | None = None
    supersedes: UUID | None = None
    because: list[NewerVersion] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    affected: list[Affected] = field(default_factory=list)


@dataclass(slots=True)
class Reassessed:
    """A past conclusion as it was drawn, as it would be drawn now, and what differs."""

    then: StoredAssessment
    now: Assessment
    changes: list[Change]


@dataclass(slots=True)
class AssessmentPage:
    """Assessments of one patient, newest first; `cursor` fetches the next page."""

    assessments: list[StoredAssessment]
    cursor: str | None


@dataclass(slots=True)
class FactsStored:
    """What of the facts was kept, what was refused and why, and what was concluded otherwise."""

    accepted: list[str] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    versions: list[UsedInput] = field(default_factory=list)
    affected: list[Affected] = field(default_factory=list)


@dataclass(slots=True)
class SignedSiteSettings:
    """What a site lays over the tables: in which version, signed by whom and when."""

    version: int
    signed_by: str
    signed_at: Instant
    settings: SiteSettings


class BatchItem(EvaluateRequest):
    """One of many requests; its `id` comes back with the verdict."""

    id: Name | None = None


class Batch(Native):
    """Requests about many patients, each answered by itself."""

    requests: list[BatchItem]


@dataclass(slots=True)
class ItemField:
    """What is wrong with one value of an item, and where it stands in the item."""

    pointer: str
    code: str
    detail: str


@dataclass(slots=True)
class ItemProblem:
    """Why an item was not assessed (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ItemField] = field(default_factory=list)


@dataclass(slots=True)
class Verdict:
    """What became of one item: an answer, or the problem with it."""

    index: int
    status: int
    id: str | None = None
    answer: Assessment | None = None
    problem: ItemProblem | None = None


@dataclass(slots=True)
class Verdicts:
    """One verdict an item, in the order of the items."""

    results: list[Verdict]
