"""What assessment is told: results, findings, drugs, iron, genes, and of whom."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from knowledge.terms.person import Profile, Sex
from knowledge.terms.quantity import Comparator
from knowledge.terms.sent import Instant, Name, Native


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
