"""Two searches as they are asked about: one that has to plan, one that has found the tumor."""

from typing import Any

from knowledge.rules import field_of_view

KNOWN: dict[str, Any] = {
    "patient": {"id": "bench", "sex": "female", "age_years": 47, "weight_kg": 61},
    "as_of": "2026-03-01T09:00:00+08:00",
    "biochemistry_confirmed": True,
    "biochemistry": {"s_phos": True, "tmp_gfr": True, "s_fgf23_i": True},
    "constraints": {"pregnancy": False, "pregnancy_test_on": "2026-02-27", "egfr": 92},
    "availability": {
        "68Ga-DOTATATE": {"wait_days": 21, "distance_km": 400},
        "99mTc-HYNIC-TOC": {"wait_days": 7},
        "18F-FDG": {"wait_days": 10},
    },
    "examination": {
        "examined_at": "2026-01-05",
        "areas": dict.fromkeys(field_of_view.areas_to_examine({}), "normal"),
    },
}


def _study(
    id: str, modality: str, on: str, *lesions: dict[str, Any], **more: Any
) -> dict[str, Any]:
    made = {"id": id, "modality": modality, "performed_at": f"{on}T10:00:00+08:00"}
    return made | {"lesions": list(lesions), "reader": "Li"} | more


FEMUR = {"site": "femoral head", "laterality": "left"}
RIB = {"site": "rib", "laterality": "left"}
SPECT = _study(
    "spect", "NM", "2026-01-20", tracer="99mTc-HYNIC-TOC", coverage=["38266002"], activity_mbq=600
)
PET = _study(
    "pet",
    "PT",
    "2026-02-10",
    FEMUR | {"suv": 9, "liver_suv": 5, "uptake": "above_liver"},
    RIB | {"uptake": "above_liver"},
    tracer="68Ga-DOTATATE",
    coverage=["38266002"],
    activity_mbq=130,
)
CT = _study("ct", "CT", "2026-02-14", RIB | {"anatomical_correlate": False, "mimic": "callus"})
MRI = _study(
    "mri",
    "MR",
    "2026-02-16",
    FEMUR
    | {"anatomical_correlate": True, "mimic": "none", "features": ["enhancing", "T2 bright"]}
    | {"size_mm": 18, "resectability": "simple"},
)

PLANNING = KNOWN | {"studies": [SPECT]}
LOCALIZED = KNOWN | {"studies": [SPECT, PET, CT, MRI]}
SEARCHES = (PLANNING, LOCALIZED)
"""They take turns."""
