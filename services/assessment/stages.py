"""The stages of an assessment, S to G: each asks its rule and notes what it found."""

from collections.abc import Mapping
from datetime import date, timedelta

from knowledge.rules import (
    calcium_and_pth,
    exposures,
    fgf23,
    fgf23_independent,
    genetics,
    hypophosphatemia,
    kidney_function,
    non_renal,
    renal_phosphate,
)
from knowledge.rules.classification import histology_fits
from knowledge.rules.hypophosphatemia import Sample
from knowledge.rules.picture import LOW, NOT_LOW, PERSISTENT, Picture
from knowledge.rules.reference_intervals import UNREAD, Level, Reading, is_child, read
from knowledge.rules.renal_phosphate import Handling
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.person import Sex
from knowledge.terms.quantity import Quantity
from knowledge.terms.truth import Truth, any_of
from services.assessment.contract import Rejected
from services.assessment.intake import Case
from services.assessment.notes import Notes

PAIRED = frozenset({"u_phos", "u_creat", "s_creat"})
CALCULATED = ("trp", "fepo4", "tmp_gfr", "egfr", "s_ca_adj")
SYMPTOMS = ("bone_pain", "proximal_weakness", "muscle_pain", "impaired_mobility")
ACUTE_SIGNS = (
    "respiratory_weakness",
    "bulbar_weakness",
    "arrhythmia",
    "rhabdomyolysis",
    "seizure",
    "encephalopathy",
)


