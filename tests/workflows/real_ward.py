"""A ward with a real coordination and a worker, and clinical services that are real where named."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx2
from fastapi import FastAPI, Request
from temporalio.client import Client

from services.assessment.app import create_app as create_assessment
from services.assessment.settings import AssessmentSettings
from services.chassis.client import ServiceClient
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from services.coordination.app import create_app as create_coordination
from services.coordination.data_keys import DataKeys
from services.coordination.erasing import Erase, erasers
from services.coordination.settings import CoordinationSettings
from services.coordination.sign_in import SCOPES
from services.coordination.upkeep_contract import KEY_SCOPE
from services.followup.app import create_app as create_followup
from services.followup.settings import FollowupSettings
from services.localization.app import create_app as create_localization
from services.localization.settings import LocalizationSettings
from tests.postgres import kept_in
from workflows.asked_keys import AskedKeys
from workflows.client import JourneyClient, connect
from workflows.codec import KeyRing
from workflows.editions import ByEdition
from workflows.journey_keys import KnownKeys
from workflows.worker import Services, create_worker

EVERYTHING = ("system/*.cruds",)
PATIENCE_SECONDS = 60
KEYS_SECONDS = 0.2
TEST_KEYS = Path(__file__).parent / "test-keys.json"

Seen = TypeVar("Seen")


class Ward:
    """A real coordination, asked over HTTP as a hospital would; and follow-up, for a prescriber."""

    services: Services
    """As a worker asks them."""

    def __init__(self, http: httpx2.AsyncClient, followup: httpx2.AsyncClient) -> None:
        self._http, self.followup = http, followup
        self.another()

    def another(self, id: UUID | None = None) -> UUID:
        """From now on it is about another journey."""
        id = id or uuid4()
        self.journey, self.plan = f"/coordination/v1/journeys/{id}", f"/followup/v1/plans/{id}"
        return id

    async def put(self, path: str, body: Any) -> httpx2.Response:
        """PUT, as the operator."""
        return await self._http.put(path, json=body)

    async def tell(self, kind: str, payload: dict[str, Any] | None = None) -> httpx2.Response:
        """An event."""
        return await self.tell_at(kind, datetime.now(UTC), payload)

    async def tell_at(
        self, kind: str, at: datetime, payload: dict[str, Any] | None = None
    ) -> httpx2.Response:
        """An event of this moment."""
        said = {"kind": kind, "occurred_at": at.isoformat(), "payload": payload or {}}
        event = {"id": str(uuid4()), **said}
        return await self._http.post(f"{self.journey}/events", json=event)

    async def read(self, path: str = "") -> Any:
        """What the API answers below this journey."""
        return (await self._http.get(self.journey + path)).json()

    async def get(self, path: str) -> httpx2.Response:
        """GET, as the operator."""
        return await self._http.get(path)

    async def post(self, path: str) -> httpx2.Response:
        """POST without a body, as the operator."""
        return await self._http.post(path)

    async def sees(self, path: str, what: Callable[[Any], Seen | None]) -> Seen:
        """What is seen at another address, once there is something to see."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if (seen := what(shown := (await self.get(path)).json())) is not None:
                return seen
            await asyncio.sleep(0.05)
        raise AssertionError(f"it never came to that: {shown}")

    async def shows(self, what: Callable[[Any], Seen], path: str = "") -> Seen:
        """What is seen in the journey or below it, once there is something to see."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if seen := what(shown := await self.read(path)):
                return seen
            await asyncio.sleep(0.05)
        raise AssertionError(f"it never came to that: {shown}")

    async def once(self, is_so: Callable[[Any], object]) -> Any:
        """The journey, once it stands so."""
        return await self.shows(lambda journey: is_so(journey) and journey)

    async def until(self, phase: str, question: str | None) -> Any:
        """The journey, once it stands there."""
        return await self.once(
            lambda seen: seen["phase"] == phase and (seen["task"] or {}).get("question") == question
        )

    async def fast_forward(self, days: int) -> httpx2.Response:
        """Let the journey's own clock run."""
        return await self._http.post(f"{self.journey}/fast-forward", json={"days": days})


