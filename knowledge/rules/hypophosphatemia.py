"""Is phosphate really low, does it stay low, and must somebody hear of it today?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.rules.reference_intervals import TABLE as INTERVALS
from knowledge.rules.reference_intervals import Level, Reading
from knowledge.rules.validity import hides_low_phosphate
from knowledge.tables import Table
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Quantity
from knowledge.terms.truth import Truth

TABLE = Table.beside(__file__)
CHINA, CHINESE_ADULT = "CN", "CN_adult"


def _chinese_low() -> Quantity:
    rows = INTERVALS.intervals["s_phos"]
    row = max(
        (row for row in rows if row.profile == CHINESE_ADULT),
        key=lambda row: row.citation.effective,
    )
    assert row.low is not None
    return Quantity(row.low, row.unit)


CHINESE_LOW = _chinese_low()
"""The higher of the two lower limits: that of the Chinese standard."""


@dataclass(slots=True)
class Sample:
    """One phosphate, how it reads, and whether treatment had touched it."""

    observation: Observation
    reading: Reading
    treated: bool = False
    disturbed: bool = False
    """Was it drawn in an acute illness or its aftermath (V-07)?"""
    doubtful: bool = False
    """Is its unit asked back, or could the sample read falsely high (PA-06)?"""

    @property
    def low(self) -> bool:
        """Is it low? A haemolysed, fed or treated sample that is low is still low."""
        return self.reading.level is Level.LOW

    @property
    def shows_normality(self) -> bool:
        """Is it evidence of a normal phosphate: fasting, untreated, well handled?"""
        return (
            self.reading.level in (Level.NORMAL, Level.HIGH)
            and self.observation.fasting is True
            and not self.treated
            and not self.disturbed
            and not self.doubtful
            and not hides_low_phosphate(self.observation)
        )


def is_low(samples: Sequence[Sample]) -> Truth:
    """Has phosphate been low? Not low only when a sample that counts shows it; else unknown."""
    normal = False
    for sample in samples:
        if sample.low:
            return True
        normal = normal or sample.shows_normality
    return False if normal else None


def apart(samples: Sequence[Sample]) -> timedelta:
    """How much time lies between the first and the last of these samples with a known time?"""
    moments = [moment for s in samples if (moment := s.observation.moment) is not None]
    return max(moments) - min(moments) if moments else timedelta()


def is_persistent(samples: Sequence[Sample], on: date) -> bool:
    """Was it low on enough valid fasting samples, far enough apart (H-02)?"""
    fasting = [s for s in samples if s.low and s.observation.fasting is True and not s.disturbed]
    enough = len(fasting) >= TABLE.whole("persistent_samples", on)
    return enough and apart(fasting) >= timedelta(days=TABLE.whole("persistent_days", on))


def is_excluded(samples: Sequence[Sample], on: date) -> bool:
    """Do enough valid normals, newer than any low one, rule it out (H-07)?

    `samples` are oldest first. A persistent low earlier is never outvoted.
    """
    normals = 0
    for sample in reversed(samples):
        if sample.low:
            break
        normals += sample.shows_normality
    return normals >= TABLE.whole("normal_samples", on) and not is_persistent(samples, on)


def current(samples: Sequence[Sample]) -> list[Sample]:
    """Which samples say how it is now: those of the newest day, and those without a day."""
    if len(samples) == 1:
        return list(samples)
    days = [s.observation.taken_at.date() for s in samples if s.observation.taken_at is not None]
    newest = max(days) if days else None
    return [
        s
        for s in samples
        if s.observation.taken_at is None or s.observation.taken_at.date() == newest
    ]


def is_severe(samples: Sequence[Sample], on: date) -> bool:
    """Is the present phosphate low and below the limit at which several rules grow stricter?"""
    return _one_is_low_and_below(TABLE.value("severe_below", on), current(samples))


def _one_is_low_and_below(limit: Quantity, samples: Sequence[Sample]) -> bool:
    for sample in samples:  # noqa: SIM110 - a plain loop: this is asked often
        if sample.low and sample.observation.value.below(limit) is True:
            return True
    return False


def is_in_severe_band(samples: Sequence[Sample], on: date) -> bool:
    """Is the present phosphate in the band that is called severe?"""
    return was_in_severe_band(current(samples), on)


def was_in_severe_band(samples: Sequence[Sample], on: date) -> bool:
    """Was phosphate ever in the band that is called severe (H-08)? It keeps needing a cause."""
    return _one_is_low_and_below(TABLE.value("severe_band_below", on), samples)


def is_urgent(samples: Sequence[Sample], acute_sign: Truth, on: date) -> bool:
    """Must a clinician hear of it today (H-04, RF-01)?"""
    limit = TABLE.value("urgent_below", on)
    now = current(samples)
    if any(s.observation.value.below(limit) is True for s in now):
        return True
    return acute_sign is True and is_severe(now, on)


def only_between_chinese_limits(samples: Sequence[Sample], profile: str, on: date) -> bool:
    """Do all low values lie between the two lower limits in use (H-05)?"""
    if not profile.startswith(CHINA):
        return False
    lower, upper = TABLE.value("china_repeat_from", on), CHINESE_LOW
    lows = [s.observation.value for s in samples if s.low]
    return bool(lows) and all(
        low.below(lower) is False and low.below(upper) is True for low in lows
    )
