"""What in blood and urine stands against oral phosphate or active vitamin D (MON-04 to MON-12)?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from knowledge.rules import burosumab_course
from knowledge.rules import follow_up_safety as safety
from knowledge.rules.burosumab_course import Phosphate
from knowledge.rules.reference_intervals import Level
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Quantity
from knowledge.terms.stop import Stop
from knowledge.terms.truth import Truth


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known on this day. None: not known, or too old to speak."""

    on: date
    phosphate: Phosphate | None = None
    calcium: Observation | None = None
    calcium_level: Level = Level.UNDETERMINED
    pth_level: Level | None = None
    egfr: Quantity | None = None
    urine_calcium_high: Truth = None
    urine_ids: tuple[str, ...] = ()

    @property
    def calcium_ids(self) -> tuple[str, ...]:
        """The calcium behind a stop."""
        return () if self.calcium is None else (self.calcium.id,)

    @property
    def calcium_high(self) -> Truth:
        """Is calcium above its upper limit (MON-05)?"""
        if self.calcium is None:
            return None
        return safety.calcium_too_high(self.calcium_level, self.calcium.value, self.on)

    @property
    def hypercalcemia(self) -> Truth:
        """Is calcium so high that it is urgent (MON-06)?"""
        if self.calcium is None:
            return None
        found, _ = safety.calcium_severity(self.calcium.printed, self.calcium.value, self.on)
        return found

    @property
    def tertiary(self) -> bool:
        """Are calcium and PTH both raised (MON-10)?"""
        return bool(self.calcium_high) and self.pth_level is Level.HIGH

    @property
    def phosphate_level(self) -> Level:
        """Of a phosphate that is not too old to show that a beginning is due."""
        found = self.phosphate
        oldest = self.on - burosumab_course.days("phosphate_holds_for", self.on)
        return Level.UNDETERMINED if found is None or found.day < oldest else found.level


def missing(known: Measured) -> tuple[str, ...]:
    """What has to be measured before either is begun?"""
    asked = (
        ("phosphate", known.phosphate_level is Level.UNDETERMINED),
        ("adjusted calcium", known.calcium_high is None),
        ("eGFR or creatinine", known.egfr is None),
    )
    return tuple(name for name, wanting in asked if wanting)


def stops(kind: str, known: Measured, *, more: Truth, taken: bool) -> tuple[Stop, ...]:
    """What stands against this drug: to begin it, to take `more` of it, or as it is `taken`?

    Less than now is never forbidden; it needs a reason where the drug is to be stopped.
    """
    of_kind = _of_phosphate if kind == safety.PHOSPHATE else _of_vitamin_d
    return (
        *_of_calcium(kind, known, hard=more is not False),
        *of_kind(known, more=more, taken=taken),
        *_of_a_beginning(known, taken=taken),
        *_of_the_kidney(known, hard=more is not False),
    )


def _of_calcium(kind: str, known: Measured, *, hard: bool) -> Iterator[Stop]:
    ids, calcium = known.calcium_ids, known.calcium
    said = "" if calcium is None else f"adjusted calcium {calcium.printed}"
    if known.hypercalcemia:
        yield Stop("MON-06", "hypercalcemia", f"{said}: urgent; none of it now", True, because=ids)
    elif known.tertiary:
        text = "calcium and PTH are both raised: stop phosphate, review active vitamin D, refer"
        yield Stop("MON-10", "tertiary_hyperparathyroidism", text, hard, because=ids)
    elif known.calcium_high and kind == safety.ACTIVE_VITAMIN_D:
        text = f"{said} is above its range: stop or lower active vitamin D"
        yield Stop("MON-05", "calcium_high", text, hard, because=ids)


def _of_phosphate(known: Measured, *, more: Truth, taken: bool) -> Iterator[Stop]:
    found = known.phosphate
    if found is None or known.phosphate_level is Level.LOW:
        return
    ids = (found.id,)
    if known.phosphate_level is Level.HIGH and found.fasting is False:
        text = f"the phosphate of {found.day} is above its range, but was not taken fasting"
        text += ": repeat it fasting first"
        yield Stop("MON-04", "high_not_fasting", text, hard=False, because=ids)
    elif known.phosphate_level is Level.HIGH:
        text = "phosphate is above its range: lower or stop oral phosphate"
        yield Stop("MON-04", "phosphate_high", text, more is not False, because=ids)
    elif known.phosphate_level is Level.NORMAL and taken and more:
        text = "phosphate is in range; a normal phosphate is not chased"
        yield Stop("TX-018", "phosphate_in_range", text, hard=False, because=ids)


def _of_vitamin_d(known: Measured, *, more: Truth, taken: bool) -> Iterator[Stop]:
    if known.urine_calcium_high and more is not False:
        text = "urine calcium is high: no more active vitamin D (halve it, or add a thiazide)"
        yield Stop("MON-08", "urine_calcium_high", text, bool(more), because=known.urine_ids)
    if not taken and known.phosphate_level is Level.HIGH and known.phosphate is not None:
        text, ids = "phosphate is above its range", (known.phosphate.id,)
        hard = known.phosphate.fasting is not False
        yield Stop("MON-04", "phosphate_high", text, hard, because=ids)


def _of_a_beginning(known: Measured, *, taken: bool) -> Iterator[Stop]:
    if taken:
        return
    if known.phosphate_level is Level.NORMAL and known.phosphate is not None:
        text, ids = "phosphate is not below its range", (known.phosphate.id,)
        yield Stop("TX-018", "phosphate_not_low", text, hard=False, because=ids)
    if known.pth_level in (None, Level.UNDETERMINED):
        text = "no recent PTH is known"
        yield Stop("MON-10", "pth_not_known", text, hard=bool(known.calcium_high))


def _of_the_kidney(known: Measured, *, hard: bool) -> Iterator[Stop]:
    if known.egfr is None:
        return
    said = f"eGFR {known.egfr}"
    if safety.contraindicates_burosumab(known.egfr, known.on):
        text = f"{said}: phosphate and active vitamin D only with a nephrologist"
        yield Stop("MON-12", "egfr_low", text, hard)
    elif known.egfr.below(safety.TABLE.value("egfr_nephrology", known.on)):
        yield Stop("MON-12", "egfr_reduced", f"{said}: ask a nephrologist", hard=False)
