"""One thing that can be told of every kind, and a word that nobody can read of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime.now(UTC)
DAY = str((NOW - timedelta(days=2)).date())
OWED = {"rule": "FUP-10", "occurrence": "nobody knows"}
LOW = {"id": "p1", "analyte": "s_phos", "value": 0.5, "unit": "mmol/L", "taken_at": f"{DAY}T08:00Z"}

SAID: Mapping[str, dict[str, Any]] = {
    "observations": {"observations": [LOW]},
    "findings": {"findings": {"bone_pain": True}},
    "exposures": {"drug_exposures": [{"agent": "adefovir", "started_on": "2020-01-01"}]},
    "genetics": {"genetics": [{"gene": "PHEX", "result": "negative"}]},
    "examination": {"examined_at": DAY, "areas": {"thigh": "normal"}},
    "study": {"modality": "mri", "performed_at": DAY, "coverage": ["femur"], "lesions": []},
    "venous_sampling": {"samples": [{"vein": "femoral_vein_left", "value": 90, "unit": "pg/mL"}]},
    "biopsy": {"site": "femur", "performed_at": DAY, "result": "negative"},
    "order": {"id": "order 1", "status": "active", "act": "sstr_pet_ct"},
    "constraints": {"constraints": {"pregnancy": False}},
    "surgery": {"performed_at": DAY, "site": "thigh", "margin": "wide"},
    "therapy": {"agent": "burosumab", "started_on": DAY, "dose": 30, "dose_unit": "mg"},
    "state": {"state": "NOT_LOCALIZED", "noted_on": DAY},
    "symptoms": {"noted_on": DAY, "weakness": "known"},
    "measure": {"id": "walk 1", "measure": "6mwt", "value": 300, "unit": "m", "measured_on": DAY},
    "act": {"act": "renal_ultrasound", "performed_at": DAY},
    "planned": {"procedure": "surgery", "planned_for": str(NOW.date()), "noted_on": DAY},
    "opinion": {"noted_on": DAY, "resectable": True},
    "decision": {"answer": "localize", "reason": "as agreed"},
    "acknowledgement": {"obligation": OWED},
    "disposition": {"obligation": OWED, "disposition": "DONE"},
    "contact": {"channel": "phone", "outcome": "no_answer"},
    "postponement": {"obligation": OWED, "until": str(NOW.date()), "reason": "on holiday"},
    "preferences": {"language": "zh"},
    "death": {"died_on": DAY},
    "withdrawal": {"reason": "no more"},
    "pause": {"reason": "in hospital"},
    "resume": {},
    "transfer": {"site": "south"},
    "relocation": {"zone": "Asia/Shanghai"},
    "merge": {"other": "00000000-0000-4000-8000-000000000001"},
}
"""What a caller would send, by kind."""

UNREADABLE: dict[str, Any] = {"nobody reads this": ["at all"], "noted_on": 7}

TAKES_BACK = ({"undone": True}, {"answer": "reopen", "reason": "by mistake"})
