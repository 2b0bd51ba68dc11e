"""Stages P and N: calcium and PTH, vitamin D."""

from datetime import date

from knowledge.rules import (
    calcium_and_pth,
    exposures,
    fgf23,
    non_renal,
    renal_phosphate,
)
from knowledge.rules.classification import strong_phenotype
from knowledge.rules.reference_intervals import Level
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.quantity import Quantity
from services.assessment.intake import Case
from services.assessment.phosphate import PhosphateStages

JUDGED = ("s_ca", "s_ca_ion", "s_ca_adj", "s_pth")
"""What says that calcium is high and PTH is not suppressed."""


class MineralStages(PhosphateStages):
    """What the rest of the panel says about a low phosphate."""

    # P: calcium and PTH

    def _calcium_and_pth(self) -> None:
        picture = self.picture
        picture.calcium, picture.calcium_confirmed_high = self._calcium()
        pth = self.case.newest("s_pth")
        if self._magnesium_is_too_low():
            pth = None
            if picture.calcium is not Level.HIGH:
                picture.calcium = Level.UNDETERMINED
        reading = self._reading(pth)
        picture.pth = reading.level
        position = calcium_and_pth.pth_position(pth, reading, self.on)
        measured = self.case.newest("s_25ohd")
        status = non_renal.vitamin_d_status(measured.value if measured else None, self.on)
        picture.vitamin_d_status = status
        found = calcium_and_pth.calcium_and_pth(
            picture.calcium, position, non_renal.below_adequate(status)
        )
        picture.calcium_pattern, picture.calcium_rule = found.code, found.rule or ""
        self.notes.fire(found.rule, found.code)
        dependent = found.code == "PTH_DEPENDENT"
        picture.calcium_confirmed_high = dependent and picture.calcium_confirmed_high
        picture.long_therapy = long_therapy(self.case, self.on)
        if found.rule == "P-03" and pth and calcium_and_pth.much_raised(pth, reading, self.on):
            self.notes.fire("P-04", "PROCEED")
            picture.called.add("P-04")
        if found.rule == "P-05" and self.case.findings.known_cancer:
            self.notes.fire("P-06", "PTHRP")
            picture.called.add("P-06")
        picture.vitamin_d_125 = self._level("s_125d")

    def _magnesium_is_too_low(self) -> bool:
        """RF-06: so low that PTH and calcium mislead until it is corrected."""
        magnesium = self.case.newest("s_mg")
        if magnesium is None or not calcium_and_pth.misleads(magnesium.value, self.on):
            return False
        self.picture.called.add("RF-06")
        self.notes.fire("RF-06", "CORRECT_FIRST")
        self.notes.caveat("magnesium_low")
        return True

    def _calcium(self) -> tuple[Level, bool]:
        """Ionised before adjusted, the laboratory's adjusted before ours, total only at last."""
        levels = [self.readings[one.id].level for one in self.case.by_analyte.get("s_ca_ion", ())]
        ionised_high = Level.HIGH in levels
        adjusted = [self._adjusted(total) for total in self.case.by_analyte.get("s_ca", ())]
        for reported in self.case.by_analyte.get("s_ca_adj", ()):
            self.notes.reported(reported, self.readings[reported.id].level)
            self._check_danger(reported.value)
            self._compare_adjusted(reported)
        given = [self.readings[r.id].level for r in self.case.by_analyte.get("s_ca_adj", ())]
        judged = given or adjusted
        high_samples = sum(level is Level.HIGH for level in (*levels, *judged))
        level = levels[-1] if levels else judged[-1] if judged else Level.UNDETERMINED
        return level, ionised_high or high_samples > 1

    def _adjusted(self, total: Measured) -> Level:
        albumin = self._albumin_for(total)
        if albumin is None:
            self.notes.caveat("calcium_unadjusted")
            self._check_danger_unadjusted(total)
            return self.readings[total.id].level
        problem = calcium_and_pth.adjustment_problem(albumin.value, self.egfr, self.on)
        value = calcium_and_pth.adjusted_calcium(total.value.value, albumin.value.value, self.on)
        quantity = Quantity(value, "mmol/L")
        level = self.notes.adjusted_calcium(quantity, (total.id, albumin.id), self.subject)
        self._check_danger(quantity)
        if problem is not None:
            self.notes.caveat(problem)
            return self.readings[total.id].level
        return level

    def _albumin_for(self, total: Measured) -> Measured | None:
        candidates = self.case.by_analyte.get("s_alb", ())
        hours = renal_phosphate.TABLE.whole("pair_within", self.on)
        for albumin in candidates:
            timeless = albumin.taken_at is None or total.taken_at is None
            if timeless or renal_phosphate.together(total, albumin, hours):
                return albumin
        return None

    def _check_danger(self, adjusted: Quantity) -> None:
        if calcium_and_pth.dangerous(adjusted, self.on):
            self.urgent = True
            self.notes.fire("RF-02", "URGENT")
            self.notes.caveat("calcium_urgent")

    def _check_danger_unadjusted(self, total: Measured) -> None:
        """RF-02 of a total calcium that nothing drawn with it can explain away."""
        hours = renal_phosphate.TABLE.whole("pair_within", self.on)
        for key in ("s_ca_ion", "s_ca_adj"):
            for better in self.case.by_analyte.get(key, ()):
                timeless = better.taken_at is None or total.taken_at is None
                if timeless or renal_phosphate.together(total, better, hours):
                    return
        if calcium_and_pth.dangerous(total.value, self.on):
            self.urgent = True
            self.notes.fire("RF-02", "URGENT")
            self.notes.caveat("calcium_urgent_unadjusted")

    def _compare_adjusted(self, reported: Measured) -> None:
        """Is it what calcium and albumin of the same sample make?"""
        hours = renal_phosphate.TABLE.whole("pair_within", self.on)
        for total in self.case.by_analyte.get("s_ca", ()):
            albumin = self._albumin_for(total)
            both = reported.taken_at is None or total.taken_at is None
            if albumin is None or not (both or renal_phosphate.together(total, reported, hours)):
                continue
            own = calcium_and_pth.adjusted_calcium(total.value.value, albumin.value.value, self.on)
            if calcium_and_pth.adjusted_differs(reported.value, Quantity(own, "mmol/L"), self.on):
                self.notes.caveat("reported_differs")

    # N: vitamin D

    def _vitamin_d(self) -> None:
        picture = self.picture
        replete = self.case.findings.vitamin_d_repleted is True or self._was_repleted()
        still_low = picture.low_despite_vitamin_d = replete and picture.is_low
        found = non_renal.vitamin_d_deficiency(
            picture.vitamin_d_status,
            picture.pth,
            picture.calcium,
            fgf23_mediated=picture.fgf23 == fgf23.MEDIATED,
            severe=picture.severe or still_low,
        )
        picture.vitamin_d = found.code
        if found.code == non_renal.OVERRIDDEN:
            self.notes.fire("N-03", non_renal.DEFICIENT)
        if found.rule != "N-00":
            self.notes.fire(found.rule, found.code)
        if found.code == non_renal.OVERRIDDEN:
            self.notes.caveat("vitamin_d_unrepleted")
        elif found.code == non_renal.INSUFFICIENT and picture.is_low:
            self.notes.caveat("vitamin_d_insufficient")
        picture.strong_phenotype = strong_phenotype(picture)
        suppressed_once = picture.fgf23 == fgf23.SUPPRESSED and not picture.fgf23_repeated
        if suppressed_once and picture.strong_phenotype:
            self.notes.caveat("strong_phenotype")

    def _was_repleted(self) -> bool:
        """Was 25-OH vitamin D deficient, and is it adequate in the newest result?"""
        measured = self.case.by_analyte.get("s_25ohd", ())
        if len(measured) < 2 or self.picture.vitamin_d_status != "adequate":
            return False
        before = (non_renal.vitamin_d_status(one.value, self.on) for one in measured[:-1])
        return "deficient" in before


def long_therapy(case: Case, on: date) -> bool:
    """Was phosphate or active vitamin D taken for long before calcium and PTH were drawn (C-07)?

    An unknown start is long.
    """
    limit = calcium_and_pth.TABLE.whole("long_therapy", on)
    drawn = [one.day(on) for key in JUDGED for one in case.by_analyte.get(key, ())[-1:]]
    newest = max(drawn, default=on)
    for drug in case.drugs:
        if exposures.TREATS_PHOSPHATE not in drug.acts:
            continue
        if (
            drug.started is None
            or (min(drug.stopped or newest, newest) - drug.started).days >= limit
        ):
            return True
    return False
