"""Patients as follow-up is asked about them: after an operation, on burosumab, and for 30 years."""

from datetime import date, timedelta
from typing import Any

LABORATORY: dict[str, tuple[str, float, float]] = {
    "s_phos": ("mmol/L", 0.80, 1.45),
    "s_ca_adj": ("mmol/L", 2.15, 2.60),
    "s_alp": ("U/L", 35, 120),
    "s_creat": ("umol/L", 45, 84),
    "s_pth": ("pg/mL", 15, 65),
    "s_fgf23_i": ("pg/mL", 10, 54),
    "u_ca_24h": ("mmol/(24.h)", 2.5, 6.2),
}
CORE = {"s_phos": 1.05, "s_ca_adj": 2.33, "s_alp": 92, "s_creat": 61, "s_pth": 44}
PATIENT = {"id": "bench", "sex": "female", "birth_date": "1979-04-02", "weight_kg": 61}
Event = dict[str, Any]


def results(day: date, values: dict[str, float]) -> Event:
    """The samples of one morning."""
    return {
        "observations": [
            {
                "id": f"{day} {analyte} {len(values)}",
                "analyte": analyte,
                "value": value,
                "unit": LABORATORY[analyte][0],
                "taken_at": f"{day}T08:00:00+08:00",
                "fasting": True,
                "status": "final",
                "reference_range": dict(zip(("low", "high"), LABORATORY[analyte][1:], strict=True)),
            }
            for analyte, value in values.items()
        ]
    }


def act(day: date, name: str) -> Event:
    """Something that was due and was done."""
    return {"kind": "act", "act": name, "performed_at": day.isoformat()}


def _days(first: date, every: int, count: int) -> list[date]:
    return [first + timedelta(days=every * number) for number in range(count)]


def two_years_after_surgery() -> Event:
    """Operated on in February 2024, cured, followed as the calendar asks: 40 events."""
    operated = date(2024, 2, 20)
    tumor = {"site": "femur", "laterality": "left", "tissue": "bone"}
    history: list[Event] = [
        {"kind": "surgery", "performed_at": operated.isoformat(), "margin": "wide"} | tumor,
        {"kind": "therapy", "agent": "oral_phosphate", "started_on": "2023-11-06", "dose": 1500},
        {"kind": "therapy", "agent": "oral_phosphate", "stopped_on": "2024-02-20"},
        {"kind": "therapy", "agent": "calcitriol", "started_on": "2023-11-06", "dose": 0.75},
        {"kind": "therapy", "agent": "calcitriol", "stopped_on": "2024-02-20"},
    ]
    for after, phosphate in zip((1, 3, 5, 7, 10, 14), (0.6, 0.8, 0.9, 1.0, 1.0, 1.1), strict=True):
        day = operated + timedelta(days=after)
        history.append(results(day, {"s_phos": phosphate, "s_ca_adj": 2.2}))
    history.append(results(operated + timedelta(days=1), {"s_fgf23_i": 22}))
    history += [results(day, CORE) for day in _days(date(2024, 5, 6), 90, 8)]
    between = {"s_phos": 1.08, "s_alp": 88}
    history += [results(day, between) for day in _days(date(2024, 6, 3), 60, 8)]
    history += [results(day, {"s_fgf23_i": 24}) for day in _days(date(2024, 5, 7), 365, 2)]
    history += [act(day, "local_mri") for day in _days(date(2024, 6, 20), 365, 2)]
    history += [act(day, "dxa") for day in _days(date(2024, 5, 21), 365, 2)]
    history += [act(day, "function_tests") for day in _days(date(2024, 5, 21), 180, 4)]
    history += [act(day, "examination") for day in _days(date(2024, 5, 6), 365, 2)]
    return {"patient": PATIENT, "as_of": "2026-03-01T09:00:00+08:00", "history": history}


def on_burosumab() -> Event:
    """Nothing was found; a dose every four weeks since the beginning of 2024: 60 events."""
    first = date(2024, 1, 8)
    dose = {"kind": "therapy", "agent": "burosumab", "dose": 30, "dose_unit": "mg"}
    history: list[Event] = [{"kind": "state", "state": "NOT_LOCALIZED", "noted_on": "2023-12-11"}]
    history += [dose | {"given_on": day.isoformat()} for day in _days(first, 28, 28)]
    fortnight = first + timedelta(days=14)
    history += [results(day, {"s_phos": 0.9}) for day in _days(fortnight, 28, 16)]
    history += [results(day, CORE) for day in _days(fortnight + timedelta(days=84), 91, 7)]
    history += [results(day, {"u_ca_24h": 4.4}) for day in _days(date(2024, 4, 8), 180, 4)]
    history += [act(day, "renal_ultrasound") for day in _days(first, 365, 2)]
    history += [act(day, "sstr_pet_ct") for day in _days(date(2024, 12, 9), 365, 2)]
    body = {"patient": PATIENT, "as_of": "2026-03-01T09:00:00+08:00", "label_profile": "US"}
    return body | {"history": history}


FOLLOW_UPS = (two_years_after_surgery(), on_burosumab())
"""They take turns."""


def thirty_years() -> Event:
    """Operated on in 1996, not cured, on tablets ever since: 500 events."""
    operated = date(1996, 2, 20)
    history: list[Event] = [
        {"kind": "surgery", "performed_at": operated.isoformat(), "site": "thigh", "margin": "wide"}
    ]
    core = CORE | {"s_phos": 0.62}
    history += [results(day, core) for day in _days(date(1996, 6, 3), 90, 120)]
    history += [results(day, {"u_ca_24h": 4.4}) for day in _days(date(1996, 6, 4), 90, 120)]
    history += [results(day, {"s_phos": 0.66}) for day in _days(date(1996, 5, 1), 91, 119)]
    doses = _days(date(1996, 4, 1), 365, 29)
    for number, day in enumerate(doses):
        drug = {"kind": "therapy", "started_on": day.isoformat()}
        history.append(drug | {"agent": "oral_phosphate", "dose": 1500 + number % 2 * 250})
        history.append(drug | {"agent": "calcitriol", "dose": 0.75})
    history += [act(day, "renal_ultrasound") for day in _days(date(1996, 5, 2), 365, 29)]
    history += [act(day, "examination") for day in _days(date(1996, 5, 3), 365, 29)]
    history += [act(day, "dxa") for day in _days(date(1996, 5, 21), 365, 3)]
    history += [act(day, "sstr_pet_ct") for day in _days(date(1996, 5, 28), 500, 21)]
    return {"patient": PATIENT, "as_of": "2026-03-01T09:00:00+08:00", "history": history}
