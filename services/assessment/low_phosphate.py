"""Stage H: is phosphate low, does it stay low, must somebody hear of it today?"""

from knowledge.rules import exposures, hypophosphatemia, suspicion
from knowledge.rules.hypophosphatemia import Sample
from knowledge.rules.picture import LOW, NOT_LOW, PERSISTENT
from knowledge.rules.reference_intervals import Level, is_child
from knowledge.terms.truth import any_of
from services.assessment.removal import RemovalStages

ACUTE_SIGNS = (
    "respiratory_weakness",
    "bulbar_weakness",
    "arrhythmia",
    "rhabdomyolysis",
    "seizure",
    "encephalopathy",
)


class LowPhosphateStages(RemovalStages):
    """From single phosphates to whether it is low, and stays low."""

    def _phosphate(self) -> None:
        picture, on = self.picture, self.on
        self._read_samples()
        picture.child = is_child(self.subject)
        picture.alp = self._level("s_alp")
        self._symptoms()
        self._removal()
        samples = self.samples = self._later()
        picture.samples = len(samples)
        if self.case.acute:
            picture.acute = all(sample.disturbed for sample in samples)
        low = hypophosphatemia.is_low(samples)
        if low:
            self._low_phosphate()
        elif low is False or picture.confirmed_on is not None:
            picture.phosphate = NOT_LOW
        cured = picture.tumor_removed or picture.confirmed_on is not None
        if not cured and hypophosphatemia.is_excluded(samples, on):
            picture.excluded, picture.phosphate = True, NOT_LOW
            self.notes.fire("H-07", "EXCLUDED")
        if low is None:
            self.notes.fire("H-00", "UNDETERMINED")

    def _read_samples(self) -> None:
        on, drugs, acute = self.on, self.case.drugs, self.case.acute
        for result in self.case.by_analyte.get("s_phos", ()):
            day = result.day(on)
            treated = bool(drugs) and (
                exposures.on_treatment(drugs, day) or exposures.under_burosumab(drugs, day)
            )
            if treated:
                self.notes.fire("V-09", "ON_TREATMENT")
                self.notes.caveat("on_treatment")
            if drugs and exposures.may_be_artefact(drugs, day):
                self.picture.facts.add("V-12")
            disturbed = acute and self.case.acute_on(day)
            self.samples.append(Sample(result, self.readings[result.id], treated, disturbed))

    def _low_phosphate(self) -> None:
        picture, on, samples = self.picture, self.on, self.samples
        self.notes.fire("H-03" if picture.child else "H-01", "LOW")
        picture.phosphate = LOW
        if hypophosphatemia.is_persistent(samples, on):
            picture.phosphate = PERSISTENT
            self.notes.fire("H-02", "PERSISTENT")
        else:
            self.notes.caveat("low_unconfirmed")
        if picture.confirmed_on is not None:
            picture.recurrence = True
            self.notes.caveat("recurrence_suspected")
        picture.severe = hypophosphatemia.is_severe(samples, on)
        if hypophosphatemia.was_in_severe_band(samples, on):
            picture.severe_band = True
            self.notes.fire("H-08", "SEVERE")
            self.notes.caveat("severe_needs_cause")
        findings = self.case.findings
        signs = any_of(*(getattr(findings, sign) for sign in ACUTE_SIGNS))
        if hypophosphatemia.is_urgent(samples, signs, on):
            self.urgent = True
            self.notes.fire("H-04", "URGENT")
            self.notes.caveat("urgent")
        between = hypophosphatemia.only_between_chinese_limits(samples, self.subject.profile, on)
        if between and not picture.symptoms and picture.alp is Level.NORMAL:
            picture.borderline = True
            self.notes.fire("H-05", "REPEAT")
            self.notes.caveat("china_borderline")
        if picture.symptoms and picture.alp is Level.HIGH and picture.phosphate == LOW:
            self.notes.fire("H-06", "GO_ON")

    def _symptoms(self) -> None:
        findings = self.case.findings
        self.picture.fractures_asked = findings.fractures is not None
        self.picture.symptoms = suspicion.has_symptoms(findings)
