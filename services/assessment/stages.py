"""The stages of an assessment, S to G: each asks its rule and notes what it found."""

from collections.abc import Mapping
from datetime import timedelta

from knowledge.rules import (
    exposures,
    fgf23,
    fgf23_independent,
    genetics,
    hypophosphatemia,
    non_renal,
    renal_phosphate,
)
from knowledge.rules.classification import histology_fits
from knowledge.rules.picture import PERSISTENT, Picture
from knowledge.rules.reference_intervals import Level
from services.assessment.minerals import MineralStages

PAIRED = frozenset({"u_phos", "u_creat", "s_creat"})


class Stages(MineralStages):
    """All stages, in the order of the specification's flow."""

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
        named = exposures.features(vars(findings))
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