@asynccontextmanager
async def a_real_ward(
    temporal: Client,
    folder: Path,
    *real: str,
    rehearsal: bool = False,
    is_told: bool = True,
    works: bool = True,
    queue: str | None = None,
    **settings: Any,
) -> AsyncIterator[Ward]:
    """Coordination, a worker and these clinical services for real; the others say little.

    `is_told`: coordination hears from follow-up what a prescriber decided; `settings`:
    coordination's, besides the usual. Without `works` nobody works on journeys.
    """
    key = SigningKey.create_or_read(folder / "key.json")
    key.publish(folder / "jwks.json")
    mint, queue = TokenMint(key, "tio", "tio"), queue or f"test-{uuid4()}"
    believed: dict[str, Any] = {
        "jwks": str(folder / "jwks.json"),
        "issuer": "tio",
        "audience": "tio",
    }

    def kept(name: str) -> dict[str, Any]:
        return believed | kept_in(folder, name)

    ring = KeyRing.read(TEST_KEYS)
    keys, engine = DataKeys(ring), (temporal.service_client.config.target_host, temporal.namespace)
    telling = await connect(*engine, ring, known=KnownKeys(ring, keys), lazy=True)
    to_erase: dict[str, Erase] = {}
    coordination = create_coordination(
        CoordinationSettings(
            rehearsal=rehearsal, relay_interval_seconds=0.05, **kept("coordination") | settings
        ),
        JourneyClient(telling, queue),
        keys=keys,
        ask_to_erase=to_erase,
    )
    tokens = ServiceTokens(mint, "workflows", (*EVERYTHING, KEY_SCOPE))

    def client(app: FastAPI) -> ServiceClient:
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))
        return ServiceClient("http://service", tokens, http)

    def followup() -> FastAPI:
        told = client(coordination) if is_told else None
        return create_followup(FollowupSettings(**kept("followup")), told)

    make: dict[str, Callable[[], FastAPI]] = {
        "assessment": lambda: create_assessment(AssessmentSettings(**kept("assessment"))),
        "localization": lambda: create_localization(LocalizationSettings(**kept("localization"))),
        "followup": followup,
    }
    apps = {name: make[name]() for name in real}
    others = clinical_services()
    keeps = client(coordination)
    clinical = {name: ByEdition(client(apps.get(name, others)), keeps) for name in make}
    services = Services(**clinical, coordination=keeps)
    to_erase.update(erasers(clinical))
    asked = KnownKeys(ring, AskedKeys(services.coordination), seconds=KEYS_SECONDS)
    working = await connect(*engine, ring, known=asked, lazy=not works)

    def person(app: FastAPI, subject: str, scopes: Sequence[str]) -> httpx2.AsyncClient:
        token = mint.mint(subject, "north", scopes)
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app),
            base_url="http://service",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )

    operator = person(coordination, "operator", EVERYTHING)
    prescriber = person(apps.get("followup", others), "dr-lin", SCOPES.split())
    async with AsyncExitStack() as open_:
        for app in (coordination, *apps.values()):
            await open_.enter_async_context(app.router.lifespan_context(app))
        if works:
            await open_.enter_async_context(create_worker(working, services, task_queue=queue))
        for http in (operator, prescriber):
            await open_.enter_async_context(http)
        ward = Ward(operator, prescriber)
        ward.services = services
        yield ward
    await services.close()


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

    @app.delete("/{service}/v1/{kind}/{id}")
    async def forget(service: str, kind: str, id: str) -> dict[str, Any]:
        return {"record": id, "erased_at": datetime.now(UTC).isoformat()}

    app.state.due = None
    return app
