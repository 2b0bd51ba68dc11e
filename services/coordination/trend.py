"""Phosphate over time, as a picture and as a table. Pure; every value keeps what was sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from knowledge.terms.analyte import ANALYTES, Analyte
from knowledge.terms.quantity import NotConvertible, Quantity, UnknownUnit

ANALYTE = ANALYTES["s_phos"]

WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 36, 8, 12, 32
STEPS = (Decimal("0.1"), Decimal("0.2"), Decimal("0.5"), Decimal(1), Decimal(2), Decimal(5))
MOST_LINES = 7


@dataclass(frozen=True, slots=True)
class Point:
    """One phosphate: in the common unit, as it was sent, and against its laboratory's range."""

    at: datetime
    value: Decimal
    sent: str
    low: Decimal | None
    high: Decimal | None
    x: float = 0
    y: float = 0

    @property
    def is_low(self) -> bool | None:
        """Is it below its own laboratory's range? None where the laboratory gave none."""
        return None if self.low is None else self.value < self.low

    @property
    def in_words(self) -> str:
        """Where it stands in its own laboratory's range."""
        if self.low is not None and self.value < self.low:
            return "low"
        if self.high is not None and self.value > self.high:
            return "high"
        return "no range given" if self.low is None and self.high is None else "in range"


@dataclass(frozen=True, slots=True)
class Line:
    """A level of the grid."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Trend:
    """Everything the picture needs, placed."""

    points: tuple[Point, ...]
    lines: tuple[Line, ...]
    band: tuple[float, float] | None
    unit: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM

    @property
    def path(self) -> str:
        """The line through all points."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


def trend(told: Iterable[tuple[datetime, Mapping[str, Any]]]) -> Trend | None:
    """How has phosphate developed? `told` are the payloads with laboratory results, oldest first.

    A later version of an observation replaces the earlier one; what cannot be read is left out,
    because the service that owns it has already asked back.
    """
    points = readings(told, ANALYTE)
    return _place(points) if points else None


def readings(told: Iterable[tuple[datetime, Mapping[str, Any]]], analyte: Analyte) -> list[Point]:
    """Every value of this analyte that can be read, oldest first."""
    latest: dict[str, Point | None] = {}
    for number, (occurred_at, payload) in enumerate(told):
        observations = payload.get("observations")
        for place, said in enumerate(observations if isinstance(observations, list) else ()):
            if isinstance(said, dict) and _is(analyte, said):
                name = str(said.get("id") or f"{number}.{place}")
                latest[name] = _read(said, occurred_at, analyte)
    return sorted((point for point in latest.values() if point), key=lambda point: point.at)


def _is(analyte: Analyte, said: Mapping[str, Any]) -> bool:
    return said.get("analyte") == analyte.key or said.get("loinc") in analyte.loinc


def _read(said: Mapping[str, Any], occurred_at: datetime, analyte: Analyte) -> Point | None:
    if said.get("status") in ("entered-in-error", "cancelled"):
        return None
    try:
        unit = analyte.read_unit(said.get("unit"))
        value = _in_common(said.get("value"), unit, analyte)
        taken = said.get("taken_at")
        at = datetime.fromisoformat(taken) if isinstance(taken, str) else occurred_at
        if value is None or at.tzinfo is None:
            return None
        reference = said.get("reference_range")
        reference = reference if isinstance(reference, dict) else {}
        low, high = (_in_common(reference.get(end), unit, analyte) for end in ("low", "high"))
    except (UnknownUnit, NotConvertible, InvalidOperation, ValueError, TypeError):
        return None
    comparator = said.get("comparator") or ""
    return Point(at, value, f"{comparator}{said['value']} {said['unit']}", low, high)


def _in_common(value: object, unit: str, analyte: Analyte) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    number = Decimal(str(value))
    if not number.is_finite():
        return None
    return analyte.to_working_unit(Quantity(number, unit)).value


def _place(points: list[Point]) -> Trend:
    highest = max(value for point in points for value in (point.value, point.high or Decimal(0)))
    step = next((step for step in STEPS if highest / step < MOST_LINES), STEPS[-1])
    top = (highest // step + 1) * step
    begin, end = points[0].at, points[-1].at
    span = (end - begin).total_seconds()

    def y(value: Decimal) -> float:
        return HEIGHT - BOTTOM - float(value / top) * (HEIGHT - TOP - BOTTOM)

    def x(at: datetime) -> float:
        if span == 0:
            return (LEFT + WIDTH - RIGHT) / 2
        share = (at - begin).total_seconds() / span
        return LEFT + 14 + share * (WIDTH - LEFT - RIGHT - 28)

    placed = tuple(
        Point(point.at, point.value, point.sent, point.low, point.high, x(point.at), y(point.value))
        for point in points
    )
    lines = tuple(Line(y(step * level), f"{step * level}") for level in range(int(top / step) + 1))
    ranged = [point for point in points if point.low is not None and point.high is not None]
    band = None
    if ranged and ranged[-1].low is not None and ranged[-1].high is not None:
        band = (y(ranged[-1].high), y(ranged[-1].low))
    return Trend(placed, lines, band, ANALYTE.unit)
