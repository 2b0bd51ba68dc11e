"""What a chart needs: series of values, and what was done meanwhile."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from knowledge.terms.sent import Number, When


class Point(BaseModel):
    """One result: as it was sent, as it was converted, and beside which band."""

    id: str
    version: int
    taken_at: datetime
    value: Number
    unit: str
    comparator: str | None
    converted: Number
    low: Number | None
    high: Number | None
    range_from: str
    level: str
    fasting: bool | None
    computed: bool = False
    masked: bool = False
    masked_by: str | None = None
    masked_until: date | None = None


class Series(BaseModel):
    """Results that may be compared with each other: of one analyte, assay and unit.

    `joined` is false where nobody said by which assay they were measured: points without a line.
    """

    analyte: str
    name: str
    assay: str | None
    unit: str
    joined: bool
    points: list[Point]


class MeasureChange(BaseModel):
    """By how much it has changed, and whether that is important."""

    by: Number
    importance: str
    limit: Number | None
    since: date


class MeasurePoint(BaseModel):
    """One outcome measure as it was told."""

    id: str
    version: int
    measured_on: When
    value: Number
    from_baseline: MeasureChange | None
    from_previous: MeasureChange | None
    treated_with: list[str]
    after_stop_of: list[str]


class MeasureSeries(BaseModel):
    """An outcome measure over time, and where its limit stands.

    `baseline` is the last value before the treatment; `before_treatment` is false where the first
    value of all had to stand for it.
    """

    measure: str
    name: str
    site: str | None
    unit: str
    better: str
    baseline: str | None
    before_treatment: bool
    points: list[MeasurePoint]
    limit_sources: list[str]
    limit_read_status: str | None
    limit_note: str


class InRange(BaseModel):
    """How many phosphates were in range, of those whose level is known."""

    tests: int
    in_range: int
    percent: Number | None
    masked: int


class TreatmentSpan(BaseModel):
    """A drug as it is told: begun, ended, given, with its dose."""

    agent: str
    started_on: When | None
    stopped_on: When | None
    given_on: When | None
    dose: Number | None
    dose_unit: str | None


class OperationMark(BaseModel):
    """An operation."""

    performed_on: date
    site: str | None
    margin: str | None


class Trends(BaseModel):
    """Everything that a chart of this patient shows."""

    id: UUID
    as_of: datetime
    series: list[Series]
    measures: list[MeasureSeries]
    phosphate_in_range: InRange
    alp_normal_since: date | None
    treatments: list[TreatmentSpan]
    operations: list[OperationMark]
    knowledge_version: str
