"""create_app(): a worker as a process, with the three addresses by which it is looked after."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from temporalio.client import Client
from temporalio.worker import Worker

from services.chassis import health
from services.chassis.client import ServiceClient
from services.chassis.logging import get_logger
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from services.coordination.upkeep_contract import KEY_SCOPE
from workflows.asked_keys import AskedKeys
from workflows.client import connect
from workflows.codec import KeyRing
from workflows.editions import ByEdition, addresses_in
from workflows.journey_keys import KnownKeys
from workflows.metrics import TemporalMetrics
from workflows.settings import WorkflowSettings
from workflows.tracing import interceptors
from workflows.worker import Services, create_worker

SCOPES = ("system/*.cruds", KEY_SCOPE)
SUBJECT = "workflows"
RECONNECT_SECONDS = 1.0


class NotWorking(Exception):
    """The worker is not, or not yet, there."""


def create_app(settings: WorkflowSettings) -> FastAPI:
    """Health, readiness and metrics; the work itself runs for as long as the app lives."""
    process = WorkerProcess(settings)
    app = FastAPI(
        title="TIO pathway: journeys", openapi_url=None, docs_url=None, lifespan=process.lifespan
    )
    app.state.name = "workflows"
    app.state.settings = settings
    app.state.metrics = process.metrics
    app.state.checks = {"temporal": process.check_temporal, "worker": process.check_worker}
    app.include_router(health.router)
    return app


class WorkerProcess:
    """One client, one worker, and what keeps them."""

    def __init__(self, settings: WorkflowSettings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._worker: Worker | None = None
        self.metrics = TemporalMetrics()

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """Work while the app lives; then finish what is under way."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.metrics.drained())
            ring = KeyRing.read(self._settings.keys_file)
            services = services_of(self._settings)
            stack.push_async_callback(services.close)
            known = KnownKeys(
                ring,
                AskedKeys(services.coordination),
                most=self._settings.keys_remembered,
                seconds=self._settings.keys_remembered_seconds,
            )
            working = asyncio.create_task(self._work(services, ring, known))
            yield
            if self._worker is None:
                working.cancel()
            else:
                await self._worker.shutdown()
            await asyncio.gather(working, return_exceptions=True)

    async def check_temporal(self) -> None:
        """Is the engine there? Raises when it is not."""
        if self._client is None:
            raise NotWorking
        await self._client.service_client.check_health()

    async def check_worker(self) -> None:
        """Does the worker work? Raises when it does not."""
        if self._worker is None or not self._worker.is_running:
            raise NotWorking

    async def _work(self, services: Services, ring: KeyRing, known: KnownKeys) -> None:
        """Until shut down. A worker that fails for good ends the process: it is started anew."""
        try:
            self._client = await self._connect(ring, known)
            self._worker = create_worker(
                self._client,
                services,
                cached_journeys=self._settings.cached_journeys,
                calls_at_once=self._settings.calls_at_once,
                build_id=self._settings.build_id,
            )
            self.metrics.watch(self._worker)
            await self._worker.run()
        except Exception as error:
            get_logger("workflows").error("worker-failed", error=type(error).__name__)
            signal.raise_signal(signal.SIGTERM)

    async def _connect(self, ring: KeyRing, known: KnownKeys) -> Client:
        """The engine may come up later than we do."""
        settings = self._settings
        while True:
            try:
                return await connect(
                    settings.address,
                    settings.namespace,
                    ring,
                    known=known,
                    runtime=self.metrics.runtime,
                    tls=settings.tls(),
                    interceptors=interceptors(
                        "workflows", settings.traces_url, settings.traces_share
                    ),
                )
            except RuntimeError as away:
                get_logger("workflows").warning("engine-away", error=type(away).__name__)
                await asyncio.sleep(RECONNECT_SECONDS)


def services_of(settings: WorkflowSettings) -> Services:
    """The four services, asked with tokens of our own."""
    key = SigningKey.read(settings.signing_key_file)
    tokens = ServiceTokens(TokenMint(key, settings.issuer, settings.audience), SUBJECT, SCOPES)
    coordination = ServiceClient(settings.coordination_url, tokens)
    editions = addresses_in(settings.editions_file)

    def concluding(service: str, url: str) -> ServiceClient:
        others = {
            edition: ServiceClient(addresses[service], tokens)
            for edition, addresses in editions.items()
            if service in addresses
        }
        return ByEdition(ServiceClient(url, tokens), coordination, others)

    return Services(
        assessment=concluding("assessment", settings.assessment_url),
        localization=concluding("localization", settings.localization_url),
        followup=concluding("followup", settings.followup_url),
        coordination=coordination,
    )
