"""The whole system in one process and on one address, as a short program: what `tio up` runs.

Temporal's dev server is the one child process. Everything that has to survive lies in the data
folder: killing all of it and starting again on the same folder goes on where it was.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from socket import create_server, socket
from typing import TextIO

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.client import Client, Interceptor

from deploy.data_folder import DataFolder
from deploy.temporal_server import embedded
from services.assessment.app import create_app as create_assessment
from services.assessment.settings import AssessmentSettings
from services.chassis import health, metrics
from services.chassis.client import ServiceClient
from services.chassis.logging import get_logger
from services.chassis.serve import server_of
from services.chassis.settings import read_settings
from services.chassis.tokens import ServiceTokens, TokenMint
from services.coordination.answers import WholeAnswers, tokens_of_people
from services.coordination.app import create_app as create_coordination
from services.coordination.data_keys import DataKeys
from services.coordination.erasing import erasers
from services.coordination.settings import CoordinationSettings
from services.coordination.sign_in import create_sign_in_link
from services.coordination.upkeep_contract import KEY_SCOPE
from services.followup.app import create_app as create_followup
from services.followup.settings import FollowupSettings
from services.localization.app import create_app as create_localization
from services.localization.settings import LocalizationSettings
from workflows.asked_keys import AskedKeys
from workflows.client import JourneyClient, connect
from workflows.codec import KeyRing
from workflows.editions import ByEdition
from workflows.journey_keys import KnownKeys
from workflows.metrics import TemporalMetrics
from workflows.tracing import interceptors
from workflows.worker import Services, create_worker

ORGANISATION = "local"
API_TOKEN_DAYS = 365
DAY_SECONDS = 86_400
EVERYTHING = ("system/*.cruds",)
READING = ("system/*.rs",)
TELLING = ("system/EpisodeOfCare.c",)
ERASING = ("system/*.d",)
RECORDS_OF = ("assessment", "localization", "followup")

PAUSE_SECONDS = 1.0

Say = Callable[[str], None]


class CannotStart(Exception):
    """The system could not be brought up; the text says why."""


@dataclass(frozen=True)
class Place:
    """Where the system works and listens."""

    folder: DataFolder
    host: str
    port: int
    rehearsal: bool
    environ: Mapping[str, str]
    log_level: str = "info"

    @property
    def url(self) -> str:
        """Where people and systems reach it."""
        return f"http://{self.host}:{self.port}"


def log_level_for(stream: TextIO) -> str:
    """A person at a terminal is told what is wrong; a log collector is told everything."""
    return "warning" if stream.isatty() else "info"


Meanwhile = Callable[[Place], Awaitable[None]]


class OnOneAddress:
    """The services behind one address: the first part of the path says whose request it is."""

    def __init__(self, front: FastAPI, services: Mapping[str, FastAPI]) -> None:
        self._front = front
        self._by_path: dict[str, ASGIApp] = {
            **services,
            **dict.fromkeys(("healthz", "readyz", "metrics"), front),
        }
        self._pages = services["coordination"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, its path unchanged. What belongs to nobody else is a page."""
        if scope["type"] == "lifespan":
            await self._front(scope, receive, send)
            return
        first = scope["path"].split("/", 2)[1]
        await self._by_path.get(first, self._pages)(scope, receive, send)


def front_of(services: Mapping[str, FastAPI], journeys: TemporalMetrics) -> FastAPI:
    """What is asked of the whole: does it live, can it work, what was counted."""

    @asynccontextmanager
    async def all_of_them(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in services.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    front = FastAPI(lifespan=all_of_them, openapi_url=None)

    @front.get("/healthz", response_model=health.Liveness)
    async def healthz() -> health.Liveness:
        """Does the process live?"""
        return health.liveness()

    @front.get("/readyz", response_model=health.Readiness)
    async def readyz(response: Response) -> health.Readiness:
        """Can all services do their work? 503 with the names of what is missing."""
        answer = await health.readiness_of_all(services.values())
        response.status_code = 200 if answer.ready else 503
        return answer

    @front.get("/metrics")
    async def all_metrics(request: Request) -> Response:
        """What services and journeys counted, and what the process needs."""
        counted = [app.state.metrics.registry for app in services.values()]
        content, media_type = metrics.expose(
            [*counted, journeys.registry], request.headers.get("accept", "")
        )
        return Response(content, media_type=media_type, headers={"Cache-Control": "no-store"})

    return front


async def run(place: Place, say: Say, meanwhile: Meanwhile | None = None) -> int:
    """Bring everything up, say where it is, and keep it up until told to end.

    `meanwhile` runs beside it once it is up, as somebody who uses it.
    """
    told_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told_to_end.set)
    with place.folder.held():
        ring = KeyRing.create(place.folder.payload_keys)
        keys = DataKeys(ring)
        mint = place.folder.mint()
        async with embedded(place.folder.temporal_database, rehearsal=place.rehearsal) as temporal:
            counted = TemporalMetrics()
            # Coordination reads journeys' keys in its own table, the worker asks for them.
            engine, tokens = (temporal.address, temporal.namespace, ring), tokens_of_worker(mint)
            telling = await connect(
                *engine,
                known=KnownKeys(ring, keys),
                runtime=counted.runtime,
                interceptors=_traced("coordination", place),
            )
            asked = AskedKeys(ServiceClient(place.url, tokens))
            working = await connect(
                *engine,
                known=KnownKeys(ring, asked),
                runtime=counted.runtime,
                interceptors=_traced("workflows", place),
            )
            apps = _services(place, mint, JourneyClient(telling), keys)
            # Left in the reverse order: journeys end their calls while services still answer.
            async with (
                counted.drained(),
                _served(OnOneAddress(front_of(apps, counted), apps), place),
                _working(place, tokens, working, counted),
            ):
                await _tell_how_to_reach_it(place, mint, apps["coordination"], say)
                using = asyncio.ensure_future(meanwhile(place)) if meanwhile else None
                await told_to_end.wait()
                if using is not None:
                    using.cancel()
                    await asyncio.gather(using, return_exceptions=True)
                say("Ending; the next start on this folder goes on from here.")
    return 0


