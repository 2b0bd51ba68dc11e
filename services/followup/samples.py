"""What do the samples of one day say together?"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from knowledge.rules import (
    fgf23_after_removal,
    fgf23_beside_low,
    reference_intervals,
    renal_phosphate,
)
from knowledge.rules.reference_intervals import Level, level_between
from knowledge.rules.remission import Sample
from knowledge.rules.surveillance_calendar import Done
from knowledge.terms.observation import Observation
from knowledge.terms.person import Subject
from services.followup.by_analyte import ByAnalyte, Found
from services.followup.doubts import counts
from services.followup.results import ALP, FGF23

OF_THE_KIDNEY = ("tmp_gfr", "u_phos", "u_phos_24h")
"""Without one of these nobody can say how the kidney handles phosphate."""

FOR_TMP_GFR = ("tmp_gfr", "u_phos", "s_creat", "u_creat")

Levels = Mapping[str, Level]
"""The level of each result, by its id."""

Doubts = Mapping[str, tuple[str, ...]]
"""Why a result, if it is normal, may not be believed, by its id."""


class Drawn(ByAnalyte):
    """What was drawn on one day."""

    def __init__(self, day: date, taken: Found) -> None:
        super().__init__(taken)
        self.day = day

    def done(self, levels: Levels) -> Done:
        """What may it close: what was measured, which of it was high, and by which result?"""
        return Done(
            self.day,
            frozenset(self.by_analyte),
            frozenset([o.analyte.key for o in self.taken if levels[o.id] is Level.HIGH]),
            {key: found[-1].id for key, found in self.by_analyte.items()},
        )

    def phosphate(self, levels: Levels) -> Observation | None:
        """The phosphate that counts: the last one of which somebody knows how it reads."""
        return _last_known(self.by_analyte.get("s_phos", ()), levels)

    def sample(
        self, levels: Levels, subject: Subject, doubts: Doubts, raised: Found = ()
    ) -> Sample:
        """What do they say together? `raised`: every FGF23 that was, oldest first."""
        phosphate, read = self.by_analyte.get("s_phos", ()), self.phosphate(levels)
        said = Sample(
            self._at(phosphate),
            None if read is None else levels[read.id],
            ids=_ids(self.taken),
            named={"phosphate": _ids(phosphate[-1:])},
        )
        if read is not None and doubts:
            said.doubts = doubts.get(read.id, ())
        asked = self.by_analyte.keys()
        if not asked.isdisjoint(ALP) and (alp := _sure(self.of(*ALP), levels, doubts)):
            said.named["alp"] = _ids(alp)
            said.alp = _level(alp, levels)
        if not asked.isdisjoint(FGF23) and (fgf23 := _sure(self.of(*FGF23), levels, doubts)):
            said.named["fgf23"] = _ids(fgf23)
            self._read_fgf23(said, fgf23, levels, subject)
            last = _last_known(fgf23, levels) if raised and said.fgf23 is not Level.HIGH else None
            if last is not None:
                in_another = fgf23_after_removal.in_another(last, raised, self.day)
                said.in_another_assay = in_another
        if not asked.isdisjoint(OF_THE_KIDNEY):
            said.tmp_gfr = self._threshold(levels, subject)
        if not asked.isdisjoint(FOR_TMP_GFR):
            said.named["tmp_gfr"] = _ids(self.of(*FOR_TMP_GFR))
        return said

    def _read_fgf23(self, said: Sample, found: Found, levels: Levels, subject: Subject) -> None:
        """At which level is it, and if it is normal, may it be suppressed?"""
        last = _last_known(found, levels)
        if last is not None:
            said.fgf23 = levels[last.id]
            if said.fgf23 is Level.NORMAL:
                said.may_be_suppressed = fgf23_beside_low.may_be_suppressed(last, subject)

    def _at(self, phosphate: Found) -> datetime:
        """When? At the moment of the phosphate that is read last, else of the first of them."""
        if phosphate and phosphate[-1].taken_at is not None:
            return phosphate[-1].taken_at
        first = min((one.taken_at for one in self.taken if one.taken_at), default=None)
        return first or datetime.combine(self.day, time(), UTC)

    def _threshold(self, levels: Levels, subject: Subject) -> Level | None:
        """TmP/GFR: as reported, else from blood and urine taken together."""
        reported = _last_known(self.by_analyte.get("tmp_gfr", ()), levels)
        if reported is not None:
            return levels[reported.id]
        for pair in renal_phosphate.pairs(self.by_analyte, subject.on):
            handling = renal_phosphate.handling_of(pair, subject)
            interval = reference_intervals.interval_for("tmp_gfr", subject)
            if handling is not None and handling.threshold is not None and interval is not None:
                return level_between(handling.threshold, interval.low, interval.high)
        return None


def _ids(found: Found) -> tuple[str, ...]:
    return tuple([one.id for one in found]) if found else ()


def _sure(found: Found, levels: Levels, doubts: Doubts) -> Found:
    """Those whose level says something, in spite of any doubt."""
    if not doubts:
        return found
    return [one for one in found if counts(levels[one.id], doubts.get(one.id, ()))]


def _level(found: Found, levels: Levels) -> Level | None:
    last = _last_known(found, levels)
    return None if last is None else levels[last.id]


def _last_known(found: Found, levels: Levels) -> Observation | None:
    for one in reversed(found):
        if levels[one.id] is not Level.UNDETERMINED:
            return one
    return None
