"""Somebody says how a thing that was due ended; what recurs is due again, nobody drops out."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.journeys.conftest import Ward
from tests.journeys.system import eventually

JOURNEY = "/coordination/v1/journeys/7c0f8f8e-3c1f-4b0e-9d57-5a1d9c6a2e01"


def test_a_declined_yearly_test_is_due_again_a_year_later(ward: Ward) -> None:
    start = {"patient": {"id": "p-1", "sex": "male", "age_years": 50}, "zone": "Asia/Shanghai"}
    assert ward.system.send("PUT", JOURNEY, start).status_code in (200, 201)
    operation = {"site": "thigh", "margin": "wide", "tissue": "soft tissue"}
    tell(ward, "surgery", operation | {"performed_at": datetime.now(UTC).isoformat()})
    [first] = eventually(lambda: yearly(ward) or None, "the calendar is there")

    declined = {"disposition": "DECLINED", "reason": "the patient does not want it this year"}
    owed = {"rule": first["rule"], "occurrence": first["occurrence"]}
    tell(ward, "disposition", {"obligation": owed} | declined)

    def another() -> dict[str, Any] | None:
        due = [one for one in yearly(ward) if one["occurrence"] != first["occurrence"]]
        return due[0] if due else None

    again = eventually(another, "it is due again")
    days = datetime.fromisoformat(again["due"]) - datetime.fromisoformat(first["due"])
    assert 180 <= days.days <= 366
    assert [one["occurrence"] for one in yearly(ward)] == [again["occurrence"]]


def yearly(ward: Ward) -> list[dict[str, Any]]:
    """The open yearly bone densities (FUP-10)."""
    obligations = ward.system.get(JOURNEY)["obligations"]
    return [one for one in obligations if one["rule"] == "FUP-10" and one["status"] == "open"]


def tell(ward: Ward, kind: str, payload: dict[str, Any]) -> None:
    """Tell the journey an event that happened just now."""
    event = {"id": str(uuid4()), "kind": kind, "occurred_at": datetime.now(UTC).isoformat()}
    answer = ward.system.send("POST", f"{JOURNEY}/events", event | {"payload": payload})
    assert answer.status_code == 202, answer.text
