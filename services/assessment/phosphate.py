"""Stage R: does the kidney lose phosphate?"""

from knowledge.rules import (
    kidney_function,
    renal_phosphate,
    reported_handling,
)
from knowledge.rules.reference_intervals import Level
from knowledge.rules.renal_phosphate import Handling, Pair
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.quantity import Quantity
from services.assessment.contract import Rejected
from services.assessment.low_phosphate import LowPhosphateStages
from services.assessment.urine import read_urine

EXCRETES = ("between", "high")
SET_REJECTED = (
    "not used for TRP: with the other three of its set TRP is below 0 or above 1. Please check "
    "units (serum creatinine in umol/L, urine in mmol/L) and pairing, and send the set again"
)


class PhosphateStages(LowPhosphateStages):
    """From a low phosphate to what the kidney does with it."""

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
            self.egfr, self.egfr_inputs = own[0], [creatinine.id]
            self.notes.computed_egfr(own[0], own[1], creatinine.id, self.on)
        if reported is not None:
            self.notes.reported(reported, self._level("egfr"))
            self._compare(reported, self.egfr)
            if self.egfr is None:
                self.egfr, self.egfr_inputs = reported.value, [reported.id]
        self.filtration = kidney_function.filtration(self.egfr, self.on)
        if self.case.findings.dialysis:
            self.filtration = "no_fgf23"  # a clearance that is not the kidney's
        if self.filtration != "read":
            self.notes.fire("V-06", self.filtration.upper())
            self.notes.caveat("egfr_low")
        if self.filtration in ("no_tmp_gfr", "no_fgf23"):
            self.notes.caveat("egfr_no_tmp_gfr")

    def _renal_handling(self) -> None:
        self.urine = read_urine(self.case, self.notes, self.subject)
        chosen = self._chosen_handling()
        reported = self._reported_handling(chosen)
        if not self.picture.is_low:
            return
        if self.picture.acute:
            self.notes.fire("V-07", "INDETERMINATE")
            self.notes.fire("PA-07", "NOT_COMPUTED")
            self.notes.caveat("acute_context")
            return
        handling = self.handling = chosen or reported
        if self._conserved_over_24h():
            self.picture.renal = renal_phosphate.CONSERVED
            self.renal_rule = "R-01"
            self.notes.fire("R-01", renal_phosphate.CONSERVED)
            self._linear_formula(handling)
            return
        found = renal_phosphate.renal_handling(handling, self.filtration, self.subject)
        self.picture.renal, self.renal_rule = found.code, found.rule or "R-00"
        self.notes.fire(found.rule, found.code)
        for code in found.because:
            self.notes.caveat(code)
        if handling is not None and not handling.impossible:
            self.picture.pair = True
            band = renal_phosphate.excretion_band(handling.excreted, self.on)
            self.picture.excretes = band in EXCRETES
            if found.code == renal_phosphate.EQUIVOCAL:
                self.notes.caveat("equivocal_pair")
            self.notes.fire("R-08", "CONTEXT")
        self._linear_formula(handling)

    def _linear_formula(self, handling: Handling | None) -> None:
        """R-07: for a child, and for whomever else TmP/GFR was computed as for a child."""
        linear = handling is not None and handling.formula == renal_phosphate.BRODEHL
        if linear or self.picture.child:
            self.notes.fire("R-07", "CHILD")

    def _chosen_handling(self) -> Handling | None:
        """The best pair with a low phosphate: untreated first, then spot urine, then newest."""
        best: tuple[tuple[bool, bool], Handling] | None = None
        paired = False
        bands = set()
        treated = {s.observation.id: s.treated for s in self.samples if not s.disturbed}
        for pair in renal_phosphate.pairs(self.case.by_analyte, self.on):
            paired = True
            handling = renal_phosphate.handling_of(pair, self.subject)
            if handling is None:
                continue
            if handling.impossible:
                self._reject_pair(pair)
                continue
            serum = pair.serum_phosphate
            low = self.readings[serum.id].level is Level.LOW
            may_read = self.filtration in ("read", "warn")
            self.notes.computed_handling(handling, self.subject, low=low, may_read=may_read)
            if low and serum.id in treated:
                rank = (not treated[serum.id], not handling.from_24h)
                band = renal_phosphate.excretion_band(handling.excreted, self.on)
                bands.add(band)
                self.picture.conserved_pairs += band == "conserved"
                if best is None or rank >= best[0]:
                    best = (rank, handling)
        if not paired and {"u_phos", "s_phos"} <= self.case.by_analyte.keys():
            self.notes.fire("V-02", "UNPAIRED")
            self.notes.fire("PA-02", "COLLECT_TOGETHER")
            self.notes.caveat("unpaired")
        if "conserved" in bands and not bands.isdisjoint(EXCRETES):
            self.notes.caveat("pairs_discordant")
        return best[1] if best else None

    def _reject_pair(self, pair: Pair) -> None:
        """The whole set is left out: which of the four is wrong, nobody can tell."""
        self.trp_impossible = True
        self.notes.fire("V-05", "REJECTED")
        self.notes.caveat("trp_impossible")
        known = {(one.observation, one.rule) for one in self.case.rejected}
        self.case.rejected += [
            Rejected(id, "V-05", SET_REJECTED) for id in pair.inputs if (id, "V-05") not in known
        ]

    def _reported_handling(self, own: Handling | None) -> Handling | None:
        """What somebody else computed, marked so, and held against our own where we have one."""
        by_analyte = self.case.by_analyte
        trp, lost = self._newest_counting("trp"), self._newest_counting("fepo4")
        tmp = self._newest_counting("tmp_gfr")
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
        reported = Handling(
            None,
            trp.value if trp is not None else None,
            excreted,
            tmp.value if tmp is not None else None,
            "reported",
            tuple(one.id for one in (trp, lost, tmp) if one is not None),
            reported=True,
        )
        return reported if own is not None else self._completed(reported)

    def _completed(self, reported: Handling) -> Handling:
        """Only one of TRP and TmP/GFR, with a low phosphate of its sample: the other as well."""
        results = {
            one.analyte.key: one
            for key in ("trp", "fepo4", "tmp_gfr")
            if (one := self._newest_counting(key)) is not None
        }
        first = next(iter(results.values()))
        serum = self._phosphate_of(first)
        if serum is None or not self.picture.is_low or self.picture.acute:
            return reported
        found = reported_handling.completed(reported, serum, self.subject)
        if found is None:
            return reported
        self.notes.completed_handling(found, set(results), self.subject)
        return found

    def _phosphate_of(self, reported: Measured) -> Measured | None:
        """The low phosphate of this collection; without times, the only one there is."""
        hours = renal_phosphate.TABLE.whole("pair_within", self.on)
        samples = [sample.observation for sample in self.samples]
        usable = {s.observation.id for s in self.samples if s.low and not s.disturbed}
        fitting = [one for one in samples if renal_phosphate.together(reported, one, hours)]
        if not fitting:
            timeless = [one for one in samples if one.taken_at is None]
            if len(timeless) == 1 and (reported.taken_at is None or len(samples) == 1):
                fitting = timeless
            elif len(samples) == 1 and reported.taken_at is None:
                fitting = samples
        return fitting[-1] if fitting and fitting[-1].id in usable else None

    def _compare(self, reported: Measured | None, own: Quantity | None) -> None:
        if reported is None or own is None:
            return
        tolerance = renal_phosphate.TABLE.number("reported_tolerance", self.on) * abs(own.value)
        if abs(reported.value.value - own.value) > tolerance:
            self.notes.caveat("reported_differs")

    def _conserved_over_24h(self) -> bool:
        sent = self._newest_counting("u_phos_24h")
        lost = self.urine.phosphate_day if sent is None else sent.value
        if lost is None:
            return False
        little = renal_phosphate.little_over_24h(lost, self.on)
        if little and self.urine.complete is not True:
            self.picture.facts.add("little_urine_phosphate")
        return little and self.urine.complete is True
