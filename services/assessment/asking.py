"""What every stage of an assessment works with, and how each result reads by itself."""

from knowledge.rules import exposures, fgf23
from knowledge.rules.hypophosphatemia import Sample
from knowledge.rules.picture import Picture
from knowledge.rules.preanalytics import DISTURBED_BY_BIOTIN
from knowledge.rules.reference_intervals import UNREAD, Level, Reading, read, rulers_for
from knowledge.rules.renal_phosphate import Handling
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.quantity import Quantity
from services.assessment.intake import Case
from services.assessment.notes import Notes
from services.assessment.urine import Urine

CALCULATED = frozenset({"trp", "fepo4", "tmp_gfr", "egfr", "s_ca_adj"})


class Asking:
    """One pass over one case: what is known, what was found so far, and the running notes."""

    def __init__(self, case: Case) -> None:
        self.case, self.subject, self.on = case, case.subject, case.subject.on
        self.picture = Picture(on=self.on, acute=case.acute, history_asked=case.history_asked)
        self.picture.treatment_stated = case.treatment_stated
        self.notes = Notes()
        self.readings: dict[str, Reading] = {}
        self.samples: list[Sample] = []
        self.egfr: Quantity | None = None
        self.filtration = "read"
        self.urgent = False
        self.trp_impossible = False
        self.urine = Urine()
        self.handling: Handling | None = None
        self.renal_rule = "R-00"
        self.egfr_inputs: list[str] = []

    def _interpret(self) -> None:
        case, subject, readings, notes = self.case, self.subject, self.readings, self.notes
        rulers = rulers_for(subject)
        for key, results in case.by_analyte.items():
            calculated, hormone = key in CALCULATED, key in fgf23.KEYS
            for result in results:
                whom, reading = subject, None
                if case.saw_younger and case.was_younger(result):
                    whom = case.subject_for(result)
                if hormone:
                    reading = fgf23.healthy_reading(result, whom)
                if reading is None:
                    reading = read(result, whom, rulers if whom is subject else None)
                readings[result.id] = reading
                notes.interpreted(result, reading, reported=calculated)
                if hormone:
                    notes.in_other_assay(result, self.on)
            if case.drugs and key in DISTURBED_BY_BIOTIN:
                self._watch_for_biotin(results)
        self.picture.measured = frozenset(case.by_analyte)

    def _watch_for_biotin(self, results: list[Measured]) -> None:
        days = (result.day(self.on) for result in results)
        if any(exposures.may_disturb_immunoassay(self.case.drugs, day) for day in days):
            self.notes.fire("PA-10", "REPEAT_OFF_BIOTIN")
            self.notes.caveat("biotin")

    def _reading(self, result: Measured | None) -> Reading:
        return UNREAD if result is None else self.readings[result.id]

    def _level(self, key: str) -> Level:
        results = self.case.by_analyte.get(key)
        return self.readings[results[-1].id].level if results else Level.UNDETERMINED