class Stages:
    """One pass over one case. Reads top to bottom in the order of the specification's flow."""

    def __init__(self, case: Case) -> None:
        self.case, self.subject, self.on = case, case.subject, case.subject.on
        self.picture = Picture(on=self.on, acute=case.acute, history_asked=case.history_asked)
        self.notes = Notes()
        self.readings: dict[str, Reading] = {}
        self.samples: list[Sample] = []
        self.egfr: Quantity | None = None
        self.filtration = "read"
        self.urgent = False
        self.trp_impossible = False

    def run(self) -> Picture:
        """What does all of it together look like?"""
        self._interpret()
        self._phosphate()
        self._kidney_function()
        self._renal_handling()
        self._calcium_and_pth()
        self._fgf23()
        self._tubular()
        self._vitamin_d()
        self._exposures()
        self._genes()
        self._tumor()
        self._decisive()
        self._facts()
        return self.picture

    def _interpret(self) -> None:
        for key, results in self.case.by_analyte.items():
            calculated = key in CALCULATED
            for result in results:
                reading = self._fgf23_reading(result) if key in fgf23.KEYS else None
                reading = reading or read(result, self.subject)
                self.readings[result.id] = reading
                self.notes.interpreted(result, reading, reported=calculated)
        self.picture.measured = frozenset(self.case.by_analyte)

    def _fgf23_reading(self, result: Measured) -> Reading | None:
        return fgf23.healthy_reading(result, self.subject)

    def _reading(self, result: Measured | None) -> Reading:
        return UNREAD if result is None else self.readings[result.id]

    def _level(self, key: str) -> Level:
        return self._reading(self.case.newest(key)).level

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
        if picture.severe:
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
        found = fgf23.intact(result, self.on)
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

    # X, G: exposures, features, genes

    def _exposures(self) -> None:
        picture, findings, on = self.picture, self.case.findings, self.on
        active = []
        retested = [
            sample.observation.day(on) for sample in self.samples if sample.low and picture.wasting
        ]
        if exposures.iron_is_active(self.case.infusions, on, retested):
            active.append("X-01")
        if exposures.drinks_enough(findings.alcohol_g_day, on):
            active.append("X-02")
        if exposures.new_graft(findings.kidney_transplant_date, on):
            active.append("X-03")
        picture.exposures = tuple(active)
        named = exposures.features(
            {name: getattr(findings, name) for name in exposures.TABLE.entries["features"]}
        )
        picture.feature_findings = frozenset(named)
        picture.panel_negative = genetics.panel_negative(self.case.genes)
        rules = {rule for rule in named.values() if rule != "X-05" or not picture.panel_negative}
        picture.childhood_onset = exposures.childhood_onset(
            findings.symptom_onset_age, self.subject.age, on
        )
        if picture.childhood_onset and not picture.panel_negative and not picture.child:
            rules.add("X-05")
        if findings.known_cancer:
            rules.add("X-04")
        picture.features = tuple(sorted(rules))
        if picture.is_low:
            for rule in (*active, *picture.features):
                self.notes.fire(rule, "PRESENT")
            if "X-04" in rules and picture.fgf23 in (fgf23.MEDIATED, fgf23.SUPPORTIVE):
                self.notes.fire("RF-04", "ONCOLOGY")
                self.notes.caveat("oncology")
            self._look_for_tumor(bool(active or rules))
        if findings.dialysis or self.filtration == "no_fgf23":
            self.notes.fire("X-11", "KIDNEY_FAILURE")
            self.notes.caveat("on_dialysis")

    def _look_for_tumor(self, elsewhere: bool) -> None:
        if elsewhere or self.picture.childhood_onset is True:
            return
        self.notes.fire("X-12", "TIO")
        findings = self.case.findings
        onset = findings.symptom_onset_age or findings.prior_normal_adult_phosphate
        if not (
            self.case.history_asked and onset and findings.family_history_low_phosphate is False
        ):
            self.notes.caveat("history_not_stated")

    def _genes(self) -> None:
        self.picture.gene = genetics.explained_by(self.case.genes)

    # C needs besides: the tumor that was removed, and results that could not be used

    def _tumor(self) -> None:
        findings, picture = self.case.findings, self.picture
        if not (findings.tumor_removed or findings.tumor_removed_on):
            return
        picture.tumor_removed = True
        picture.histology_fits = histology_fits(findings.tumor_histology)
        since = findings.tumor_removed_on
        after = [s for s in self.samples if since is None or s.observation.day(self.on) > since]
        if since is None:
            after = hypophosphatemia.current(self.samples)
        if not after:
            return
        normal = all(s.reading.level is Level.NORMAL and not s.treated for s in after)
        newest = self.case.newest("s_fgf23_i")
        old = newest is not None and since is not None and newest.day(self.on) <= since
        fgf = None if newest is None or old else fgf23.back_in_interval(newest, self.subject)
        if normal and fgf:
            picture.recovery = "complete"
        elif not normal or fgf is False:
            picture.recovery = "incomplete"

    def _decisive(self) -> None:
        picture, refused = self.picture, self.case.rejected_analytes
        lost_phosphate = "s_phos" in refused and not self.samples
        if lost_phosphate:
            self.notes.fire("V-01", "REJECTED")
        no_pair = picture.is_low and picture.renal == renal_phosphate.UNKNOWN
        lost_pair = no_pair and (self.trp_impossible or bool(refused & PAIRED))
        if self.case.acute:
            self.notes.fire("V-07", "INDETERMINATE")
            self.notes.caveat("acute_context")
        picture.decisive_rejected = self.case.acute or lost_phosphate or lost_pair

    # The facts that the differential weighs

    def _facts(self) -> None:
        picture, findings = self.picture, self.case.findings
        facts = picture.facts
        for fact, holds in self._plain_facts().items():
            if holds:
                facts.add(fact)
        facts.update(picture.exposures, picture.features, picture.feature_findings)
        drugs, window = self.case.drugs, self._lookback()
        if exposures.taken(drugs, exposures.FANCONI_DRUG, self.on, window):
            facts.add("fanconi_drug")
            if "fanconi_marker" in facts:
                facts.add("fanconi_drug_and_marker")
            if "fanconi_markers" in facts:
                facts.add("fanconi_drug_and_markers")
        if findings.gastric_bypass_or_malabsorption or exposures.taken(
            drugs, exposures.BLOCKS_ABSORPTION, self.on, window
        ):
            facts.add("N-02")
            self.notes.fire("N-02", "LOW_INTAKE")
        if exposures.taken(drugs, "phosphaturic", self.on, window):
            facts.add("phosphaturic_drug")
        if findings.monoclonal_protein:
            facts.add("V-12")
        if "V-12" in facts:
            self.notes.fire("V-12", "ARTEFACT_POSSIBLE")
            self.notes.caveat("artefact_possible")
        if picture.gene is not None:
            facts.update(("gene", f"gene_{picture.gene.diagnosis}"))

    def _lookback(self) -> timedelta:
        return timedelta(days=exposures.TABLE.whole("drug_lookback", self.on))

    def _plain_facts(self) -> Mapping[str, bool]:
        p, findings = self.picture, self.case.findings
        acquired = bool(findings.prior_normal_adult_phosphate)
        return {
            "low_phosphate": p.is_low,
            "mediated": p.fgf23 == fgf23.MEDIATED,
            "fgf23_not_suppressed": p.fgf23 in (fgf23.GREY, fgf23.SUPPORTIVE)
            and not p.c_terminal_raised,
            "c_terminal_raised": p.c_terminal_raised,
            "fgf23_suppressed": p.fgf23 == fgf23.SUPPRESSED,
            "fgf23_suppressed_twice": p.fgf23_repeated,
            "wasting": p.wasting,
            "excretes_phosphate": p.excretes and not p.wasting,
            "conserved": p.renal == renal_phosphate.CONSERVED,
            "severe_persistent": p.severe and p.phosphate == PERSISTENT,
            "low_125d": p.is_low and p.vitamin_d_125 in (Level.LOW, Level.NORMAL),
            "high_125d": p.vitamin_d_125 is Level.HIGH,
            "hhrh": p.tubular == fgf23_independent.HHRH,
            "alp_high": p.alp is Level.HIGH,
            "bone_or_muscle": p.symptoms,
            "pseudofracture": self._pseudofracture(),
            "palpable_mass": findings.palpable_mass is True,
            "prior_normal": acquired,
            "adult_onset": p.childhood_onset is False,
            "no_family_history": findings.family_history_low_phosphate is False,
            "childhood_onset": p.childhood_onset is True,
            "iron_often": "X-01" in p.exposures and exposures.iron_often_does(self.case.infusions),
            "light_chains": self._level("flc_ratio") in (Level.LOW, Level.HIGH),
            "N-03": p.vitamin_d == non_renal.DEFICIENT,
            "N-04": p.vitamin_d == non_renal.OVERRIDDEN,
            "vitamin_d_deficient": p.vitamin_d_status == "deficient",
            "vitamin_d_adequate": p.vitamin_d_status == "adequate",
            "P-01": p.calcium_pattern == "PTH_DEPENDENT",
            "calcium_high": p.calcium is Level.HIGH,
            "calcium_normal": p.calcium is Level.NORMAL,
            "pth_high": p.pth is Level.HIGH,
            "N-01": p.acute,
            "N-07": findings.dialysis is True,
            "panel_negative": p.panel_negative,
        }

    def _pseudofracture(self) -> bool:
        fractures = self.case.findings.fractures
        return isinstance(fractures, list) and any(f.pseudofracture is True for f in fractures)


def longest_therapy(case: Case, on: date) -> bool:
    """Has phosphate or active vitamin D been taken for long (C-07)? An unknown start is long."""
    limit = calcium_and_pth.TABLE.whole("long_therapy", on)
    for drug in case.drugs:
        if exposures.TREATS_PHOSPHATE not in drug.acts:
            continue
        if drug.started is None or ((drug.stopped or on) - drug.started).days >= limit:
            return True
    return False
