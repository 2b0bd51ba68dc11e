"""What is reported of a patient, as the assessment contract writes it: who, results, drugs."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from knowledge.terms.sent import Instant, Name, Native, Number

MOST = 10**15
"""More than that of anything nobody has or is given; a number without end could not be kept."""


class Patient(Native):
    """FHIR Patient, as far as an interval needs it."""

    id: Name | None = None
    sex: Literal["male", "female", "other", "unknown"] = "unknown"
    birth_date: date | None = None
    age_years: Number | None = Field(default=None, ge=0, le=130)
    weight_kg: Number | None = Field(default=None, gt=0, le=MOST)


LARGEST_VERSION = 2**31 - 1
"""What both databases can count."""

Version = Annotated[int, Field(ge=1, le=LARGEST_VERSION)]
"""Which telling of the same thing this is. Absent: the first, unless `status` speaks of another."""


class ReferenceRange(Native):
    """The laboratory's own interval, in the unit of the result."""

    low: Number | None = Field(default=None, le=MOST)
    high: Number | None = Field(default=None, le=MOST)


class Observation(Native):
    """FHIR Observation, as in the assessment contract. A value that cannot be read is rejected
    by itself; it never takes the rest with it."""

    id: Name
    analyte: Name | None = None
    loinc: Name | None = None
    value: Any = None
    comparator: Literal["<", "<=", ">=", ">"] | None = None
    unit: str | None = Field(default=None, max_length=50)
    taken_at: Instant | None = None
    fasting: bool | None = None
    collection_id: Name | None = None
    status: str = "final"
    version: Version | None = None
    reference_range: ReferenceRange | None = None
    assay: Name | None = None
    specimen: Name | None = None
    flags: list[Name] = Field(default_factory=list)


class DrugExposure(Native):
    """A drug as the assessment contract writes it."""

    agent: Name
    started_on: date | None = None
    stopped_on: date | None = None
    dose: Name | None = None
