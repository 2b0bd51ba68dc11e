"""Stage F: does FGF23 cause it?"""

from knowledge.rules import exposures, fgf23
from knowledge.rules.reference_intervals import Level
from knowledge.terms.observation import Observation as Measured
from services.assessment.minerals import MineralStages


class HormoneStages(MineralStages):
    """What FGF23 says while phosphate is low."""

    def _fgf23(self) -> None:
        picture, by_analyte = self.picture, self.case.by_analyte
        if not picture.is_low:
            return
        intact = [one for one in by_analyte.get("s_fgf23_i", ()) if not self._before_cure(one)]
        states = [self._intact_state(one) for one in intact]
        picture.fgf23, picture.fgf23_repeated = fgf23.over_time(states)
        if len(set(states) - {fgf23.UNINTERPRETABLE}) > 1:
            self.notes.caveat("fgf23_discordant")
        readable = [
            (one, state)
            for one, state in zip(intact, states, strict=True)
            if state != fgf23.UNINTERPRETABLE
        ]
        if readable:
            picture.fgf23_level = self.readings[readable[-1][0].id].level
            days = [one.day(self.on) for one, state in readable if state != fgf23.MISSING]
            picture.fgf23_on = days[-1] if days else None
        for result in by_analyte.get("s_fgf23_c", ()):
            if not self._before_cure(result):
                self._c_terminal(result)
        if picture.fgf23 == fgf23.MISSING:
            self.notes.fire("F-00", fgf23.MISSING)

    def _before_cure(self, result: Measured) -> bool:
        since = self.picture.confirmed_on
        return since is not None and result.day(self.on) <= since

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
        if self.case.acute_on(day):
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
        shown = found.code in (fgf23.MEDIATED, fgf23.GREY)
        if shown and self.readings[result.id].level is Level.NORMAL:
            self.notes.fire("F-05", "INAPPROPRIATELY_NORMAL")
        return found.code

    def _c_terminal(self, result: Measured) -> None:
        day = result.day(self.on)
        if self.case.acute_on(day) or exposures.under_burosumab(self.case.drugs, day):
            return
        found = fgf23.c_terminal(result, self.subject)
        self.notes.fire(found.rule, found.code)
        if found.code == fgf23.SUPPORTIVE:
            self.picture.c_terminal_raised = True
            self.notes.caveat("fgf23_supportive")
            if self.picture.fgf23 in (fgf23.MISSING, fgf23.UNINTERPRETABLE):
                self.picture.fgf23, self.picture.fgf23_on = fgf23.SUPPORTIVE, day
