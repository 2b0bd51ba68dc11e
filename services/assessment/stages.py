"""The stages of an assessment, S to G: each asks its rule and notes what it found."""

from knowledge.rules import hypophosphatemia, renal_phosphate, suspicion
from knowledge.rules.picture import NOT_LOW, Picture
from knowledge.rules.reference_intervals import Level
from services.assessment.weighing import Weighing

PAIRED = frozenset({"u_phos", "u_creat", "s_creat", "trp", "fepo4", "tmp_gfr"})
"""What says how the kidney handles phosphate, measured or as a letter reports it."""


class Stages(Weighing):
    """All stages, in the order of the specification's flow."""

    def run(self) -> Picture:
        """What does all of it together look like?"""
        self._interpret()
        self._kidney_function()
        self._phosphate()
        self._renal_handling()
        self._calcium_and_pth()
        self._fgf23()
        self._tubular()
        self._vitamin_d()
        self._without_fgf23()
        self._non_renal()
        self._exposures()
        self._genes()
        self._decisive()
        self._suspicion()
        self._red_flags()
        self._facts()
        return self.picture

    # S: who needs a phosphate?

    def _suspicion(self) -> None:
        picture, findings = self.picture, self.case.findings
        if suspicion.needs_phosphate(findings):
            fasting = any(s.observation.fasting is True for s in self.samples)
            if not fasting and picture.confirmed_on is None:
                self.notes.fire("S-01", "ORDER_PHOSPHATE")
            if findings.palpable_mass is None:
                self.notes.fire("S-02", "EXAMINE")
                self.notes.caveat("examine")
                picture.called.add("S-02")
        unexplained = picture.alp is Level.HIGH and findings.liver_tests_normal is True
        painful = findings.bone_pain is True or bool(findings.fractures)
        if painful and (unexplained or self._level("s_balp") is Level.HIGH):
            self.notes.fire("S-03", "ORDER_PHOSPHATE")
        if findings.labels and suspicion.mislabelled(findings.labels) is not None:
            known, refused = self.case.by_analyte, self.case.rejected_analytes
            if "s_phos" not in known and "s_phos" not in refused:
                self.notes.fire("S-04", "ORDER_PHOSPHATE")
        if any(sample.low and not sample.disturbed for sample in self.samples):
            self.notes.fire("S-05", "REPEAT_FASTING")
        if (
            picture.is_low
            and findings.parathyroid_surgery_planned is True
            and picture.calcium is Level.NORMAL
        ):
            picture.called.add("S-06")
            self.notes.fire("S-06", "FGF23_FIRST")
            self.notes.caveat("fgf23_before_parathyroid_surgery")
        if findings.antiresorptive_planned is True:
            unexplained = picture.alp is Level.HIGH and findings.liver_tests_normal is not False
            if picture.is_low or unexplained or suspicion.pseudofracture(findings.fractures):
                self.notes.fire("S-07", "HOLD")
                self.notes.caveat("hold_antiresorptive")

    # What must not wait

    def _red_flags(self) -> None:
        findings, picture, called = self.case.findings, self.picture, self.picture.called
        sign = suspicion.urgent_sign(findings) and picture.phosphate != NOT_LOW
        if sign or (self.urgent and hypophosphatemia.is_urgent(self.samples, None, self.on)):
            self.urgent = True
            self.notes.fire("RF-01", "URGENT")
            self.notes.caveat("urgent_care")
        if suspicion.bears_weight(findings.fractures) or findings.unable_to_walk is True:
            self.notes.fire("RF-03", "ORTHOPEDICS")
            self.notes.caveat("orthopedic_urgent")
            called.add("RF-03")
        if findings.mass_growing is True or findings.regional_nodes is True:
            self.notes.fire("RF-05", "SUSPECT_MALIGNANCY")
            self.notes.caveat("mass_urgent")
            called.add("RF-05")

    # C needs besides: results that could not be used

    def _decisive(self) -> None:
        picture, refused = self.picture, self.case.rejected_analytes
        lost_phosphate = "s_phos" in refused and not self.samples
        if lost_phosphate:
            self.notes.fire("V-01", "REJECTED")
        no_pair = picture.is_low and picture.renal == renal_phosphate.UNKNOWN
        touched = any(sample.disturbed for sample in self.samples)
        lost_pair = no_pair and (self.trp_impossible or touched or bool(refused & PAIRED))
        if self.case.acute:
            self.notes.fire("V-07", "INDETERMINATE")
            self.notes.caveat("acute_context")
        picture.decisive_rejected = picture.acute or lost_phosphate or lost_pair
