"""`make history journey=ID`: keep a journey's history, so that tomorrow's code is tried on it.

Payloads are opened before they are written: a history says codes, ids and days, and whoever reviews
the file should see that for themselves. Without an ID a rehearsed journey is recorded.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from google.protobuf.json_format import MessageToJson
from temporalio.api.history.v1 import History
from temporalio.client import Client, WorkflowHistory

from deploy.temporal_server import embedded
from services.chassis.client import ServiceClient
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from services.coordination.upkeep_contract import KEY_SCOPE
from tests.workflows.conftest import TEST_KEYS, Walk, a_walk, eventually
from tests.workflows.ward import Ward, wasting_is_found
from workflows.asked_keys import AskedKeys
from workflows.client import connect
from workflows.codec import EncryptedPayloads, KeyRing
from workflows.contract import EventArrived, EventKind, Phase, ToldAgain
from workflows.histories import open_payloads
from workflows.journey_keys import KnownKeys

HISTORIES = Path(__file__).parent / "histories"
OPENED = KeyRing.read(TEST_KEYS)


async def record(client: Client, codec: EncryptedPayloads, journey: str, name: str) -> list[Path]:
    """Write every run of this journey that the server still has, oldest first."""
    written = []
    histories = sorted(
        [history async for history in runs_of(client, journey)],
        key=lambda history: history.events[0].event_time.ToDatetime(),
    )
    for number, history in enumerate(histories, 1):
        opened = History(events=history.events)
        await open_payloads(opened, codec)
        file = HISTORIES / f"{name}-{number}.json"
        file.write_text(MessageToJson(opened, indent=1) + "\n")
        written.append(file)
    return written


async def runs_of(client: Client, journey: str) -> AsyncIterator[WorkflowHistory]:
    """The histories of a journey, which is named by its uuid or by its whole workflow id."""
    async for run in client.list_workflows("WorkflowType = 'TioJourney'"):
        if run.id == journey or run.id.endswith(f"/{journey}"):
            handle = client.get_workflow_handle(run.id, run_id=run.run_id)
            yield await handle.fetch_history()


async def record_a_rehearsal(name: str, live: Callable[[Walk], Awaitable[None]]) -> list[Path]:
    """What happens to a rehearsed patient, run after run."""
    with tempfile.TemporaryDirectory() as folder:
        async with embedded(Path(folder) / "temporal.db", rehearsal=True) as server:
            client = await connect(server.address, server.namespace, OPENED)
            async with a_walk(client, Ward(wasting_is_found)) as walk:
                await live(walk)
            return await record(client, EncryptedPayloads(OPENED), str(walk.id), name)


async def live(walk: Walk) -> None:
    """Two years with refusals, an outage, and a search that starts again."""
    walk.ward.refuses = {EventKind.GENETICS}
    await walk.say(EventKind.OBSERVATIONS)
    await walk.say(EventKind.GENETICS)
    await walk.answer("proceed-to-localization", "keep-testing")
    await walk.say(EventKind.DECISION, answer="operate")
    await walk.say(EventKind.DECISION, answer="localize")
    await walk.say(EventKind.EXAMINATION)
    await walk.live_through(40)
    walk.ward.away = {"localization"}
    scan = await walk.tell(EventKind.STUDY)
    await eventually(lambda: walk.ward.asked["record_study"] > 1, "asked in vain")
    walk.ward.away = set()
    await walk.heard(scan)
    await walk.answer("plan-treatment", "operate")
    await walk.answer("record-the-operation", "postponed")
    await walk.say(EventKind.SURGERY)
    await walk.settled(lambda s: s.phase is Phase.SURVEILLANCE)
    await walk.live_through(400)
    await walk.say(EventKind.OBSERVATIONS)
    await walk.say(EventKind.ACKNOWLEDGEMENT)
    await walk.say(EventKind.DECISION, answer="localize")
    await walk.say(EventKind.DECISION, answer="treat-medically")
    await walk.live_through(400)
    await walk.journeys.roll(walk.organisation, walk.id)
    await walk.tell(EventKind.WITHDRAWAL)
    await walk.journeys.handle(walk.organisation, walk.id).result()


async def live_on(walk: Walk) -> None:
    """A bridge, a pause, a late gene, a move, a death that was none, a consent withdrawn."""
    await walk.say(EventKind.OBSERVATIONS)
    await walk.answer("proceed-to-localization", "localize")
    await walk.say(EventKind.THERAPY)
    await walk.say(EventKind.OBSERVATIONS)
    await walk.say(EventKind.GENETICS)
    await walk.say(EventKind.CONSTRAINTS)
    await walk.say(EventKind.PAUSE)
    await walk.live_through(20)
    await walk.say(EventKind.RESUME)
    await walk.say(EventKind.STUDY)
    await walk.answer("plan-treatment", "operate")
    await walk.say(EventKind.RELOCATION)
    await walk.say(EventKind.TRANSFER)
    await walk.say(EventKind.SURGERY)
    await walk.settled(lambda s: s.phase is Phase.SURVEILLANCE)
    await walk.live_through(100)
    await walk.say(EventKind.DEATH)
    await walk.journeys.handle(walk.organisation, walk.id).result()
    await walk.open_again(EventKind.DEATH, undone=True)
    await walk.settled(lambda s: s.phase is Phase.SURVEILLANCE)
    await walk.live_through(100)
    await walk.tell(EventKind.WITHDRAWAL)
    await walk.journeys.handle(walk.organisation, walk.id).result()


async def live_lost(walk: Walk) -> None:
    """The engine loses a run; it hears everything again, is asked, and goes on."""
    await walk.say(EventKind.OBSERVATIONS)
    await walk.answer("proceed-to-localization", "localize")
    await walk.say(EventKind.STUDY)
    await walk.asked("plan-treatment")
    for id, told in walk.ward.events.items():
        walk.ward.events[id] = told._replace(task=None)
    revision = walk.ward.progress[walk.id][-1].revision + 1
    await walk.journeys.end(walk.organisation, walk.id, "lost")
    events = tuple(
        EventArrived(event_id=id, kind=told.kind, occurred_at=told.occurred_at)
        for id, told in walk.ward.events.items()
    )
    told_again = ToldAgain(revision=revision, events=events)
    await walk.journeys.tell_again(walk.organisation, walk.id, told_again)
    await walk.answer("plan-treatment", "operate")
    await walk.asked("record-the-operation")
    await walk.tell(EventKind.WITHDRAWAL)
    await walk.journeys.handle(walk.organisation, walk.id).result()


REHEARSED: dict[str, Callable[[Walk], Awaitable[None]]] = {
    "rehearsed": live,
    "life": live_on,
    "lost": live_lost,
    "turns": live,
    "turns-life": live_on,
    "turns-lost": live_lost,
}


def coordination() -> ServiceClient:
    """Who keeps the keys of journeys; asked as the worker asks it."""
    key = SigningKey.read(
        Path(os.environ.get("TIO_WORKFLOWS_SIGNING_KEY_FILE", "data/signing-key.json"))
    )
    issuer = os.environ.get("TIO_WORKFLOWS_ISSUER", "tio-pathway")
    audience = os.environ.get("TIO_WORKFLOWS_AUDIENCE", "tio-pathway")
    tokens = ServiceTokens(TokenMint(key, issuer, audience), "workflows", (KEY_SCOPE,))
    url = os.environ.get("TIO_WORKFLOWS_COORDINATION_URL", "http://127.0.0.1:8080")
    return ServiceClient(url, tokens)


async def main(journey: str) -> None:
    """Record, and say what was written."""
    if not journey:
        written = []
        for name, lived in REHEARSED.items():
            written += await record_a_rehearsal(name, lived)
    elif journey in REHEARSED:
        written = await record_a_rehearsal(journey, REHEARSED[journey])
    else:
        keys = KeyRing.read(
            Path(os.environ.get("TIO_WORKFLOWS_KEYS_FILE", "data/payload-keys.json"))
        )
        address = os.environ.get("TIO_WORKFLOWS_ADDRESS", "127.0.0.1:7233")
        client = await connect(address, os.environ.get("TIO_WORKFLOWS_NAMESPACE", "default"), keys)
        codec = EncryptedPayloads(keys, KnownKeys(keys, AskedKeys(coordination())))
        written = await record(client, codec, journey, f"journey-{journey.rpartition('/')[2][:8]}")
    sys.stdout.writelines(f"{file}\n" for file in written)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else ""))