def _traced(part: str, place: Place) -> Sequence[Interceptor]:
    url, share = (place.environ.get(f"TIO_{part.upper()}_TRACES_{one}") for one in ("URL", "SHARE"))
    return interceptors(part, url, float(share or 1))


def tokens_of_worker(mint: TokenMint) -> ServiceTokens:
    """What journeys are worked on with: everything, and their keys by name."""
    return ServiceTokens(mint, "workflows", (*EVERYTHING, KEY_SCOPE))


def _services(
    place: Place, mint: TokenMint, journeys: JourneyClient, keys: DataKeys
) -> dict[str, FastAPI]:
    def environ(service: str) -> dict[str, str]:
        level = {f"TIO_{service.upper()}_LOG_LEVEL": place.log_level}
        return level | place.folder.environ(service, place.environ)

    coordination = read_settings(
        CoordinationSettings,
        "TIO_COORDINATION",
        {
            "TIO_COORDINATION_PUBLIC_URL": place.url,
            # One machine: receivers of webhooks are on it or beside it, and there is one relay.
            "TIO_COORDINATION_WEBHOOK_PRIVATE_NETWORKS": "true",
            "TIO_COORDINATION_LEASE_SECONDS": "2",
            "TIO_COORDINATION_ERASURE_LOG": str(place.folder.erasure_log),
        }
        | environ("coordination"),
    )
    # Pages fetch reasons as any caller would, over the one address.
    asking = ServiceClient(place.url, ServiceTokens(mint, "coordination", READING))
    # Journeys hear from follow-up what a prescriber decided, the same way.
    telling = ServiceClient(place.url, ServiceTokens(mint, "followup", TELLING))
    erasing = ServiceClient(place.url, ServiceTokens(mint, "coordination", ERASING))
    answers = WholeAnswers(
        dict.fromkeys(("assessment", "localization", "followup"), asking), tokens_of_people(mint)
    )
    return {
        "assessment": create_assessment(
            read_settings(AssessmentSettings, "TIO_ASSESSMENT", environ("assessment"))
        ),
        "localization": create_localization(
            read_settings(LocalizationSettings, "TIO_LOCALIZATION", environ("localization"))
        ),
        "followup": create_followup(
            read_settings(FollowupSettings, "TIO_FOLLOWUP", environ("followup")), telling
        ),
        "coordination": create_coordination(
            coordination.model_copy(update={"rehearsal": place.rehearsal}),
            journeys,
            answers,
            answers,
            keys=keys,
            ask_to_erase=erasers(dict.fromkeys(RECORDS_OF, erasing)),
        ),
    }


@asynccontextmanager
async def _served(app: ASGIApp, place: Place) -> AsyncIterator[None]:
    """Listening, until the block is left and every request is answered."""
    with _listening(place) as listening:
        server = server_of(
            app, place.host, place.port, log_level=place.log_level, hears_signals=False
        )
        serving = asyncio.create_task(server.serve([listening]), name="http")
        try:
            while not server.started:
                if serving.done():
                    raise CannotStart("the services could not start; the log says why")
                await asyncio.sleep(0.01)
            yield
        finally:
            server.should_exit = True
            await asyncio.gather(serving, return_exceptions=True)


def _listening(place: Place) -> socket:
    """The address, taken before anything else is started on it."""
    try:
        return create_server((place.host, place.port))
    except OSError as error:
        raise CannotStart(f"cannot listen on {place.url}: {error.strerror}") from None


@asynccontextmanager
async def _working(
    place: Place, tokens: ServiceTokens, client: Client, counted: TemporalMetrics
) -> AsyncIterator[None]:
    """Journeys are worked on, until the block is left and their calls have ended."""
    coordination = ServiceClient(place.url, tokens)

    def concluding() -> ServiceClient:
        return ByEdition(ServiceClient(place.url, tokens), coordination)

    services = Services(concluding(), concluding(), concluding(), coordination)
    work = asyncio.create_task(_work(client, services, counted), name="journeys")
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await services.close()


async def _work(client: Client, services: Services, counted: TemporalMetrics) -> None:
    """A worker that is started again if the engine was away for longer than it bears."""
    while True:
        try:
            worker = create_worker(client, services)
            counted.watch(worker)
            await worker.run()
        except Exception as error:
            get_logger("workflows").error("worker-ended", error=type(error).__name__)
        await asyncio.sleep(PAUSE_SECONDS)


async def _tell_how_to_reach_it(
    place: Place, mint: TokenMint, coordination: FastAPI, say: Say
) -> None:
    """Leave a token for API calls in the folder, and show a way in for a person."""
    folder = place.folder
    folder.keep_api_token(
        mint.mint("operator", ORGANISATION, EVERYTHING, API_TOKEN_DAYS * DAY_SECONDS)
    )
    link = await create_sign_in_link(coordination.state.database, ORGANISATION, "coordinator")
    say(f"TIO Pathway is up on {place.url}" + (" (rehearsal)" if place.rehearsal else ""))
    say(f"  sign in, once:   {place.url}{link}")
    say(f"  token for calls: {folder.api_token}")
    say(f"  health:          {place.url}/readyz   metrics: {place.url}/metrics")
    say(f"  everything that has to survive is in {folder.path}")
