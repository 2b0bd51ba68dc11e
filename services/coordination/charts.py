"""Results over time as small pictures with one time axis, and what was done meanwhile. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from knowledge.terms.analyte import ANALYTES
from services.coordination.trend import readings

SHOWN = ("s_phos", "tmp_gfr", "s_alp", "s_fgf23_i", "s_fgf23_c", "s_ca", "s_pth")
"""What is watched for years, in this order."""

WIDTH, HEIGHT = 400, 220
LEFT, RIGHT, TOP, BOTTOM, STRIP = 46, 12, 14, 30, 12
STEPS = (
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
    50.0,
    100.0,
    200.0,
    500.0,
    1000.0,
)
MOST_LINES = 5
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One value: in the unit of its series, as it was sent, and against its own band."""

    at: datetime
    value: float
    sent: str
    low: float | None = None
    high: float | None = None
    band_from: str = ""
    masked_by: str | None = None
    computed: bool = False

    @property
    def level(self) -> str:
        """Where it stands in its own band."""
        if self.low is not None and self.value < self.low:
            return "low"
        if self.high is not None and self.value > self.high:
            return "high"
        return "no range given" if self.low is None and self.high is None else "in range"


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one analyte, by one assay, in one unit, oldest first."""

    analyte: str
    unit: str
    assay: str | None
    joined: bool
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A drug that was taken for a time, or one dose of it."""

    agent: str
    begin: datetime
    end: datetime | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation."""

    on: datetime
    site: str
    margin: str


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What was done while the values were measured."""

    spans: tuple[Span, ...] = ()
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """A reading, and where it is drawn."""

    reading: Reading
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything one picture needs."""

    series: Series
    points: tuple[Placed, ...]
    lines: tuple[tuple[float, str], ...]
    band: tuple[float, float] | None
    bars: tuple[tuple[float, float, float, Span], ...]
    cuts: tuple[tuple[float, Operation], ...]
    begin: datetime
    end: datetime
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: float = HEIGHT - BOTTOM

    @property
    def path(self) -> str:
        """The line through all points."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


def series_of_trends(trends: Mapping[str, Any]) -> list[Series]:
    """The series that follow-up keeps, as far as they are shown."""
    found = []
    for one in trends.get("series", []):
        if one["analyte"] not in SHOWN:
            continue
        values = [
            Reading(
                at=datetime.fromisoformat(point["taken_at"]),
                value=float(point["converted"]),
                sent=f"{point.get('comparator') or ''}{_figure(point['value'])} {point['unit']}",
                low=point.get("low"),
                high=point.get("high"),
                band_from=point.get("range_from") or "",
                masked_by=(point.get("masked_by") or "treatment") if point.get("masked") else None,
                computed=bool(point.get("computed")),
            )
            for point in one["points"]
        ]
        if values:
            found.append(
                Series(one["analyte"], one["unit"], one.get("assay"), one["joined"], tuple(values))
            )
    return found


def series_of_events(told: Sequence[tuple[datetime, Mapping[str, Any]]]) -> list[Series]:
    """The same from what was told, for a patient whom follow-up does not know yet."""
    found = []
    for key in SHOWN:
        points = readings(told, ANALYTES[key])
        if points:
            values = tuple(
                Reading(
                    point.at,
                    float(point.value),
                    point.sent,
                    None if point.low is None else float(point.low),
                    None if point.high is None else float(point.high),
                    "laboratory" if point.low is not None or point.high is not None else "",
                )
                for point in points
            )
            found.append(Series(key, ANALYTES[key].unit, None, True, values))
    return found


def taken_at(told: Sequence[tuple[datetime, Mapping[str, Any]]]) -> dict[str, datetime]:
    """When was each of the samples taken, by the id of what was measured in it?"""
    found = {}
    for _, payload in told:
        for said in _listed(payload.get("observations")):
            try:
                at = datetime.fromisoformat(str(said.get("taken_at")))
            except ValueError:
                continue
            if at.tzinfo is not None:
                found[str(said.get("id"))] = at
    return found


