"""Stages P, F, D and N: calcium and PTH, FGF23, tubular markers, vitamin D."""

from datetime import date

from knowledge.rules import (
    calcium_and_pth,
    exposures,
    fgf23,
    fgf23_independent,
    non_renal,
    renal_phosphate,
)
from knowledge.rules.reference_intervals import Level
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.quantity import Quantity
from knowledge.terms.truth import Truth
from services.assessment.intake import Case
from services.assessment.phosphate import PhosphateStages


class MineralStages(PhosphateStages):
    """What the rest of the panel says about a low phosphate."""

    # P: calcium and PTH

    def _calcium_and_pth(self) -> None:
        picture = self.picture
        picture.calcium, picture.calcium_confirmed_high = self._calcium()
        pth = self.case.newest("s_pth")
        reading = self._reading(pth)
        picture.pth = reading.level
        position = calcium_and_pth.pth_position(pth, reading, self.on)
        measured = self.case.newest("s_25ohd")
        status = non_renal.vitamin_d_status(measured.value if measured else None, self.on)
        picture.vitamin_d_status = status
        found = calcium_and_pth.calcium_and_pth(
            picture.calcium, position, non_renal.below_adequate(status)
        )
        picture.calcium_pattern = found.code
        self.notes.fire(found.rule, found.code)
        dependent = found.code == "PTH_DEPENDENT"
        picture.calcium_confirmed_high = dependent and picture.calcium_confirmed_high
        picture.long_therapy = longest_therapy(self.case, self.on)
        if found.rule == "P-03" and pth and calcium_and_pth.much_raised(pth, reading, self.on):
            self.notes.fire("P-04", "PROCEED")
        if found.rule == "P-05" and self.case.findings.known_cancer:
            self.notes.fire("P-06", "PTHRP")
        picture.vitamin_d_125 = self._level("s_125d")

    def _calcium(self) -> tuple[Level, bool]:
        """Ionised before adjusted, the laboratory's adjusted before ours, total only at last."""
        levels = [self.readings[one.id].level for one in self.case.by_analyte.get("s_ca_ion", ())]
        ionised_high = Level.HIGH in levels
        adjusted = [self._adjusted(total) for total in self.case.by_analyte.get("s_ca", ())]
        for reported in self.case.by_analyte.get("s_ca_adj", ()):
            self.notes.reported(reported, self.readings[reported.id].level)
            self._check_danger(reported.value)
        given = [self.readings[r.id].level for r in self.case.by_analyte.get("s_ca_adj", ())]
        judged = given or adjusted
        high_samples = sum(level is Level.HIGH for level in (*levels, *judged))
        level = levels[-1] if levels else judged[-1] if judged else Level.UNDETERMINED
        return level, ionised_high or high_samples > 1

    def _adjusted(self, total: Measured) -> Level:
        albumin = self._albumin_for(total)
        if albumin is None:
            self.notes.caveat("calcium_unadjusted")
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

    # F: FGF23

    def _fgf23(self) -> None:
        picture = self.picture
        if not picture.is_low:
            return
        states = [self._intact_state(one) for one in self.case.by_analyte.get("s_fgf23_i", ())]
        picture.fgf23, picture.fgf23_repeated = fgf23.over_time(states)
        if len(set(states) - {fgf23.UNINTERPRETABLE}) > 1:
            self.notes.caveat("fgf23_discordant")
        for result in self.case.by_analyte.get("s_fgf23_c", ()):
            self._c_terminal(result)
        if picture.fgf23 == fgf23.MISSING:
            self.notes.fire("F-00", fgf23.MISSING)

    def _intact_state(self, result: Measured) -> str:
        day, drugs = result.day(self.on), self.case.drugs
        if exposures.under_burosumab(drugs, day):
            self.picture.fgf23_under_burosumab = True
            self.notes.fire("V-08", fgf23.UNINTERPRETABLE)
            self.notes.caveat("burosumab")
            return fgf23.UNINTERPRETABLE
        if self.filtration == "no_fgf23":
            self.notes.caveat("egfr_no_fgf23")
            return fgf23.UNINTERPRETABLE
        if self.filtration != "read":
            self.notes.caveat("fgf23_ckd")
        if self.case.acute:
            return fgf23.UNINTERPRETABLE
        if exposures.on_treatment(drugs, day):
            self.notes.fire("F-09", "REPEAT_OFF_TREATMENT")
            self.notes.caveat("on_treatment")
        found = fgf23.intact(result, self.on, self.subject)
        self.notes.fire(found.rule, fgf23.NAMED.get(found.code, found.code))
        for code in found.because:
            self.notes.caveat(code)
        if found.rule == "F-04":
            self.notes.caveat("fgf23_low_certainty")
        if found.code == fgf23.MEDIATED and self.readings[result.id].level is Level.NORMAL:
            self.notes.fire("F-05", "INAPPROPRIATELY_NORMAL")
        return found.code

    def _c_terminal(self, result: Measured) -> None:
        if self.case.acute or exposures.under_burosumab(self.case.drugs, result.day(self.on)):
            return
        found = fgf23.c_terminal(result, self.subject)
        self.notes.fire(found.rule, found.code)
        if found.code == fgf23.SUPPORTIVE:
            self.picture.c_terminal_raised = True
            self.notes.caveat("fgf23_supportive")
            if self.picture.fgf23 in (fgf23.MISSING, fgf23.UNINTERPRETABLE):
                self.picture.fgf23 = fgf23.SUPPORTIVE

    # D and N: tubular disorders and vitamin D

    def _tubular(self) -> None:
        picture, findings, on = self.picture, self.case.findings, self.on
        urine_glucose, glucose = self.case.newest("u_glu"), self.case.newest("s_glu")
        lost = fgf23_independent.glucosuria(
            urine_glucose.value if urine_glucose else None, glucose.value if glucose else None, on
        )
        markers: dict[str, Truth] = {
            "glucosuria": findings.glucosuria if lost is None else lost,
            "aminoaciduria": findings.aminoaciduria,
            "low_molecular_weight_proteinuria": findings.low_molecular_weight_proteinuria,
            "low_bicarbonate": self._is_low("s_hco3"),
            "low_urate": self._is_low("s_urate"),
            "low_potassium": self._is_low("s_k"),
        }
        ratio = self.notes.urine_calcium_ratio(
            self.case.newest("u_ca"), self.case.newest("u_creat"), self.on
        )
        high = fgf23_independent.high_urine_calcium(ratio, self.subject)
        if ratio is None:
            daily = self._level("u_ca_24h")
            high = None if daily is Level.UNDETERMINED else daily is Level.HIGH
        if high:
            picture.facts.add("hypercalciuria")
        if any(marker is True for marker in markers.values()):
            picture.facts.add("fanconi_marker")
        if not picture.is_low:
            return
        found = fgf23_independent.fanconi(markers, picture.fgf23, on)
        picture.tubular = found.code
        if len(found.because) >= fgf23_independent.TABLE.whole("fanconi_markers", on):
            picture.facts.add("fanconi_markers")
        if fgf23_independent.hhrh(picture.fgf23, picture.vitamin_d_125, high, picture.pth):
            picture.tubular = fgf23_independent.HHRH
            self.notes.fire("D-01", fgf23_independent.HHRH)
            self.notes.caveat("no_calcitriol")
        elif fgf23_independent.dent(self.subject.sex, picture.child, markers, high):
            picture.facts.add("dent")
            self.notes.fire("D-03", fgf23_independent.DENT)
        elif found.rule != "D-00":
            self.notes.fire(found.rule, found.code)
        if found.code == fgf23_independent.PRESUMED:
            self.notes.caveat("fanconi_presumed")
        if found.code == fgf23_independent.MIXED:
            self.notes.caveat("fanconi_mixed")

    def _is_low(self, key: str) -> Truth:
        level = self._level(key)
        return None if level is Level.UNDETERMINED else level is Level.LOW

    def _vitamin_d(self) -> None:
        picture = self.picture
        still_low = self.case.findings.vitamin_d_repleted is True and picture.is_low
        found = non_renal.vitamin_d_deficiency(
            picture.vitamin_d_status,
            picture.pth,
            picture.calcium,
            fgf23_mediated=picture.fgf23 == fgf23.MEDIATED,
            severe=picture.severe or still_low,
        )
        picture.vitamin_d = found.code
        if found.rule != "N-00":
            self.notes.fire(found.rule, found.code)
        if found.code == non_renal.OVERRIDDEN:
            self.notes.caveat("vitamin_d_unrepleted")
        elif found.code == non_renal.INSUFFICIENT and picture.is_low:
            self.notes.caveat("vitamin_d_insufficient")
        picture.strong_phenotype = (
            picture.severe
            and picture.renal == "WASTING_DEFINITE"
            and picture.vitamin_d_125 is not Level.HIGH
            and picture.tubular == fgf23_independent.NONE
            and picture.calcium is not Level.HIGH
            and picture.vitamin_d_status == "adequate"
        )


def longest_therapy(case: Case, on: date) -> bool:
    """Has phosphate or active vitamin D been taken for long (C-07)? An unknown start is long."""
    limit = calcium_and_pth.TABLE.whole("long_therapy", on)
    for drug in case.drugs:
        if exposures.TREATS_PHOSPHATE not in drug.acts:
            continue
        if drug.started is None or ((drug.stopped or on) - drug.started).days >= limit:
            return True
    return False
