"""Stages X and G: which exposure, feature or gene points elsewhere than to a tumor?"""

from datetime import date

from knowledge.rules import (
    exposures,
    fgf23,
    fgf23_independent,
    genetics,
    non_renal,
    renal_phosphate,
)
from knowledge.rules.exposures import Drawn
from knowledge.rules.picture import PERSISTENT
from services.assessment.tubules import TubularStages


class OriginStages(TubularStages):
    """What might cause the same picture, and what a gene panel has to say."""

    drawn: Drawn
    """When was drawn what decides? Set by the first of these stages."""

    def _drawn(self) -> Drawn:
        """Low phosphates and the FGF23 in use; where none is low, every phosphate there is."""
        picture, on = self.picture, self.on
        low = [sample.observation.day(on) for sample in self.samples if sample.low]
        days = low or [sample.observation.day(on) for sample in self.samples] or [on]
        if picture.fgf23_on is not None:
            days.append(picture.fgf23_on)
        return Drawn(tuple(days), max(low, default=None), self._pair_on(), picture.fgf23_on)

    def _pair_on(self) -> date | None:
        """On which day was the pair drawn, or measured what a letter reports of it?"""
        handling = self.handling
        if handling is None or self.picture.renal == renal_phosphate.UNKNOWN:
            return None
        if handling.serum_phosphate is not None:
            return handling.serum_phosphate.day(self.on)
        results = (one for listed in self.case.by_analyte.values() for one in listed)
        return min((r.day(self.on) for r in results if r.id in handling.inputs), default=None)

    # N: what lowers or shifts phosphate without the kidney

    def _non_renal(self) -> None:
        self.drawn = self._drawn()
        picture, findings, facts = self.picture, self.case.findings, self.picture.facts
        drugs, window = self.case.drugs, exposures.lookback(self.on)
        contexts = self.case.acute_contexts if self.case.acute else ()
        untouched = any(sample.low and not sample.disturbed for sample in self.samples)
        touched = any(sample.disturbed for sample in self.samples) or not self.samples
        shifts = non_renal.shifts(contexts) and touched
        if shifts:
            self.notes.fire("N-01", "REDISTRIBUTION")
        if contexts and not untouched:
            facts.add("N-01" if shifts else "acute")
        blocks = exposures.taken_near(drugs, exposures.BLOCKS_ABSORPTION, self.drawn.days, window)
        drinks = non_renal.drinks_for_food(findings, self.on)
        starves = blocks or non_renal.eats_little(findings)
        if starves:
            facts.add("N-02")
        if drinks:
            facts.add("alcohol_intake")
        if starves or drinks:
            self.notes.fire("N-02", "LOW_INTAKE")
            if picture.is_low:
                self.notes.caveat("low_intake")
                if blocks:
                    picture.called.add("N-02")
            if picture.is_low and picture.pair:
                picture.low_intake = True
                self.notes.fire("N-06", "LOWER_WEIGHT")
                self.notes.caveat("low_intake_tmp_gfr")
        if findings.dialysis or findings.plasma_exchange or "dialysis" in contexts:
            facts.add("N-07")
            self.notes.fire("N-07", "REMOVAL")
            self.notes.caveat("removal")

    # X: exposures and features

    def _exposures(self) -> None:
        picture, findings, on = self.picture, self.case.findings, self.on
        found = {
            "X-01": exposures.iron(self.case.infusions, self.drawn, on),
            "X-02": exposures.ACTIVE
            if exposures.drinks_enough(findings.alcohol_g_day, on)
            else None,
            "X-03": exposures.graft(findings.kidney_transplant_date, self.drawn),
        }
        active = [rule for rule, state in found.items() if state == exposures.ACTIVE]
        picture.exposures = tuple(active)
        picture.childhood_onset = exposures.childhood_onset(
            findings.symptom_onset_age, self.subject.age, on
        )
        self._features()
        if findings.dialysis or self.filtration == "no_fgf23":
            picture.kidney_failure = True
            self.notes.fire("X-11", "KIDNEY_FAILURE")
            self.notes.caveat("on_dialysis")
        if picture.is_low:
            for rule in (*active, *picture.features):
                self.notes.fire(rule, "PRESENT")
            for rule, state in found.items():
                if state == exposures.RETESTED:
                    self.notes.fire(rule, state)
                    self.notes.caveat("exposure_retested")
            if "X-04" in picture.features and picture.fgf23 in (fgf23.MEDIATED, fgf23.SUPPORTIVE):
                self.notes.fire("RF-04", "ONCOLOGY")
                self.notes.caveat("oncology")
                picture.called.add("RF-04")
            if not self.case.history_told:
                self.notes.caveat("history_not_stated")
            if not (active or picture.features or picture.kidney_failure):
                self._look_for_tumor()

    def _features(self) -> None:
        """Which features are there, less those that a gene panel has settled?"""
        picture, findings = self.picture, self.case.findings
        named = exposures.features(vars(findings))
        picture.feature_findings = frozenset(named)
        picture.panel_negative = genetics.panel_negative(self.case.genes)
        rules = set(named.values())
        if picture.childhood_onset:
            rules.add("X-05")
        if findings.known_cancer:
            rules.add("X-04")
        if picture.panel_negative:
            rules -= genetics.SETTLED_BY_PANEL
        picture.features = tuple(sorted(rules))

    def _look_for_tumor(self) -> None:
        if self.picture.childhood_onset is True:
            return
        findings = self.case.findings
        if findings.family_history_low_phosphate is True:
            return
        self.notes.fire("X-12", "TIO")
        onset = findings.symptom_onset_age or findings.prior_normal_adult_phosphate
        if not (onset and findings.family_history_low_phosphate is False):
            self.notes.caveat("history_not_stated")

    # G: genes

    def _genes(self) -> None:
        picture, findings = self.picture, self.case.findings
        gene = genetics.explained_by(self.case.genes)
        mediated = picture.fgf23 == fgf23.MEDIATED
        if gene is not None and mediated and gene.mechanism == genetics.WITHOUT_FGF23:
            self.notes.caveat("gene_does_not_fit")
            gene = None
        picture.gene = gene
        picture.facts.update(genetics.spoken_against(self.case.genes))
        if gene is not None or picture.panel_negative or not picture.is_low:
            return
        hereditary = exposures.HEREDITARY.intersection(picture.features)
        adult = picture.child is False
        acquired = bool(findings.prior_normal_adult_phosphate)
        due = False
        if mediated and hereditary:
            self.notes.fire("G-01", "PANEL_FIRST")
            due = True
        if mediated and adult and not acquired and findings.full_imaging_negative is True:
            self.notes.fire("G-02", "PANEL")
            due = True
        if picture.tubular == fgf23_independent.HHRH or picture.dent:
            self.notes.fire("G-03", "PANEL")
            due = True
        if picture.child and picture.wasting and picture.phosphate == PERSISTENT:
            self.notes.fire("G-04", "PANEL")
            due = True
        alone = not (picture.features or picture.exposures)
        no_family = findings.family_history_low_phosphate is False
        if mediated and adult and acquired and no_family and alone:
            self.notes.fire("G-05", "NOT_REQUIRED")
        if due or (hereditary and picture.fgf23 != fgf23.SUPPRESSED):
            picture.called.add("M-08")
