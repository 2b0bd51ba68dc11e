"""Journeys as a ward would have them, told to a running coordination."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.pages.running import Running
from tests.services.coordination.builders import (
    a_conclusion,
    a_journey,
    a_progress,
    a_task,
    an_event,
    an_obligation,
    path,
)

TODAY = date.today()  # noqa: DTZ011 - a day more or less changes nothing here


def a_phosphate(number: int, value: float, taken: str, unit: str = "mmol/L") -> dict[str, Any]:
    low, high = (0.85, 1.51) if unit == "mmol/L" else (2.6, 4.7)
    return an_event(
        occurred_at=taken,
        source="central laboratory",
        payload={
            "observations": [
                {
                    "id": f"p{number}",
                    "analyte": "s_phos",
                    "value": value,
                    "unit": unit,
                    "taken_at": taken,
                    "reference_range": {"low": low, "high": high},
                }
            ]
        },
    )


def a_journey_on(running: Running, patient: str, **changes: Any) -> UUID:
    journey = uuid4()
    wanted = a_journey(**changes)
    wanted["patient"]["id"] = patient
    assert running.api.put(path(journey), json=wanted).status_code == 200
    return journey


def report(running: Running, journey: UUID, **changes: Any) -> None:
    progress = a_progress(changes.pop("revision", 1), **changes)
    answer = running.api.put(f"{path(journey)}/progress", json=progress)
    assert answer.status_code == 200, answer.text


def due_in(days: int, **changes: Any) -> dict[str, Any]:
    return an_obligation(
        due=str(TODAY + timedelta(days=days)), opens=str(TODAY - timedelta(days=40)), **changes
    )


def now() -> str:
    return f"{TODAY}T06:00:00Z"


def tell(running: Running, journey: UUID, event: dict[str, Any]) -> None:
    assert running.api.post(f"{path(journey)}/events", json=event).status_code == 202


def a_journey_with_everything(running: Running) -> UUID:
    """A journey with results, a conclusion, things due, something refused and an open question."""
    journey = a_journey_on(running, "p-1042", assignee="coordinator", zone="Asia/Shanghai")
    for number, (value, taken, unit) in enumerate(
        [
            (0.62, "2026-03-02T08:10:00+08:00", "mmol/L"),
            (1.4, "2026-05-11T08:00:00+08:00", "mg/dL"),
            (0.52, "2026-07-20T08:05:00+08:00", "mmol/L"),
            (0.58, "2026-09-14T08:20:00+08:00", "mmol/L"),
            (0.45, "2026-11-09T08:00:00+08:00", "mmol/L"),
        ]
    ):
        event = a_phosphate(number, value, taken, unit)
        tell(running, journey, event)
        outcome = {"outcome": "applied"}
        running.api.put(f"{path(journey)}/events/{event['id']}/outcome", json=outcome)
    wrong = an_event(occurred_at="2026-11-10T09:00:00+08:00")
    bare = {"id": "o9", "analyte": "s_phos", "value": 3.1, "taken_at": wrong["occurred_at"]}
    wrong["payload"] = {"observations": [bare]}
    tell(running, journey, wrong)
    refusal = {"outcome": "refused", "reason": "the unit is missing"}
    running.api.put(f"{path(journey)}/events/{wrong['id']}/outcome", json=refusal)
    task = a_task(
        question="proceed-to-localization",
        answers=["localize", "keep-testing", "close"],
        opened_at=now(),
    )
    conclusion = a_conclusion(
        due_in(-9, because="the phosphate stays low without treatment"),
        due_in(0, rule="M-05", act="s_fgf23_i"),
        due_in(21, rule="IMG-2", act="renal_ultrasound"),
        due_in(-30, rule="FUP-00", act="s_ca", status="done"),
        service="assessment",
        state="TIO_PROBABLE",
        concluded_at=now(),
    )
    report(running, journey, at=now(), phase="assessment", conclusion=conclusion, task=task)
    return journey


def other_journeys(running: Running) -> None:
    """More journeys, so that the worklist has an order."""
    for patient, days, phase in [
        ("p-2210", -31, "surveillance"),
        ("p-0377", 3, "localization"),
        ("p-5518", 64, "surveillance"),
        ("p-3091", 1, "treatment"),
    ]:
        journey = a_journey_on(running, patient)
        conclusion = a_conclusion(due_in(days), concluded_at=now())
        report(running, journey, at=now(), phase=phase, conclusion=conclusion)
    a_journey_on(running, "p-7002", assignee=None)
