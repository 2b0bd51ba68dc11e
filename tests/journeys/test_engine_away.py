"""The workflow engine does not answer for a while: events are still taken, and nothing is lost."""

from uuid import uuid4

import httpx2
import psutil

from tests.journeys.conftest import Ward
from tests.journeys.system import eventually

DAY = "2026-01-05T08:00:00+01:00"


def test_events_are_taken_while_the_engine_is_away_and_the_journey_catches_up(ward: Ward) -> None:
    engine = engine_of(ward)
    journey = f"/coordination/v1/journeys/{uuid4()}"
    engine.suspend()
    try:
        start = {"patient": {"id": "p-1", "age_years": 50}}
        assert ward.system.send("PUT", journey, start).status_code in (200, 201)
        for number in range(3):
            low = {"id": f"o{number}", "analyte": "s_phos", "value": 0.4, "unit": "mmol/L"}
            payload = {"observations": [low | {"taken_at": DAY}]}
            event = {"id": str(uuid4()), "kind": "observations", "occurred_at": DAY}
            told = ward.system.send("POST", f"{journey}/events", event | {"payload": payload})
            assert told.status_code == 202, told.text

        failed = eventually(lambda: not_ready(ward), "readiness says that the engine is away")
        assert {"service": "coordination", "check": "temporal"}.items() <= failed[0].items()
        assert ward.system.get(journey)["events_waiting"] == 3
        assert ward.system.get(journey)["state"] is None
    finally:
        engine.resume()

    caught_up = eventually(
        lambda: ward.system.get(journey) if stands(ward, journey) else None, "it caught up"
    )
    assert caught_up["state"] == "INDETERMINATE"
    assert eventually(lambda: not_ready(ward) is None or None, "ready again")


def engine_of(ward: Ward) -> psutil.Process:
    """The one child process of `tio up`."""
    return next(one for one in ward.system.processes() if "temporal" in one.name())


def not_ready(ward: Ward) -> list[dict[str, str]] | None:
    """What is missing, if anything is."""
    answer = httpx2.get(f"{ward.system.url}/readyz", timeout=30)
    failed: list[dict[str, str]] = answer.json()["failed"]
    assert (answer.status_code == 200) == (not failed)
    return failed or None


def stands(ward: Ward, journey: str) -> bool:
    """Has it read everything and concluded?"""
    told = ward.system.get(journey)
    return told["state"] is not None and not told["events_waiting"]
