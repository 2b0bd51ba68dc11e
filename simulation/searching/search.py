"""One search in one patient: what is made, when, and what is told of it to localization."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from knowledge.rules import field_of_view, radiation
from simulation.searching.patients import ASSUMED, WHOLE_BODY_MRI, Sought, Spot

BEGAN = datetime(2027, 1, 4, 9, tzinfo=UTC)
WHOLE_BODY = ["entire body"]
SHORT_FIELD = ["neck", "chest", "abdomen", "pelvis"]
SITES_OF = {
    "head": ["head"],
    "trunk": SHORT_FIELD,
    "arms": ["upper limb"],
    "hands": ["hand"],
    "legs": ["lower limb"],
    "feet": ["foot"],
}
"""What to scan, for each part of the body that is said to be missing."""

Wanted = tuple[str, str | None, list[str]]
"""Targeted imaging of a site on a side with these modalities."""

PET = "ga68_dota"
TRACERS = {
    "ga68_dota": ("pet_ct", "68Ga-DOTATATE"),
    "tc99m_hynic_spectct": ("spect_ct", "99mTc-HYNIC-TOC"),
    "fdg": ("pet_ct", "18F-FDG"),
}
FOCUS = {True: "above_liver", False: "above_background"}
FEATURES = ["t2_hyperintense", "enhancement"]
NOT_PLANNED = ("f18_alf_oct", "in111_pentetreotide")


@dataclass(slots=True)
class Search:
    """What was made so far in this patient, and what it took."""

    patient: Sought
    world: dict[str, Any]
    day: int = 0
    scans: int = 0
    msv: float = 0.0
    made: list[str] = field(default_factory=list)
    studies: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    targeted: set[tuple[str, str | None]] = field(default_factory=set)

    def wait_for(self, test: str) -> int:
        """How many days from now? Who comes from another city has queued since the beginning."""
        here: int = self.patient.waits[test]
        if test != PET or not self.patient.elsewhere:
            return here
        far: int = self.world["elsewhere_days"]
        return max(here, far - self.day)

    def make(
        self,
        tests: list[str],
        places: list[Wanted],
        fields: list[tuple[str, list[str]]] | None = None,
    ) -> None:
        """These scans, targeted imaging and limited scans, side by side: the slowest counts."""
        waits = [self.wait_for(test) for test in tests]
        for test, wait in zip(tests, waits, strict=True):
            self._scan(test, self.day + wait)
        for test, missing in fields or []:
            waits.append(self.wait_for(test))
            coverage = [site for part in missing for site in SITES_OF[part]]
            self._add(test, coverage, self.patient.seen_by(test), self.day + waits[-1])
        for site, side, modalities in places:
            waits.append(self.patient.waits["targeted"])
            self._target(site, side, modalities, self.day + waits[-1])
        self.day += max(waits, default=0)

    def sample(self, places: list[tuple[str, str | None]]) -> None:
        """Venous sampling of the beds of these candidates, against the general circulation."""
        self.day += self.patient.waits["venous_sampling"]
        self.msv += ASSUMED["dose_msv"]["venous_sampling"]
        self.scans += 1
        taken = {"unit": "pg/mL", "assay": "KAINOS_ELISA", "taken_at": self.at.isoformat()}
        self.samples.append({"vein": "peripheral", "value": 100, **taken})
        for site, side in places:
            spot = self._spot(site, side)
            value = 200 if spot is not None and spot.steps_up else 100
            bed = {"vein": f"bed of {site}", "drains": site, "value": value, **taken}
            self.samples.append(bed | ({"laterality": side} if side else {}))

    def request(self, *, planned: bool = False, sampling: bool = True) -> dict[str, Any]:
        """Everything known so far, as localization is told it; to plan, also what can be had."""
        lumps = [self._lesion(spot) for spot in self.patient.seen_by("exam")]
        told: dict[str, Any] = {
            "patient": {"sex": "male", "age_years": 50},
            "biochemistry_confirmed": True,
            "examination": {
                "examined_at": BEGAN.isoformat(),
                "areas": dict.fromkeys(field_of_view.areas_to_examine({}), "normal"),
                "lesions": lumps,
            },
            "studies": self.studies,
            "venous_samples": self.samples,
        }
        if planned:
            told["availability"] = {
                "venous_sampling": {"available": sampling},
                **{name: {"available": False} for name in NOT_PLANNED},
                **{test: {"wait_days": self.wait_for(test)} for test in TRACERS},
            }
        return told

    @property
    def at(self) -> datetime:
        """The moment of the next question."""
        return BEGAN + timedelta(days=self.day)

    def is_tumor(self, site: str, side: str | None) -> bool:
        """Does the tumor lie here?"""
        return self.patient.tumor is not None and self._spot(site, side) is self.patient.tumor

    def _scan(self, test: str, day: int) -> None:
        self.made.append(test)
        spots = self.patient.seen_by(test)
        if test == WHOLE_BODY_MRI:
            self.scans += 1
            self._study("mri", WHOLE_BODY, [self._looked_at(spot) for spot in spots], day)
        else:
            self._add(test, SHORT_FIELD if test in self.patient.short else WHOLE_BODY, spots, day)

    def _add(self, test: str, coverage: list[str], spots: list[Spot], day: int) -> None:
        """A functional scan, with the dose of its tracer and the middle of that of its CT."""
        self.scans += 1
        part = radiation.ct_part()
        self.msv += float(radiation.usual_dose(test) or 0) + float(part.low + part.high) / 2
        modality, tracer = TRACERS[test]
        foci = [
            self._lesion(spot) | {"uptake": FOCUS[spot.above_liver]}
            for spot in spots
            if coverage == WHOLE_BODY or spot.in_trunk == ("chest" in coverage)
        ]
        self._study(modality, coverage, foci, day, tracer=tracer)

    def _target(self, site: str, side: str | None, modalities: list[str], day: int) -> None:
        self.targeted.add((site, side))
        self.msv += ASSUMED["dose_msv"]["targeted_ct"] if "ct" in modalities else 0.0
        spot = self._spot(site, side)
        modality = "mri" if "mri" in modalities else modalities[0]
        self._study(modality, [], [self._looked_at(spot)] if spot else [], day)

    def _study(
        self,
        modality: str,
        coverage: list[str],
        lesions: list[dict[str, Any]],
        day: int,
        **more: str,
    ) -> None:
        made = {"id": f"s{len(self.studies)}", "modality": modality, "coverage": coverage}
        performed = (BEGAN + timedelta(days=day)).isoformat()
        self.studies.append({**made, "performed_at": performed, "lesions": lesions, **more})

    def _lesion(self, spot: Spot) -> dict[str, Any]:
        return {"site": spot.site} | ({"laterality": spot.side} if spot.side else {})

    def _looked_at(self, spot: Spot) -> dict[str, Any]:
        said = {"anatomical_correlate": spot.correlate, "mimic": spot.mimic}
        return self._lesion(spot) | said | ({"features": FEATURES} if spot.typical else {})

    def _spot(self, site: str, side: str | None) -> Spot | None:
        patient = self.patient
        for spot in (patient.tumor, patient.look_alike, patient.lump):
            if spot is not None and (code_of(spot.site), spot.side) == (code_of(site), side):
                return spot
        return None


def code_of(site: str) -> str:
    """The code of a site, under whichever name."""
    known = field_of_view.site_named(site)
    return known.code if known is not None else site