def derived(
    answer: Mapping[str, Any], told: Sequence[tuple[datetime, Mapping[str, Any]]]
) -> list[Series]:
    """TmP/GFR as assessment computed it, on the day of the samples it was computed from."""
    days = taken_at(told)
    values = []
    for one in _listed(answer.get("derived")):
        taken = next((days[id] for id in one.get("inputs", []) if days.get(id)), None)
        if one.get("quantity") != "tmp_gfr" or taken is None or one.get("reported"):
            continue
        band = one.get("reference_range") or {}
        values.append(
            Reading(
                taken,
                float(one["value"]),
                f"{_figure(one['value'])} {one['unit']}",
                band.get("low"),
                band.get("high"),
                "table" if band else "",
                computed=True,
            )
        )
    values.sort(key=lambda reading: reading.at)
    return [Series("tmp_gfr", "mmol/L", None, True, tuple(values))] if values else []


def meanwhile_of(trends: Mapping[str, Any]) -> Meanwhile:
    """Drugs and operations, as follow-up keeps them."""
    spans = []
    for one in trends.get("treatments", []):
        began = one.get("started_on") or one.get("given_on")
        if began is None:
            continue
        given_once = one.get("given_on") is not None
        ended = one.get("given_on") if given_once else one.get("stopped_on")
        dose = f"{_figure(one['dose'])} {one.get('dose_unit') or ''}" if one.get("dose") else ""
        spans.append(Span(one["agent"], _at(began), None if ended is None else _at(ended), dose))
    operations = [
        Operation(_at(one["performed_on"]), one.get("site") or "", one.get("margin") or "")
        for one in trends.get("operations", [])
    ]
    return Meanwhile(tuple(spans), tuple(operations))


def charts(series: Iterable[Series], meanwhile: Meanwhile, now: datetime) -> list[Chart]:
    """Each series as a picture; all of them share one time axis, so that they can be compared."""
    listed = sorted(series, key=lambda one: SHOWN.index(one.analyte))
    moments = [reading.at for one in listed for reading in one.readings]
    if not moments:
        return []
    moments += [span.begin for span in meanwhile.spans]
    moments += [one.on for one in meanwhile.operations]
    moments += [now for span in meanwhile.spans if span.end is None]
    begin, end = min(moments), max(moments)
    return [_chart(one, meanwhile, begin, end) for one in listed]


def _chart(series: Series, meanwhile: Meanwhile, begin: datetime, end: datetime) -> Chart:
    agents = list(dict.fromkeys(span.agent for span in meanwhile.spans))
    bottom = HEIGHT - BOTTOM - STRIP * len(agents)
    values = [reading.value for reading in series.readings]
    limits = [
        limit
        for reading in series.readings
        for limit in (reading.low, reading.high)
        if limit is not None
    ]
    most, least = max(values + limits), min(values + limits)
    from_nought = not limits or least < most * 0.6 or most - least < most * 0.05
    floor = 0.0 if from_nought else least - (most - least) * 0.25
    step = next((s for s in STEPS if (most - floor) / s <= MOST_LINES), STEPS[-1])
    low = int(floor / step) * step
    high = low
    while high <= most:
        high += step

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - TOP)

    span = (end - begin).total_seconds()

    def x(at: datetime) -> float:
        if span == 0:
            return (LEFT + WIDTH - RIGHT) / 2
        return LEFT + 8 + (at - begin).total_seconds() / span * (WIDTH - LEFT - RIGHT - 16)

    lines = []
    for number in range(round((high - low) / step) + 1):
        level = Decimal(str(step)) * number + Decimal(str(round(low, 6)))
        lines.append((y(float(level)), f"{level:f}"))
    last = next(
        (r for r in reversed(series.readings) if r.low is not None or r.high is not None), None
    )
    band = None
    if last is not None:
        top_of = high if last.high is None else min(last.high, high)
        band = (y(top_of), y(low if last.low is None else max(last.low, low)))
    bars = tuple(
        (
            x(one.begin),
            max(x(min(one.end or end, end)) - x(one.begin), 3.0),
            bottom + 4 + STRIP * agents.index(one.agent),
            one,
        )
        for one in meanwhile.spans
    )
    return Chart(
        series,
        tuple(Placed(reading, x(reading.at), y(reading.value)) for reading in series.readings),
        tuple(lines),
        band,
        bars,
        tuple((x(one.on), one) for one in meanwhile.operations),
        begin,
        end,
        bottom=bottom,
    )


def _at(when: object) -> datetime:
    text = str(when)
    if "T" in text:
        return datetime.fromisoformat(text)
    return datetime.combine(date.fromisoformat(text), time(12), UTC)


def _figure(value: object) -> str:
    return f"{float(str(value)):.4g}" if "." in str(value) else str(value)


def _listed(found: object) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
