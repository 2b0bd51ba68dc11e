"""Which facts does the differential weigh?"""

from collections.abc import Mapping

from knowledge.rules import (
    differential,
    exposures,
    fgf23,
    fgf23_independent,
    non_renal,
    renal_phosphate,
    suspicion,
)
from knowledge.rules.picture import PERSISTENT
from knowledge.rules.reference_intervals import Level
from knowledge.terms.person import Sex
from services.assessment.origins import OriginStages
from services.assessment.tubules import PROTEINURIA

STRONG_MARKERS = frozenset({"glucosuria", "low_bicarbonate", "low_urate"})


class Weighing(OriginStages):
    """Plain words for what was found; each is looked up in the table of evidence."""

    def _facts(self) -> None:
        picture, facts = self.picture, self.picture.facts
        self._drugs_taken()
        facts.update([name for name, holds in self._found().items() if holds])
        facts.update([name for name, holds in self._told().items() if holds])
        facts.update(picture.exposures, picture.features, picture.feature_findings)
        if "V-12" in facts:
            self.notes.fire("V-12", "ARTEFACT_POSSIBLE")
            self.notes.caveat("artefact_possible")
        if "fanconi" in facts and "fanconi_drug" not in facts:
            picture.called.add("D-02")
        if picture.gene is not None:
            facts.update(("gene", f"gene_{picture.gene.diagnosis}"))

    def _drugs_taken(self) -> None:
        facts, drugs, on, days = self.picture.facts, self.case.drugs, self.on, self.drawn.days
        if not drugs:
            return
        window = exposures.lookback(on)
        if exposures.taken_near(drugs, exposures.FANCONI_DRUG, days, window):
            facts.add("fanconi_drug")
            if self.picture.markers:
                facts.add("fanconi_drug_and_marker")
        if exposures.taken_near(drugs, exposures.PHOSPHATURIC, days, window):
            facts.add("phosphaturic_drug")
        if exposures.lowers_phosphate(drugs, days, on):
            facts.add("lowering_drug")
            self.notes.caveat("lowers_phosphate_drug")

    def _found(self) -> Mapping[str, bool]:
        """What laboratories found."""
        p = self.picture
        markers = p.markers
        weak_wasting = p.renal == "WASTING_PROBABLE" and p.low_intake
        above = p.fgf23 == fgf23.SUPPORTIVE and p.fgf23_level is Level.HIGH
        male = self.subject.sex is Sex.MALE
        small_proteins = PROTEINURIA in markers
        stones = self.case.findings.kidney_stones is True
        return {
            "low_phosphate": p.is_low,
            "confirmed": p.confirmed_on is not None,
            "mediated": p.fgf23 == fgf23.MEDIATED,
            "fgf23_above_interval": above,
            "fgf23_not_suppressed": p.fgf23 in (fgf23.GREY, fgf23.SUPPORTIVE)
            and not p.c_terminal_raised
            and not above,
            "c_terminal_raised": p.c_terminal_raised,
            "fgf23_suppressed": p.fgf23 == fgf23.SUPPRESSED,
            "fgf23_suppressed_twice": p.fgf23_repeated,
            "fgf23_rules_out": p.fgf23_repeated
            or (p.fgf23 == fgf23.SUPPRESSED and p.strong_phenotype is False),
            "wasting": p.wasting and not weak_wasting,
            "excretes_phosphate": weak_wasting or (p.excretes and not p.wasting),
            "conserved": p.renal == renal_phosphate.CONSERVED,
            "severe_persistent": p.severe and p.phosphate == PERSISTENT,
            "threshold_very_low": p.is_low and self._threshold_is_very_low(),
            "low_125d": p.is_low and p.vitamin_d_125 in (Level.LOW, Level.NORMAL),
            "high_125d": p.vitamin_d_125 is Level.HIGH,
            "hhrh": p.tubular == fgf23_independent.HHRH,
            "D-03": p.dent,
            "small_proteins": small_proteins,
            "dent_like": male and small_proteins and ("hypercalciuria" in p.facts or stones),
            "boy_loses_calcium": male and p.child is True and "hypercalciuria" in p.facts,
            "tubular_marker": bool(markers),
            "tubular_loss": not STRONG_MARKERS.isdisjoint(markers),
            "tubular_markers": len(markers) > 1,
            "fanconi": p.tubular in (fgf23_independent.FANCONI, fgf23_independent.PRESUMED),
            "light_chains": self._level("flc_ratio") in (Level.LOW, Level.HIGH),
            "iron_often": "X-01" in p.exposures and exposures.iron_often_does(self.case.infusions),
            "iron_deficient": self._level("s_ferritin") is Level.LOW,
            "alp_high": p.alp is Level.HIGH,
            "N-03": p.vitamin_d == non_renal.DEFICIENT,
            "N-04": p.vitamin_d == non_renal.OVERRIDDEN,
            "vitamin_d_deficient": p.vitamin_d_status == "deficient",
            "vitamin_d_adequate": p.vitamin_d_status == "adequate",
            "low_despite_vitamin_d": p.is_low and p.low_despite_vitamin_d,
            "P-01": p.calcium_rule == "P-01" and not p.long_therapy,
            "P-01_on_phosphate": p.calcium_rule == "P-01" and p.long_therapy,
            "P-02": p.calcium_rule == "P-02",
            "P-03": p.calcium_rule == "P-03",
            "calcium_high": p.calcium is Level.HIGH,
            "calcium_low": p.calcium is Level.LOW,
            "calcium_normal": p.calcium is Level.NORMAL,
            "pth_high": p.pth is Level.HIGH,
        }

    def _told(self) -> Mapping[str, bool]:
        """What was asked and seen."""
        p, findings = self.picture, self.case.findings
        return {
            "bone_or_muscle": p.symptoms,
            "proximal_weakness": findings.proximal_weakness is True,
            "pseudofracture": suspicion.pseudofracture(findings.fractures),
            "palpable_mass": findings.palpable_mass is True or findings.mass_growing is True,
            "prior_normal": bool(findings.prior_normal_adult_phosphate),
            "adult_onset": p.childhood_onset is False,
            "no_family_history": findings.family_history_low_phosphate is False
            and "fanconi_drug" not in p.facts
            and not p.exposures,
            "inherited_late": "X-05" in p.features and bool(findings.prior_normal_adult_phosphate),
            "childhood_onset": p.childhood_onset is True,
            "more_of_X-05": len(differential.SIGNS_OF_XLH & p.feature_findings) > 1,
            "X-11": p.kidney_failure,
            "kidney_stones": findings.kidney_stones is True,
            "monoclonal_protein": findings.monoclonal_protein is True,
            "V-12": findings.monoclonal_protein is True,
        }

    def _threshold_is_very_low(self) -> bool:
        limit = differential.TABLE.value("threshold_very_low", self.on)
        for one in self.notes.derived:
            if one.quantity == "tmp_gfr" and one.unit == limit.unit and one.value < limit.value:
                return True
        return False
