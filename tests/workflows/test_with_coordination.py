"""The one two-way conversation of the system, held for real: coordination and a journey."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import Client

from tests.workflows.real_ward import Ward, a_real_ward


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[Ward]:
    """Coordination, a worker, and clinical services that say little; all without ports."""
    async with a_real_ward(temporal, tmp_path, rehearsal=True) as ward:
        yield ward


async def test_events_lead_to_questions_answers_to_phases_and_time_to_reminders(
    ward: Ward,
) -> None:
    assert (await ward.put(ward.journey, {"patient": {"id": "p-17"}})).status_code == 200
    assert (await ward.tell("observations", {"observations": []})).status_code == 202
    asked = await ward.until("assessment", "proceed-to-localization")
    assert asked["state"] == "TIO_PROBABLE"

    task = UUID(asked["task"]["id"])
    answer = {"task": str(task), "answer": "localize", "reason": "FGF23 is high"}
    assert (await ward.tell("decision", answer)).status_code == 202
    searching = await ward.until("localization", None)
    assert {"sstr_pet_ct"} <= {owed["act"] for owed in searching["obligations"]}

    assert (await ward.fast_forward(60)).status_code == 200
    reminders = (await ward.read("/reminders"))["reminders"]
    scan = [reminder for reminder in reminders if reminder["act"] == "sstr_pet_ct"]
    assert scan
    assert len({reminder["id"] for reminder in scan}) == len(scan)
    sent = [reminder for reminder in scan if reminder["status"] == "sent"]
    assert len(sent) >= 3
    assert all(lateness(reminder) < timedelta(minutes=1) for reminder in sent)

    assert (await ward.tell("withdrawal")).status_code == 202
    closed = await ward.until("closed", None)
    assert all(owed["status"] != "open" for owed in closed["obligations"])
    assert (await ward.tell("observations")).status_code == 409


def lateness(reminder: Any) -> timedelta:
    """How long after its moment was it said, on the journey's own clock?"""
    said = datetime.fromisoformat(reminder["recorded_at"])
    return said - datetime.fromisoformat(reminder["due_at"])


def seen_refused(timeline: Any) -> list[dict[str, Any]]:
    """What of it was refused."""
    return [entry for entry in timeline["entries"] if entry["what"] == "refused"]


async def test_a_decision_that_does_not_fit_is_shown_with_its_reason(ward: Ward) -> None:
    await ward.put(ward.journey, {"patient": {"id": "p-17"}})
    await ward.tell("decision", {"answer": "operate", "reason": "in a hurry"})
    refused = await ward.shows(seen_refused, "/timeline")

    assert "'operate' is no answer during assessment" in refused[0]["detail"]
    assert (await ward.read())["phase"] == "assessment"
