"""A critical result after treatment reaches a person, and is quiet once it is acknowledged."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from tests.workflows.real_ward import Ward, a_real_ward

RESULT = "b7c7a3b0-phosphate"


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[Ward]:
    """Coordination, follow-up and a worker, all real; the other services take everything."""
    async with a_real_ward(temporal, tmp_path, "followup", rehearsal=True) as ward:
        yield ward


def days_ago(days: int) -> str:
    """So many days before now."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def a_phosphate(value: float, version: int = 1, **more: Any) -> dict[str, Any]:
    """A phosphate drawn three days ago, reported now."""
    own = {"low": 0.80, "high": 1.45}
    result = {"id": RESULT, "analyte": "s_phos", "value": value, "unit": "mmol/L"}
    told = {"taken_at": days_ago(3), "version": version, "reference_range": own, "fasting": True}
    return {"observations": [result | told | more]}


def alarms(seen: Any) -> list[dict[str, Any]]:
    """The critical phosphates of this journey."""
    return [one for one in seen["obligations"] if one["rule"] == "MON-02"]


async def said(ward: Ward) -> list[tuple[str, str, str]]:
    """Who was told of them, and how."""
    reminders = (await ward.read("/reminders"))["reminders"]
    mine = [one for one in reminders if one["rule"] == "MON-02"]
    return [(one["rung"], one["recipient"], one["means"]) for one in mine]


async def after_an_operation(ward: Ward) -> None:
    """Operated last week, and followed since."""
    await ward.put(ward.journey, {"patient": {"id": "p-17", "sex": "female", "age_years": 44}})
    operation = {"performed_at": days_ago(7), "site": "thigh", "margin": "wide"}
    await ward.tell("surgery", operation)
    await ward.shows(lambda seen: seen["phase"] == "surveillance" and seen["obligations"])


async def test_a_critical_phosphate_reaches_a_person_and_is_quiet_once_acknowledged(
    ward: Ward,
) -> None:
    await after_an_operation(ward)
    await ward.tell("observations", a_phosphate(0.30))

    [alarm] = await ward.shows(alarms)
    assert (alarm["ladder"], alarm["status"], alarm["service"]) == ("critical", "open", "followup")
    assert alarm["occurrence"] == f"{RESULT}@1 urgent"
    # Drawn three days ago, known now: the clinician is called first, the supervisor only tomorrow.
    assert await said(ward) == [("T0", "clinician", "phone")]

    key = {"rule": alarm["rule"], "occurrence": alarm["occurrence"]}
    await ward.tell("acknowledgement", {"obligation": key})
    [seen] = await ward.shows(lambda seen: [one for one in alarms(seen) if one["acknowledged"]])
    assert (seen["status"], seen["disposition"]) == ("done", "DONE")

    await ward.fast_forward(5)
    assert await said(ward) == [("T0", "clinician", "phone")]
    # A newer result is another matter; what was acknowledged stays so.
    await ward.tell(
        "observations",
        a_phosphate(1.00)
        | {
            "observations": [
                a_phosphate(1.00)["observations"][0] | {"id": "later", "taken_at": days_ago(0)}
            ]
        },
    )
    await ward.fast_forward(1)
    [still] = alarms(await ward.read())
    assert still["status"] == "done"


async def test_who_does_not_acknowledge_is_followed_by_somebody_senior(ward: Ward) -> None:
    await after_an_operation(ward)
    await ward.tell("observations", a_phosphate(0.30))
    await ward.shows(alarms)

    await ward.fast_forward(2)

    assert await said(ward) == [("T0", "clinician", "phone"), ("T+1", "supervisor", "phone")]


async def test_a_corrected_result_ends_the_alarm_and_says_why(ward: Ward) -> None:
    await after_an_operation(ward)
    await ward.tell("observations", a_phosphate(0.30))
    await ward.shows(alarms)

    await ward.tell("observations", a_phosphate(1.30, 2, status="corrected"))

    [ended] = await ward.shows(lambda seen: [o for o in alarms(seen) if o["status"] != "open"])
    assert (ended["status"], ended["reason"]) == ("cancelled", "the result was corrected")
    await ward.fast_forward(2)
    assert await said(ward) == [("T0", "clinician", "phone")]
