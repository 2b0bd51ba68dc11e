"""The dated events of a history: what was done, given, found or said, and on which day."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from knowledge.terms.contents import Contents
from knowledge.terms.person import Profile
from knowledge.terms.sent import Instant, Name, Native, Number, When
from services.followup.reported import MOST, DrugExposure, Observation, Patient, Version


class Surgery(Native):
    """FHIR Procedure: what was removed, from where, how completely."""

    kind: Literal["surgery"] = "surgery"
    id: Name | None = None
    version: Version | None = None
    status: Name | None = None
    performed_at: When
    site: Name | None = None
    laterality: Literal["left", "right", "both"] | None = None
    margin: Name | None = None
    tissue: Name | None = None
    histology: Name | None = None
    procedure: Name | None = None


class Therapy(Native):
    """FHIR MedicationStatement: a drug begun, ended or given. Without an end it is still taken.

    Without any day it is taken, since when is not known. `no_known_medications` says that nothing
    is taken, `no_other_medications` that nothing is beside what is told.
    """

    kind: Literal["therapy"] = "therapy"
    id: Name | None = None
    version: Version | None = None
    status: Name | None = None
    agent: Name
    started_on: When | None = None
    stopped_on: When | None = None
    given_on: When | None = None
    ordered_on: When | None = None
    dose: Number | None = Field(default=None, ge=0, le=MOST)
    dose_unit: str | None = Field(default=None, max_length=50)
    every_days: int | None = Field(default=None, ge=1, le=366)
    doses_per_day: Number | None = Field(default=None, gt=0, le=48)
    contains: Contents | None = None
    """Of a drug that stands in no table here: does it hold phosphate or active vitamin D?"""


class Planned(Native):
    """FHIR ServiceRequest: an operation or a radiotherapy is booked for a day, or is off again."""

    kind: Literal["planned"] = "planned"
    id: Name | None = None
    version: Version | None = None
    status: Name | None = None
    procedure: Literal["surgery", "radiotherapy", "ablation"]
    planned_for: date
    noted_on: When | None = None
    cancelled_on: When | None = None


class Opinion(Native):
    """FHIR ClinicalImpression: what the meeting of all disciplines thinks of the tumor.

    What is absent nobody has said; it is unknown, never no.
    """

    kind: Literal["opinion"] = "opinion"
    id: Name | None = None
    version: Version | None = None
    status: Name | None = None
    noted_on: When
    resectable: bool | None = None
    fit_for_surgery: bool | None = None
    in_bone: bool | None = None
    near_joint: bool | None = None
    small: bool | None = None
    seen_at_surgery: bool | None = None
    residual: bool | None = None
    re_excision_feasible: bool | None = None
    metastatic: bool | None = None
    sstr_positive: bool | None = None
    burosumab_available: bool | None = None


class Results(Native):
    """FHIR Bundle of Observations: what a laboratory sent. What only assessment reads is kept."""

    kind: Literal["observations"] = "observations"
    id: Name | None = None
    version: Version | None = None
    status: Name | None = None
    patient: Patient | None = None
    as_of: Instant | None = None
    profile: Profile | None = None
    observations: list[Observation] | None = None
    drug_exposures: list[DrugExposure] | None = None
    findings: dict[str, Any] | None = None
    iv_iron: list[Any] | None = None
    acute_context: list[Any] | None = None
    genetics: list[Any] | None = None


class Performed(Native):
    """FHIR Procedure: something that was due and has been done, such as a bone density."""

    kind: Literal["act"] = "act"
    id: Name | None = None
    version: Version | None = None
    status: Name | None = None
    act: Name
    performed_at: When
    nephrocalcinosis: bool | None = None
    """Of a renal ultrasound: was it seen? Absent is not said."""


Symptom = Literal["new", "known", "none"]
"""Is it there, and since when? Absent is not asked."""


class Symptoms(Native):
    """FHIR Condition: what the patient says, as far as a safety rule turns on it."""

    kind: Literal["symptoms"] = "symptoms"
    id: Name | None = None
    version: Version | None = None
    status: Name | None = None
    noted_on: When
    weakness: Symptom | None = None
    respiratory: Symptom | None = None
    hypocalcaemic: Symptom | None = None


class MeasureTaken(Native):
    """FHIR Observation of an outcome: a walk, a questionnaire, a bone density, fractures.

    `site` is where a bone density was measured or a pain sits. A later version of the same id
    takes the place of the former.
    """

    kind: Literal["measure"] = "measure"
    id: Name
    measure: Name
    value: Number = Field(ge=-MOST, le=MOST)
    unit: str | None = Field(default=None, max_length=50)
    site: Name | None = None
    measured_on: When
    status: str = "final"
    version: Version | None = None


class Scanned(BaseModel):
    """FHIR ImagingStudy, of which follow-up asks when and where; localization reads the rest."""

    kind: Literal["study"] = "study"
    id: Name | None = None
    version: Version | None = None
    status: Name | None = None
    modality: Name
    tracer: Name | None = None
    performed_at: When | None = None
    coverage: list[Name] | None = None
    """The body sites it covered. Absent is not said."""


class Examined(BaseModel):
    """An examination, of which follow-up only asks that it was made; localization reads it."""

    kind: Literal["examination"] = "examination"
    id: Name | None = None
    version: Version | None = None
    status: Name | None = None
    examined_at: When | None = None


class Stated(Native):
    """A state that another part of the pathway found, kept for the record."""

    kind: Literal["state"] = "state"
    id: Name | None = None
    version: Version | None = None
    status: Name | None = None
    state: Name
    noted_on: When | None = None


class Ending(Native):
    """How something ended that nobody did: in one of the five ways of the specification."""

    disposition: Literal["DONE", "NOT_INDICATED", "DECLINED", "TRANSFERRED", "DECEASED"]
    reason: str = Field(default="", max_length=2000)
    noted_on: When

    @model_validator(mode="after")
    def expect_reason(self) -> Self:
        """What is not going to be done says why."""
        if self.disposition in ("NOT_INDICATED", "DECLINED") and not self.reason.strip():
            raise PydanticCustomError("reason_missing", "this disposition needs a reason")
        return self


class DispositionOf(Ending):
    """How an item ended without a result."""

    kind: Literal["disposition"] = "disposition"
    rule: Name
    occurrence: Name


MARKS = {
    "modality": "study",
    "areas": "examination",
    "examined_at": "examination",
    "observations": "observations",
    "drug_exposures": "observations",
    "agent": "therapy",
    "planned_for": "planned",
    "resectable": "opinion",
    "disposition": "disposition",
    "state": "state",
    "act": "act",
    "measure": "measure",
    "weakness": "symptoms",
    "respiratory": "symptoms",
    "hypocalcaemic": "symptoms",
}


def _kind_of(given: Any) -> str:
    """Which kind of event is this? Its `kind`, else what only that kind says."""
    if not isinstance(given, Mapping):
        return str(getattr(given, "kind", "surgery"))
    if isinstance(given.get("kind"), str):
        return str(given["kind"])
    return next((kind for mark, kind in MARKS.items() if mark in given), "surgery")


DatedEvent = Annotated[
    Annotated[Surgery, Tag("surgery")]
    | Annotated[Therapy, Tag("therapy")]
    | Annotated[Planned, Tag("planned")]
    | Annotated[Opinion, Tag("opinion")]
    | Annotated[Results, Tag("observations")]
    | Annotated[Performed, Tag("act")]
    | Annotated[Symptoms, Tag("symptoms")]
    | Annotated[MeasureTaken, Tag("measure")]
    | Annotated[Scanned, Tag("study")]
    | Annotated[Examined, Tag("examination")]
    | Annotated[Stated, Tag("state")]
    | Annotated[DispositionOf, Tag("disposition")],
    Discriminator(_kind_of),
]
"""One dated event of a history. `kind` may be left out where the other fields say it."""
