"""Reads calendar.toml: days from the trigger become dates, results become samples."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from services.followup.contract import FollowUp, PlanRequest
from services.followup.follow_up import follow_up

TABLE = tomllib.loads(Path(__file__).with_name("calendar.toml").read_text("utf-8"))
ROWS: list[dict[str, Any]] = TABLE["row"]
DAY_0 = date(2024, 1, 1)
UNITS = {
    "s_phos": ("mmol/L", 0.80, 1.45),
    "s_ca_adj": ("mmol/L", 2.15, 2.60),
    "s_alp": ("U/L", 35, 120),
    "s_fgf23_i": ("pg/mL", None, 54),
    "s_pth": ("pg/mL", 15, 65),
    "s_25ohd": ("nmol/L", 50, 125),
    "s_125d": ("pmol/L", 50, 190),
    "u_ca_24h": ("mmol/d", 2.5, 6.2),
    "tmp_gfr": ("mmol/L", 0.80, 1.35),
}


def on(days: int) -> date:
    """So many days after the trigger."""
    return DAY_0 + timedelta(days=days)


def event(said: dict[str, Any]) -> dict[str, Any]:
    """One event of the table as a caller would tell it."""
    told = dict(said)
    for name, field in (
        ("operated", "performed_at"),
        ("started", "started_on"),
        ("given", "given_on"),
        ("stopped", "stopped_on"),
        ("noted", "noted_on"),
    ):
        if name in told:
            return told | {field: on(told.pop(name)).isoformat()} | _without(name)
    if "booked" in told:
        booked, planned = on(told["booked"]).isoformat(), on(told["for"]).isoformat()
        return {"kind": "planned", "procedure": "surgery", "noted_on": booked} | {
            "planned_for": planned
        }
    day = on(told.pop("day")).isoformat()
    if "act" in told or "modality" in told:
        return told | {"performed_at": day}
    if "examined" in told:
        return {"kind": "examination", "examined_at": day}
    drawn = [_sample(day, analyte, value) for analyte, value in told.items()]
    return {"observations": drawn, "drug_exposures": []}  # nothing is taken but what the row says


def _without(name: str) -> dict[str, Any]:
    return {"kind": {"operated": "surgery", "noted": "state"}.get(name, "therapy")}


def _sample(day: str, analyte: str, value: float) -> dict[str, Any]:
    unit, low, high = UNITS[analyte]
    return {
        "id": f"{day} {analyte}",
        "analyte": analyte,
        "value": value,
        "unit": unit,
        "taken_at": f"{day}T08:00:00Z",
        "fasting": True,
        "reference_range": {"low": low, "high": high},
    }


def _day_of(said: dict[str, Any]) -> int:
    days = [
        said[name] for name in ("operated", "started", "given", "stopped", "noted") if name in said
    ]
    return int(next(iter([*days, said.get("booked", said.get("day", 0))])))


def history(row: dict[str, Any], days: int) -> list[dict[str, Any]]:
    """What had happened by this day."""
    said = [*TABLE["setup"][row["setup"]], *row.get("events", [])]
    return [event(one) for one in said if _day_of(one) <= days]


def a_request(row: dict[str, Any], days: int, **more: Any) -> PlanRequest:
    """The question as of this day."""
    patient = {"sex": "female", "age_years": 44, "weight_kg": 60}
    label = {"label_profile": row["label"]} if "label" in row else {}
    body = {"patient": patient, "history": history(row, days), **label, **more}
    return PlanRequest.model_validate(body)


def noon(days: int) -> datetime:
    """Noon of this day."""
    return datetime.combine(on(days), datetime.min.time(), UTC).replace(hour=12)


def answer(row: dict[str, Any], days: int) -> FollowUp:
    """The answer as of this day."""
    return follow_up(a_request(row, days), noon(days))
