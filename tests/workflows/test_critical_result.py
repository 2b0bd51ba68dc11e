"""A critical result after treatment reaches a person, and is quiet once it is acknowledged."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from temporalio.client import Client

from services.chassis.client import ServiceClient
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from services.coordination.app import create_app
from services.coordination.settings import CoordinationSettings
from services.coordination.sign_in import SCOPES
from services.followup.app import create_app as create_followup
from services.followup.settings import FollowupSettings
from tests.workflows.test_with_coordination import (
    EVERYTHING,
    PATIENCE_SECONDS,
    Ward,
    clinical_services,
)
from workflows.client import JourneyClient
from workflows.worker import Services, create_worker

WHO = {"issuer": "tio", "audience": "tio"}
RESULT = "b7c7a3b0-phosphate"


class FollowedWard(Ward):
    """The ward, with follow-up within reach of a prescriber."""

    def __init__(self, http: httpx2.AsyncClient, followup: httpx2.AsyncClient) -> None:
        super().__init__(http)
        self.followup = followup
        self.plan = f"/followup/v1/plans/{self.journey.rpartition('/')[2]}"


@asynccontextmanager
async def followed_ward(
    temporal: Client, tmp_path: Path, *, is_told: bool = True
) -> AsyncIterator[FollowedWard]:
    """Coordination, follow-up and a worker, all real; the other services take everything.

    `is_told`: coordination hears from follow-up what a prescriber decided.
    """
    key = SigningKey.create_or_read(tmp_path / "key.json")
    key.publish(tmp_path / "jwks.json")
    mint, queue, jwks = TokenMint(key, "tio", "tio"), f"test-{uuid4()}", str(tmp_path / "jwks.json")
    coordination = create_app(
        CoordinationSettings(
            database_url=f"sqlite:///{tmp_path / 'coordination.db'}",
            jwks=jwks,
            rehearsal=True,
            relay_interval_seconds=0.05,
            **WHO,
        ),
        JourneyClient(temporal, queue),
    )
    tokens = ServiceTokens(mint, "workflows", EVERYTHING)

    def client(app: FastAPI) -> ServiceClient:
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))
        return ServiceClient("http://service", tokens, http)

    followup = create_followup(
        FollowupSettings(database_url=f"sqlite:///{tmp_path / 'followup.db'}", jwks=jwks, **WHO),
        client(coordination) if is_told else None,
    )
    clinical = client(clinical_services())
    services = Services(clinical, clinical, client(followup), client(coordination))
    token = mint.mint("operator", "north", EVERYTHING)
    prescriber = mint.mint("dr-lin", "north", SCOPES.split())
    async with (
        coordination.router.lifespan_context(coordination),
        followup.router.lifespan_context(followup),
        create_worker(temporal, services, task_queue=queue),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=coordination),
            base_url="http://coordination",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ) as http,
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=followup),
            base_url="http://followup",
            headers={"Authorization": f"Bearer {prescriber}"},
            timeout=60,
        ) as asked,
    ):
        yield FollowedWard(http, asked)
    await services.close()


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[FollowedWard]:
    """A ward where patients are followed."""
    async with followed_ward(temporal, tmp_path) as ward:
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


async def until(ward: Ward, what: Callable[[Any], Any]) -> Any:
    """What the journey shows, once it shows it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = what(seen := await ward.read())
        if found:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"never seen: {seen}")


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
    await until(ward, lambda seen: seen["phase"] == "surveillance" and seen["obligations"])


async def test_a_critical_phosphate_reaches_a_person_and_is_quiet_once_acknowledged(
    ward: Ward,
) -> None:
    await after_an_operation(ward)
    await ward.tell("observations", a_phosphate(0.30))

    [alarm] = await until(ward, alarms)
    assert (alarm["ladder"], alarm["status"], alarm["service"]) == ("critical", "open", "followup")
    assert alarm["occurrence"] == f"{RESULT}@1 urgent"
    # Drawn three days ago, known now: the clinician is called first, the supervisor only tomorrow.
    assert await said(ward) == [("T0", "clinician", "phone")]

    key = {"rule": alarm["rule"], "occurrence": alarm["occurrence"]}
    await ward.tell("acknowledgement", {"obligation": key})
    [seen] = await until(ward, lambda seen: [one for one in alarms(seen) if one["acknowledged"]])
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
    await until(ward, alarms)

    await ward.fast_forward(2)

    assert await said(ward) == [("T0", "clinician", "phone"), ("T+1", "supervisor", "phone")]


async def test_a_corrected_result_ends_the_alarm_and_says_why(ward: Ward) -> None:
    await after_an_operation(ward)
    await ward.tell("observations", a_phosphate(0.30))
    await until(ward, alarms)

    await ward.tell("observations", a_phosphate(1.30, 2, status="corrected"))

    [ended] = await until(ward, lambda seen: [o for o in alarms(seen) if o["status"] != "open"])
    assert (ended["status"], ended["reason"]) == ("cancelled", "the result was corrected")
    await ward.fast_forward(2)
    assert await said(ward) == [("T0", "clinician", "phone")]
