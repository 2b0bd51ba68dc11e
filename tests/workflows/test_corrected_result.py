"""A corrected result on a real journey: coordination, a worker and the assessment service."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from temporalio.client import Client

from services.assessment.app import create_app as create_assessment
from services.assessment.settings import AssessmentSettings
from services.chassis.client import ServiceClient
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from services.coordination.app import create_app as create_coordination
from services.coordination.settings import CoordinationSettings
from tests.workflows.test_with_coordination import (
    EVERYTHING,
    PATIENCE_SECONDS,
    Ward,
    clinical_services,
)
from workflows.client import JourneyClient
from workflows.worker import Services, create_worker

TAKEN_AT = (datetime.now(UTC) - timedelta(days=2)).isoformat()


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[Ward]:
    """Like a hospital's: the real coordination and the real assessment, without ports."""
    key = SigningKey.create_or_read(tmp_path / "key.json")
    key.publish(tmp_path / "jwks.json")
    mint = TokenMint(key, "tio", "tio")
    believed: dict[str, Any] = {
        "jwks": str(tmp_path / "jwks.json"),
        "issuer": "tio",
        "audience": "tio",
    }
    queue = f"test-{uuid4()}"
    coordination = create_coordination(
        CoordinationSettings(
            database_url=f"sqlite:///{tmp_path / 'coordination.db'}",
            relay_interval_seconds=0.05,
            **believed,
        ),
        JourneyClient(temporal, queue),
    )
    assessment = create_assessment(
        AssessmentSettings(database_url=f"sqlite:///{tmp_path / 'assessment.db'}", **believed)
    )
    tokens = ServiceTokens(mint, "workflows", EVERYTHING)

    def client(app: FastAPI) -> ServiceClient:
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))
        return ServiceClient("http://service", tokens, http)

    others = client(clinical_services())
    services = Services(client(assessment), others, others, client(coordination))
    token = mint.mint("operator", "north", EVERYTHING)
    async with (
        coordination.router.lifespan_context(coordination),
        assessment.router.lifespan_context(assessment),
        create_worker(temporal, services, task_queue=queue),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=coordination),
            base_url="http://coordination",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ) as http,
    ):
        yield Ward(http)
    await services.close()


def a_phosphate(value: float, **more: Any) -> dict[str, Any]:
    said = {"id": "p1", "analyte": "s_phos", "value": value, "unit": "mmol/L", "fasting": True}
    return {"observations": [said | {"taken_at": TAKEN_AT} | more]}


async def seen(ward: Ward, is_so: Callable[[Any], bool]) -> Any:
    """The journey, once it stands so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        journey = await ward.read()
        if is_so(journey):
            return journey
        await asyncio.sleep(0.05)
    raise AssertionError(f"it never came to that: {journey}")


async def test_a_corrected_phosphate_ends_what_only_the_old_value_asked_for_and_is_shown(
    ward: Ward,
) -> None:
    patient = {"id": "p-17", "sex": "female", "birth_date": "1979-04-02"}
    assert (await ward.put(ward.journey, {"patient": patient})).status_code == 200
    assert (await ward.tell("observations", a_phosphate(0.40))).status_code == 202
    low = await seen(ward, lambda journey: journey["conclusion"] is not None)
    asked = {one["rule"] for one in low["obligations"] if one["status"] == "open"}
    assert asked

    corrected = a_phosphate(1.15, status="corrected")
    assert (await ward.tell("observations", corrected)).status_code == 202

    first = low["conclusion"]["id"]
    now = await seen(ward, lambda journey: journey["conclusion"]["id"] != first)
    assert now["conclusion"]["because_of"] == ["s_phos:corrected"]
    assert now["conclusion"]["changes"]
    status = {one["rule"]: one for one in now["obligations"]}
    ended = {rule: status[rule] for rule in asked if status[rule]["status"] != "open"}
    assert ended
    assert {one["disposition"] for one in ended.values()} == {"NOT_INDICATED"}
    said = [entry["detail"] for entry in (await ward.read("/timeline"))["entries"]]
    assert any("(corrected result: s_phos:corrected)" in words for words in said)
    assert any("conclusions drawn again: 1" in words for words in said)
