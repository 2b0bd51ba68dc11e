"""A corrected result on a real journey: coordination, a worker and the assessment service."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from tests.workflows.real_ward import Ward, a_real_ward

TAKEN_AT = (datetime.now(UTC) - timedelta(days=2)).isoformat()


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[Ward]:
    """Like a hospital's: the real coordination and the real assessment, without ports."""
    async with a_real_ward(temporal, tmp_path, "assessment") as ward:
        yield ward


def a_phosphate(value: float, **more: Any) -> dict[str, Any]:
    said = {"id": "p1", "analyte": "s_phos", "value": value, "unit": "mmol/L", "fasting": True}
    return {"observations": [said | {"taken_at": TAKEN_AT} | more]}


async def test_a_corrected_phosphate_ends_what_only_the_old_value_asked_for_and_is_shown(
    ward: Ward,
) -> None:
    patient = {"id": "p-17", "sex": "female", "birth_date": "1979-04-02"}
    assert (await ward.put(ward.journey, {"patient": patient})).status_code == 200
    assert (await ward.tell("observations", a_phosphate(0.40))).status_code == 202
    low = await ward.once(lambda journey: journey["conclusion"] is not None)
    asked = {one["rule"] for one in low["obligations"] if one["status"] == "open"}
    assert asked

    corrected = a_phosphate(1.15, status="corrected")
    assert (await ward.tell("observations", corrected)).status_code == 202

    first = low["conclusion"]["id"]
    now = await ward.once(lambda journey: journey["conclusion"]["id"] != first)
    assert now["conclusion"]["because_of"] == ["s_phos:corrected"]
    assert now["conclusion"]["changes"]
    status = {one["rule"]: one for one in now["obligations"]}
    ended = {rule: status[rule] for rule in asked if status[rule]["status"] != "open"}
    assert ended
    assert {one["disposition"] for one in ended.values()} == {"NOT_INDICATED"}
    said = [entry["detail"] for entry in (await ward.read("/timeline"))["entries"]]
    assert any("(corrected result: s_phos:corrected)" in words for words in said)
    assert any("conclusions drawn again: 1" in words for words in said)
