"""A journey, an event, a progress: few words, sensible defaults."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2

PATIENT = "MRN-778812-Planted"


def a_journey(**changes: Any) -> dict[str, Any]:
    """What starts a journey."""
    patient = {"id": PATIENT, "sex": "female", "birth_date": "1979-04-02"}
    return {"patient": patient, "zone": "Europe/Berlin", "assignee": "ward-7"} | changes


def an_event(kind: str = "observations", **changes: Any) -> dict[str, Any]:
    """Something that happened."""
    taken = "2026-03-01T08:00:00+01:00"
    phosphate = {"id": "o1", "analyte": "s_phos", "value": 0.45, "unit": "mmol/L"}
    return {
        "id": str(uuid4()),
        "kind": kind,
        "occurred_at": taken,
        "source": "lab-1",
        "payload": {"observations": [phosphate | {"taken_at": taken}]},
    } | changes


def an_obligation(**changes: Any) -> dict[str, Any]:
    """Something that is due on 1 June 2026."""
    return {
        "rule": "FUP-01",
        "occurrence": "day-1",
        "act": "s_phos",
        "due": "2026-06-01",
        "opens": "2026-05-25",
        "ladder": "lab",
    } | changes


def a_conclusion(*obligations: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a service concluded."""
    return {
        "id": str(uuid4()),
        "service": "followup",
        "state": "POST_OP",
        "concluded_at": "2026-05-01T10:00:00Z",
        "obligations": list(obligations),
        "knowledge_version": "test",
    } | changes


def a_task(**changes: Any) -> dict[str, Any]:
    """A question that waits for a clinician."""
    return {
        "id": str(uuid4()),
        "question": "look-for-tumor",
        "role": "clinician",
        "answers": ["localize", "not-now"],
        "opened_at": "2026-05-01T06:00:00Z",
    } | changes


def a_progress(revision: int, at: str = "2026-05-01T10:00:00Z", **changes: Any) -> dict[str, Any]:
    """How far a journey is."""
    return {"revision": revision, "at": at, "phase": "surveillance"} | changes


async def started(api: httpx2.AsyncClient, **changes: Any) -> UUID:
    """A journey that runs."""
    journey = uuid4()
    answer = await api.put(f"{path(journey)}", json=a_journey(**changes))
    assert answer.status_code == 200, answer.text
    return journey


def path(journey: UUID) -> str:
    """Where a journey is."""
    return f"/coordination/v1/journeys/{journey}"


async def told(api: httpx2.AsyncClient, journey: UUID, event: dict[str, Any]) -> httpx2.Response:
    """Tell a journey of an event."""
    return await api.post(f"{path(journey)}/events", json=event)


async def reported(api: httpx2.AsyncClient, journey: UUID, progress: dict[str, Any]) -> Any:
    """Report progress; the answer is the next wake."""
    answer = await api.put(f"{path(journey)}/progress", json=progress)
    assert answer.status_code == 200, answer.text
    at = answer.json()["at"]
    return None if at is None else datetime.fromisoformat(at).astimezone(UTC)


async def woken(api: httpx2.AsyncClient, journey: UUID, at: datetime | str) -> Any:
    """Let the journey's timer ring at this moment; the answer is the next one."""
    moment = at if isinstance(at, str) else at.isoformat()
    answer = await api.put(f"{path(journey)}/wakes/{uuid4()}", json={"at": moment})
    assert answer.status_code == 200, answer.text
    at = answer.json()["at"]
    return None if at is None else datetime.fromisoformat(str(at)).astimezone(UTC)


async def rungs(api: httpx2.AsyncClient, journey: UUID) -> list[tuple[str, str]]:
    """What was said: (rung, status), in order."""
    answer = await api.get(f"{path(journey)}/reminders")
    return [(said["rung"], said["status"]) for said in answer.json()["reminders"]]


async def with_hours(api: httpx2.AsyncClient, **wanted: Any) -> None:
    """The hours and days of this site, from now on."""
    place = "/coordination/v1/working-time"
    known = await api.get(place)
    match = {"If-Match": known.headers["etag"]} if known.status_code == 200 else {}
    answer = await api.put(place, json=wanted, headers=match)
    assert answer.status_code == 200, answer.text


def day(text: str) -> date:
    """A day."""
    return date.fromisoformat(text)
