"""Stage H: is phosphate low, does it stay low, must somebody hear of it today?"""

from datetime import date

from knowledge.rules import (
    exposures,
    hypophosphatemia,
    preanalytics,
    suspicion,
    unit_questions,
)
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
        self._question_units()
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
            if not picture.treatment_stated:
                self.notes.caveat("treatment_not_stated")
        if low is None:
            self.notes.fire("H-00", "UNDETERMINED")

    def _read_samples(self) -> None:
        case, on, drugs, acute = self.case, self.on, self.case.drugs, self.case.acute
        paraprotein = case.findings.monoclonal_protein is True
        for result in case.by_analyte.get("s_phos", ()):
            day, reading = result.day(on), self.readings[result.id]
            treated, artefact = False, paraprotein
            if drugs:
                treated = self._under_treatment(day)
                if exposures.may_be_artefact(drugs, day):
                    artefact = True
                    self.picture.facts.add("V-12")
                if exposures.formulation_to_ask(drugs, day):
                    artefact = True
                    self.notes.caveat("amphotericin_formulation")
            if artefact:
                self.notes.fire("PA-06", "REPEAT")
            disturbed = acute and case.acute_on(day)
            doubtful = artefact or result.id in case.questioned
            if result.flags and preanalytics.reads_falsely_high(result):
                doubtful = True
            self.samples.append(Sample(result, reading, treated, disturbed, doubtful))

    def _under_treatment(self, day: date) -> bool:
        """Does this day's phosphate show a treatment (V-08, V-09)?"""
        supplied = exposures.on_treatment(self.case.drugs, day)
        bound = exposures.under_burosumab(self.case.drugs, day)
        if supplied:
            self.notes.fire("V-09", "ON_TREATMENT")
            self.notes.caveat("on_treatment")
        if bound:
            self.notes.fire("V-08", "SHOWS_TREATMENT")
            self.notes.caveat("burosumab_phosphate")
        return supplied or bound

    def _question_units(self) -> None:
        """A phosphate that is high in somebody with signs of a low one: was it in mg/dL?

        High more than once, and it would be low in mg/dL: asked as well. Only where no interval of
        the laboratory speaks for the unit, and the kidneys filter.
        """
        if self.picture.child is not False or self.filtration == "no_fgf23":
            return
        high = [s for s in self.samples if s.reading.level is Level.HIGH and not s.doubtful]
        signs = self.picture.symptoms or self.picture.alp is Level.HIGH
        for sample in high:
            result = sample.observation
            others_low = any(other.low for other in self.samples)
            if result.reference_range is not None:
                continue
            other = None
            if signs or others_low:
                other = unit_questions.not_high_in(result.analyte, result.printed, sample.reading)
            elif len(high) > 1:
                other = unit_questions.low_in(result.analyte, result.printed, sample.reading)
            if other is not None:
                sample.doubtful = True
                self.case.doubt_unit(result, other)

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
