"""The one two-way conversation of the system, held for real: coordination and a journey."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI, Request
from temporalio.client import Client

from services.chassis.client import ServiceClient
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from services.coordination.app import create_app
from services.coordination.settings import CoordinationSettings
from workflows.client import JourneyClient
from workflows.worker import Services, create_worker

EVERYTHING = ("system/*.cruds",)
PATIENCE_SECONDS = 30


def clinical_services() -> FastAPI:
    """Three services that take everything; the one proposes a search, the other owes a scan."""
    app = FastAPI()

    @app.put("/{service}/v1/{path:path}")
    async def conclude(service: str, path: str, request: Request) -> dict[str, Any]:
        body = await request.json()
        if "as_of" not in body:
            return {}
        due = (datetime.fromisoformat(body["as_of"]) + timedelta(days=20)).date()
        scan = {"rule": "LOC-003", "occurrence": "1", "act": "sstr_pet_ct", "ladder": "imaging"}
        owed = [{**scan, "due": str(app.state.due or due), "opens": str(due - timedelta(days=20))}]
        app.state.due = app.state.due or due
        return {
            "id": path.rpartition("/")[2],
            "service": service,
            "state": "TIO_PROBABLE" if service == "assessment" else "SEARCHING",
            "proposal": "localize" if service == "assessment" else "none",
            "concluded_at": body["as_of"],
            "obligations": owed if service == "localization" else [],
        }

    app.state.due = None
    return app


class Ward:
    """A real coordination, asked over HTTP as a hospital would."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self.journey = f"/coordination/v1/journeys/{uuid4()}"

    async def put(self, path: str, body: Any) -> httpx2.Response:
        """PUT, as the operator."""
        return await self._http.put(path, json=body)

    async def tell(self, kind: str, payload: dict[str, Any] | None = None) -> httpx2.Response:
        """An event."""
        now = datetime.now(UTC).isoformat()
        event = {"id": str(uuid4()), "kind": kind, "occurred_at": now, "payload": payload or {}}
        return await self._http.post(f"{self.journey}/events", json=event)

    async def read(self, path: str = "") -> Any:
        """What the API answers below this journey."""
        return (await self._http.get(self.journey + path)).json()

    async def until(self, phase: str, question: str | None) -> Any:
        """The journey, once it stands there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            seen = await self.read()
            if seen["phase"] == phase and (seen["task"] or {}).get("question") == question:
                return seen
            await asyncio.sleep(0.05)
        raise AssertionError(f"never {phase} with {question}: {seen}")

    async def fast_forward(self, days: int) -> httpx2.Response:
        """Let the journey's own clock run."""
        return await self._http.post(f"{self.journey}/fast-forward", json={"days": days})


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[Ward]:
    """Coordination, a worker, and clinical services that say little; all without ports."""
    key = SigningKey.create_or_read(tmp_path / "key.json")
    key.publish(tmp_path / "jwks.json")
    mint = TokenMint(key, "tio", "tio")
    queue = f"test-{uuid4()}"
    settings = CoordinationSettings(
        database_url=f"sqlite:///{tmp_path / 'coordination.db'}",
        jwks=str(tmp_path / "jwks.json"),
        issuer="tio",
        audience="tio",
        rehearsal=True,
        relay_interval_seconds=0.05,
    )
    coordination = create_app(settings, JourneyClient(temporal, queue))
    tokens = ServiceTokens(mint, "workflows", EVERYTHING)

    def client(app: FastAPI) -> ServiceClient:
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))
        return ServiceClient("http://service", tokens, http)

    clinical = clinical_services()
    services = Services(client(clinical), client(clinical), client(clinical), client(coordination))
    token = mint.mint("operator", "north", EVERYTHING)
    async with (
        coordination.router.lifespan_context(coordination),
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


async def test_a_decision_that_does_not_fit_is_shown_with_its_reason(ward: Ward) -> None:
    await ward.put(ward.journey, {"patient": {"id": "p-17"}})
    await ward.tell("decision", {"answer": "operate", "reason": "in a hurry"})
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        entries = (await ward.read("/timeline"))["entries"]
        if refused := [entry for entry in entries if entry["what"] == "refused"]:
            break
        await asyncio.sleep(0.05)

    assert "'operate' is no answer during assessment" in refused[0]["detail"]
    assert (await ward.read())["phase"] == "assessment"
