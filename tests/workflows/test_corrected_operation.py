"""What was told to follow-up is corrected on a real journey, and the journey hears of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from tests.workflows.real_ward import Ward, a_real_ward

TODAY = datetime.now(UTC).date()
OPERATED = str(TODAY - timedelta(days=90))
OPERATION = {"id": "operation 4", "performed_at": OPERATED, "site": "thigh", "margin": "wide"}


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[Ward]:
    """Coordination, localization and follow-up for real, without ports."""
    async with a_real_ward(temporal, tmp_path, "localization", "followup") as ward:
        yield ward


def blood(phosphate: float, alp: float, **said: Any) -> dict[str, Any]:
    """What a laboratory sent yesterday."""
    at = f"{TODAY - timedelta(days=1)}T08:00:00+00:00"
    phosphate_, alp_ = (
        {"id": name, "analyte": name, "value": value, "unit": unit, "taken_at": at, "fasting": True}
        | {"reference_range": {"low": low, "high": high}}
        | said
        for name, value, unit, low, high in (
            ("s_phos", phosphate, "mmol/L", 0.8, 1.45),
            ("s_alp", alp, "U/L", 35, 120),
        )
    )
    return {"observations": [phosphate_, alp_], "drug_exposures": []}


async def stands(ward: Ward, state: str) -> Any:
    """The journey, once follow-up has concluded this."""
    return await ward.once(lambda journey: journey["state"] == state)


async def test_a_corrected_result_and_a_withdrawn_operation_are_heard(ward: Ward) -> None:
    assert (await ward.put(ward.journey, {"patient": {"id": "p-31"}})).status_code == 200
    assert (await ward.tell("surgery", OPERATION)).status_code == 202
    await stands(ward, "POSTOPERATIVE")
    await ward.tell("observations", blood(1.1, 90))
    cured = await stands(ward, "REMISSION")

    await ward.tell("observations", blood(0.5, 90, version=2, status="corrected"))
    persists = await stands(ward, "PROVISIONAL_PERSISTENT")
    withdrawn = OPERATION | {"version": 2, "status": "entered-in-error"}
    assert (await ward.tell("surgery", withdrawn)).status_code == 202
    back = await ward.until("assessment", "proceed-to-localization")

    assert cured["conclusion"]["because_of"] == []
    assert "s_phos:corrected" in persists["conclusion"]["because_of"]
    assert "state:REMISSION>PROVISIONAL_PERSISTENT" in persists["conclusion"]["changes"]
    followed = [one for one in back["obligations"] if one["service"] == "followup"]
    assert followed
    assert {one["status"] for one in followed} <= {"done", "cancelled"}
    assert (await ward.followup.get(ward.plan)).json()["state"] == "NO_SURGERY"
    said = [entry["detail"] for entry in (await ward.read("/timeline"))["entries"]]
    assert any("corrected report: surgery (entered-in-error)" in words for words in said)
