"""Stages H and R: is phosphate low, and does the kidney lose it?"""

from knowledge.rules import (
    exposures,
    hypophosphatemia,
    kidney_function,
    renal_phosphate,
)
from knowledge.rules.hypophosphatemia import Sample
from knowledge.rules.picture import LOW, NOT_LOW, PERSISTENT
from knowledge.rules.reference_intervals import Level, is_child
from knowledge.rules.renal_phosphate import Handling
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.person import Sex
from knowledge.terms.quantity import Quantity
from knowledge.terms.truth import any_of
from services.assessment.asking import Asking
from services.assessment.contract import Rejected

SYMPTOMS = ("bone_pain", "proximal_weakness", "muscle_pain", "impaired_mobility")
ACUTE_SIGNS = (
    "respiratory_weakness",
    "bulbar_weakness",
    "arrhythmia",
    "rhabdomyolysis",
    "seizure",
    "encephalopathy",
)


class PhosphateStages(Asking):
    """From single phosphates to what the kidney does with it."""

    # H: is phosphate low, does it stay low, must somebody hear of it today?

    def _phosphate(self) -> None:
        picture, on, drugs = self.picture, self.on, self.case.drugs
        for result in self.case.by_analyte.get("s_phos", ()):
            day = result.day(on)
            treated = bool(drugs) and (
                exposures.on_treatment(drugs, day) or exposures.under_burosumab(drugs, day)
            )
            if treated:
                self.notes.fire("V-09", "ON_TREATMENT")
                self.notes.caveat("on_treatment")
            if drugs and exposures.may_be_artefact(drugs, day):
                picture.facts.add("V-12")
            self.samples.append(Sample(result, self.readings[result.id], treated))
        picture.samples = len(self.samples)
        picture.child = is_child(self.subject)
        picture.alp = self._level("s_alp")
        self._symptoms()
        low = hypophosphatemia.is_low(self.samples)
        if low:
            self._low_phosphate()
        elif low is False:
            picture.phosphate = NOT_LOW
        removed = self.case.findings.tumor_removed or self.case.findings.tumor_removed_on
        if not removed and hypophosphatemia.is_excluded(self.samples, on):
            picture.excluded, picture.phosphate = True, NOT_LOW
            self.notes.fire("H-07", "EXCLUDED")
        if low is None:
            self.notes.fire("H-00", "UNDETERMINED")

    def _low_phosphate(self) -> None:
        picture, on, samples = self.picture, self.on, self.samples
        self.notes.fire("H-03" if picture.child else "H-01", "LOW")
        picture.phosphate = LOW
        if hypophosphatemia.is_persistent(samples, on):
            picture.phosphate = PERSISTENT
            self.notes.fire("H-02", "PERSISTENT")
        else:
            self.notes.caveat("low_unconfirmed")
        picture.severe = hypophosphatemia.is_severe(samples, on)
        if hypophosphatemia.is_in_severe_band(samples, on):
            self.notes.fire("H-08", "SEVERE")
        findings = self.case.findings
        signs = any_of(*(getattr(findings, sign) for sign in ACUTE_SIGNS))
        if hypophosphatemia.is_urgent(samples, signs, on):
            self.urgent = True
            self.notes.fire("H-04", "URGENT")
            self.notes.caveat("urgent")
        if hypophosphatemia.only_between_chinese_limits(samples, self.subject.profile, on):
            self.notes.fire("H-05", "REPEAT")
            self.notes.caveat("china_borderline")
        if picture.symptoms and picture.alp is Level.HIGH and picture.phosphate == LOW:
            self.notes.fire("H-06", "GO_ON")

    def _symptoms(self) -> None:
        findings = self.case.findings
        broken = findings.fractures
        self.picture.fractures_asked = broken is not None
        self.picture.symptoms = bool(broken) or any(
            getattr(findings, name) is True for name in SYMPTOMS
        )

    # R: does the kidney lose phosphate?

    def _kidney_function(self) -> None:
        creatinine = self.case.newest("s_creat")
        own = None
        if creatinine is not None:
            own = kidney_function.egfr(creatinine.value, self.subject, self.case.findings.height_cm)
            if kidney_function.low_muscle_mass(creatinine.value, self.on):
                self.notes.caveat("low_muscle_mass")
        reported = self.case.newest("egfr")
        if own is not None and creatinine is not None:
            self.egfr = own[0]
            self.notes.computed_egfr(own[0], own[1], creatinine.id, self.on)
        if reported is not None:
            self.notes.reported(reported, self._level("egfr"))
            self._compare(reported, self.egfr)
            self.egfr = self.egfr or reported.value
        self.filtration = kidney_function.filtration(self.egfr, self.on)
        if self.filtration != "read":
            self.notes.fire("V-06", self.filtration.upper())
            self.notes.caveat("egfr_low")
        if self.filtration in ("no_tmp_gfr", "no_fgf23"):
            self.notes.caveat("egfr_no_tmp_gfr")

    def _renal_handling(self) -> None:
        chosen = self._chosen_handling()
        reported = self._reported_handling(chosen)
        if not self.picture.is_low:
            return
        if self.case.acute:
            self.notes.fire("V-07", "INDETERMINATE")
            self.notes.caveat("acute_context")
            return
        handling = chosen or reported
        if self._conserved_over_24h():
            self.picture.renal = renal_phosphate.CONSERVED
            self.notes.fire("R-01", renal_phosphate.CONSERVED)
            return
        found = renal_phosphate.renal_handling(handling, self.filtration, self.subject)
        self.picture.renal = found.code
        self.notes.fire(found.rule, found.code)
        for code in found.because:
            self.notes.caveat(code)
        if handling is not None and not handling.impossible:
            self.picture.pair = True
            self.picture.excretes = renal_phosphate.excretion_band(handling.excreted, self.on) in (
                "between",
                "high",
            )
            if found.code == renal_phosphate.EQUIVOCAL:
                self.notes.caveat("equivocal_pair")
            self.notes.fire("R-08", "CONTEXT")
        if self.picture.child:
            self.notes.fire("R-07", "CHILD")

    def _chosen_handling(self) -> Handling | None:
        """The best pair with a low phosphate: untreated first, then spot urine, then newest."""
        best: tuple[tuple[bool, bool], Handling] | None = None
        paired = False
        treated = {s.observation.id: s.treated for s in self.samples}
        for pair in renal_phosphate.pairs(self.case.by_analyte, self.on):
            paired = True
            handling = renal_phosphate.handling_of(pair, self.subject)
            if handling is None:
                continue
            if handling.impossible:
                self._reject_pair(pair.urine_phosphate)
                continue
            serum = pair.serum_phosphate
            low = self.readings[serum.id].level is Level.LOW
            may_read = self.filtration in ("read", "warn")
            self.notes.computed_handling(handling, self.subject, low=low, may_read=may_read)
            if low:
                rank = (not treated[serum.id], not handling.from_24h)
                if best is None or rank >= best[0]:
                    best = (rank, handling)
        if not paired and {"u_phos", "s_phos"} <= self.case.by_analyte.keys():
            self.notes.fire("V-02", "UNPAIRED")
            self.notes.caveat("unpaired")
        return best[1] if best else None

    def _reject_pair(self, urine: Measured) -> None:
        self.trp_impossible = True
        self.notes.fire("V-05", "REJECTED")
        self.notes.caveat("trp_impossible")
        self.case.rejected.append(
            Rejected(urine.id, "V-05", "TRP is below 0 or above 1; please check units and pairing")
        )

    def _reported_handling(self, own: Handling | None) -> Handling | None:
        """What somebody else computed, marked so, and held against our own where we have one."""
        by_analyte = self.case.by_analyte
        trp, lost = self.case.newest("trp"), self.case.newest("fepo4")
        tmp = self.case.newest("tmp_gfr")
        if trp is None and lost is None and tmp is None:
            return None
        for result in (*by_analyte.get("trp", ()), *by_analyte.get("fepo4", ())):
            self.notes.reported(result, Level.UNDETERMINED)
        for result in by_analyte.get("tmp_gfr", ()):
            self.notes.reported(result, self.readings[result.id].level)
        excreted = lost.value if lost is not None else None
        if excreted is None and trp is not None and trp.value.comparator is None:
            excreted = Quantity(renal_phosphate.fepo4(trp.value.value), "%")
        if own is not None:
            self._compare(trp, own.reabsorbed)
            self._compare(tmp, own.threshold)
        return Handling(
            None,
            trp.value if trp is not None else None,
            excreted,
            tmp.value if tmp is not None else None,
            "reported",
            tuple(one.id for one in (trp, lost, tmp) if one is not None),
            reported=True,
        )

    def _compare(self, reported: Measured | None, own: Quantity | None) -> None:
        if reported is None or own is None:
            return
        tolerance = renal_phosphate.TABLE.number("reported_tolerance", self.on) * abs(own.value)
        if abs(reported.value.value - own.value) > tolerance:
            self.notes.caveat("reported_differs")

    def _conserved_over_24h(self) -> bool:
        lost = self.case.newest("u_phos_24h")
        creatinine = self.case.newest("u_creat_24h")
        if lost is None or creatinine is None:
            return False
        sex = self.subject.sex
        female = sex is Sex.FEMALE if sex in (Sex.FEMALE, Sex.MALE) else None
        complete = renal_phosphate.complete_collection(
            creatinine.value, self.case.findings.weight_kg, female, self.on
        )
        return renal_phosphate.conserved_over_24h(lost.value, complete, self.on)
