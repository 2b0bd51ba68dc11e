"""Everything that a chart of one patient shows. A history in; series and overlays out."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from knowledge.edition import KNOWLEDGE_VERSION
from knowledge.rules import reference_intervals
from knowledge.rules.reference_intervals import Level
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import UNITS
from services.followup.calcium import calcium
from services.followup.charted import (
    InRange,
    OperationMark,
    Point,
    Series,
    TreatmentSpan,
    Trends,
)
from services.followup.contract import PlanRequest
from services.followup.filtration import filtration
from services.followup.gathering import history_of
from services.followup.history import History, day_of
from services.followup.masked import mask_of, until
from services.followup.outcomes import measure_series
from services.followup.results import ALP, FGF23
from services.followup.view import Reading, View

Line = tuple[str, str | None, str]
"""Analyte, assay and unit: what may be joined with a line."""


def trends(id: UUID, request: PlanRequest, as_of: datetime) -> Trends:
    """What does a chart show of this patient as of this moment?"""
    history = history_of(request, as_of)
    return Trends(
        id=id,
        as_of=as_of,
        series=_series(history),
        measures=measure_series(history),
        phosphate_in_range=_in_range(history),
        alp_normal_since=_alp_normal_since(history),
        treatments=_treatments(history),
        operations=[
            OperationMark(performed_on=one.day, site=one.site, margin=one.margin)
            for one in history.operations
        ],
        knowledge_version=KNOWLEDGE_VERSION,
    )


def _series(history: History) -> list[Series]:
    lines: dict[Line, list[Point]] = {}
    for one in history.observations:
        line = one.analyte.key, one.assay, one.value.unit
        lines.setdefault(line, []).append(_point(one, history))
    for key, point in _computed(history):
        lines.setdefault((key, None, ANALYTES[key].unit), []).append(point)
    return [
        Series(
            analyte=key,
            name=ANALYTES[key].name,
            assay=assay,
            unit=unit,
            joined=assay is not None or key not in FGF23,
            points=sorted(points, key=lambda point: (point.taken_at, point.id)),
        )
        for (key, assay, unit), points in sorted(lines.items(), key=lambda line: str(line[0]))
    ]


def _point(one: Observation, history: History) -> Point:
    band = reference_intervals.read(one, history.subject)
    drug = mask_of(one, history)
    assert one.taken_at is not None
    return Point(
        id=one.id,
        version=history.numbers.get(one.id, 1),
        taken_at=one.taken_at,
        value=one.printed.value,
        unit=one.printed.unit,
        comparator=one.printed.comparator,
        converted=one.value.value,
        low=_converted(one, band.low),
        high=_converted(one, band.high),
        range_from=band.range_from,
        level=history.levels[one.id],
        fasting=one.fasting,
        masked=drug is not None,
        masked_by=drug.agent if drug else None,
        masked_until=until(drug, history.on) if drug else None,
    )


def _converted(one: Observation, end: Decimal | None) -> Decimal | None:
    """An end of the band in the unit of the axis."""
    if end is None or one.printed.unit == one.value.unit:
        return end
    return one.analyte.converted(end, one.printed.unit, one.value.unit)


def _computed(history: History) -> Iterator[tuple[str, Point]]:
    """What this system has computed: adjusted calcium and eGFR, where a laboratory did not."""
    view = View(history, (), history.results, history.levels, history.numbers)
    for reading in calcium(view):
        if len(reading.ids) > 1:
            yield "s_ca_adj", _of_reading(reading)
    for reading in filtration(view):
        if reading.source is not None and reading.source.analyte.key != "egfr" and reading.value:
            yield "egfr", _of_reading(reading)


def _of_reading(reading: Reading) -> Point:
    assert reading.value is not None
    assert reading.printed is not None
    return Point(
        id=reading.key,
        version=reading.version or 1,
        taken_at=reading.at,
        value=reading.printed.value,
        unit=reading.printed.unit,
        comparator=reading.printed.comparator,
        converted=reading.value.value,
        low=None,
        high=None,
        range_from="",
        level=Level.UNDETERMINED if reading.measure == "egfr" else reading.level,
        fasting=None,
        computed=True,
    )


def _in_range(history: History) -> InRange:
    phosphate = history.results.of("s_phos")
    known = [one for one in phosphate if history.levels[one.id] is not Level.UNDETERMINED]
    normal = [one for one in known if history.levels[one.id] is Level.NORMAL]
    hidden = [one for one in known if mask_of(one, history) is not None]
    share = Decimal(len(normal)) / len(known) / UNITS["%"].factor if known else None
    return InRange(tests=len(known), in_range=len(normal), percent=share, masked=len(hidden))


def _alp_normal_since(history: History) -> date | None:
    """Since which day, after the last operation, has every ALP been normal?"""
    since: date | None = None
    operated = history.operations[-1].day if history.operations else date.min
    for one in history.results.of(*ALP):
        if one.day(history.on) > operated:
            normal = history.levels[one.id] is Level.NORMAL
            since = (since or one.day(history.on)) if normal else None
    return since


def _treatments(history: History) -> list[TreatmentSpan]:
    def begins(span: TreatmentSpan) -> tuple[date, str]:
        whens: Sequence[datetime | date | None]
        whens = (span.started_on, span.given_on, span.stopped_on)
        return next((day_of(when) for when in whens if when), date.min), span.agent

    spans = [
        TreatmentSpan(
            agent=told.agent,
            started_on=told.started_on,
            stopped_on=told.stopped_on,
            given_on=told.given_on,
            dose=told.dose,
            dose_unit=told.dose_unit,
        )
        for told in history.therapies
    ]
    return sorted(spans, key=begins)
