"""Stage D: does a tubular disorder without FGF23 explain it?"""

from knowledge.rules import fgf23, fgf23_independent
from knowledge.rules.picture import PERSISTENT
from knowledge.rules.reference_intervals import Level
from knowledge.rules.urine_ratios import URATE_LOST
from knowledge.terms.truth import Truth, any_of
from services.assessment.hormone import HormoneStages

DEFINITE = "WASTING_DEFINITE"
PROTEINURIA = "low_molecular_weight_proteinuria"


class TubularStages(HormoneStages):
    """What else the proximal tubule loses, and what that says."""

    def _tubular(self) -> None:
        picture, on = self.picture, self.on
        markers = self._markers()
        high_calcium = self._calcium_is_lost()
        present = fgf23_independent.present(markers)
        picture.markers = present
        picture.markers_known = sum(there is not None for there in markers.values())
        picture.calcium_urine_known = high_calcium is not None
        picture.no_fanconi = not present and markers["glucosuria"] is False
        if high_calcium:
            picture.facts.add("hypercalciuria")
        if not picture.is_low:
            return
        found = fgf23_independent.fanconi(
            markers, picture.fgf23, on, below_interval=picture.fgf23_level is Level.LOW
        )
        picture.tubular = found.code
        stones = self.case.findings.kidney_stones
        sex, child = self.subject.sex, picture.child
        if fgf23_independent.hhrh(picture.fgf23, picture.vitamin_d_125, high_calcium, picture.pth):
            picture.tubular = fgf23_independent.HHRH
            self.notes.fire("D-01", fgf23_independent.HHRH)
            self.notes.caveat("no_calcitriol")
        elif fgf23_independent.dent(sex, child, markers, high_calcium, stones, picture.fgf23):
            picture.dent = True
            self.notes.fire("D-03", fgf23_independent.DENT)
        if picture.tubular != fgf23_independent.HHRH and found.rule != "D-00":
            self.notes.fire(found.rule, found.code)
        if found.code == fgf23_independent.PRESUMED:
            self.notes.caveat("fanconi_presumed")
        if found.code == fgf23_independent.MIXED:
            self.notes.caveat("fanconi_mixed")

    def _markers(self) -> dict[str, Truth]:
        findings = self.case.findings
        urine_glucose, glucose = self.case.newest("u_glu"), self.case.newest("s_glu")
        lost = fgf23_independent.glucosuria(
            urine_glucose.value if urine_glucose else None,
            glucose.value if glucose else None,
            self.on,
        )
        return {
            "glucosuria": findings.glucosuria if lost is None else lost,
            "aminoaciduria": any_of(findings.aminoaciduria, self._is_high("u_aa")),
            PROTEINURIA: any_of(findings.low_molecular_weight_proteinuria, self._is_high("u_lmwp")),
            "low_bicarbonate": self._is_low("s_hco3"),
            "low_urate": any_of(self._is_low("s_urate"), self._urate_is_lost()),
            "low_potassium": self._is_low("s_k"),
        }

    def _urate_is_lost(self) -> Truth:
        for one in self.notes.derived:
            if one.quantity == URATE_LOST and one.interpretation != "undetermined":
                return one.interpretation == "high"
        return None

    def _calcium_is_lost(self) -> Truth:
        ratio = self.urine.calcium_ratio
        if ratio is not None:
            return fgf23_independent.high_urine_calcium(ratio, self.subject)
        daily = self._level("u_ca_24h")
        return None if daily is Level.UNDETERMINED else daily is Level.HIGH

    def _is_low(self, key: str) -> Truth:
        level = self._level(key)
        return None if level is Level.UNDETERMINED else level is Level.LOW

    def _is_high(self, key: str) -> Truth:
        level = self._level(key)
        return None if level is Level.UNDETERMINED else level is Level.HIGH

    def _without_fgf23(self) -> None:
        """F-08: where FGF23 cannot be had, the rest may speak for a tumor."""
        picture = self.picture
        if (
            picture.fgf23 == fgf23.MISSING
            and picture.phosphate == PERSISTENT
            and picture.renal == DEFINITE
            and picture.calcium_rule == "P-03"
            and picture.vitamin_d_125 in (Level.LOW, Level.NORMAL)
            and picture.no_fanconi
        ):
            picture.called.add("M-10")
            self.notes.fire("F-08", "TIO_POSSIBLE")
