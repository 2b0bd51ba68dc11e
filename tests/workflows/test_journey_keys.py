"""Each journey has a key of its own: with the key, everything said of it is gone."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError
from temporalio.converter import WorkflowSerializationContext

from services.chassis.database import Database
from services.coordination import data_keys
from tests.postgres import opened
from tests.workflows.conftest import Walk, a_worker, eventually
from tests.workflows.real_ward import a_real_ward
from tests.workflows.ward import Ward, wasting_is_found
from workflows.client import connect
from workflows.codec import KEY_ID, EncryptedPayloads, KeyRing, UnknownKey
from workflows.contract import EventKind, workflow_id
from workflows.journey_keys import GRACE_SECONDS, KeyAway, KeyGone, KnownKeys, SealedKey

RING = KeyRing("a", {"a": bytes(range(32))})
CLEAR = Payload(metadata={"encoding": b"json/plain"}, data=b'"TIO_PROBABLE"')
WHAT_SAYS_SOMETHING = (
    "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
    "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED",
    "EVENT_TYPE_MARKER_RECORDED",
)
"""What a journey begins with, what it is told, and the answer of each turn."""

HERE, NEIGHBOUR = workflow_id("north", uuid4()), workflow_id("north/east", uuid4())


class Cupboard:
    """Keeps journeys' keys in memory; can be away, and can lose one for good."""

    def __init__(self) -> None:
        self.keys: dict[UUID, SealedKey | None] = {}
        self.away = False
        self.asked = 0

    async def key_of(self, organisation: str, journey_id: UUID) -> SealedKey:
        """As coordination answers."""
        self.asked += 1
        if self.away:
            raise ConnectionError("away")
        fresh = SealedKey(*RING.encrypt(uuid4().bytes + uuid4().bytes))
        key = self.keys.setdefault(journey_id, fresh)
        if key is None:
            raise KeyGone
        return key


class Clock:
    """Moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        """What time is it?"""
        return self.now


def of(codec: EncryptedPayloads, workflow: str) -> EncryptedPayloads:
    """The codec as it is used for one workflow."""
    return codec.with_context(WorkflowSerializationContext("default", workflow))


async def test_what_is_said_of_a_journey_is_sealed_with_its_own_key_and_no_other() -> None:
    codec = EncryptedPayloads(RING, KnownKeys(RING, Cupboard()))
    [sealed] = await of(codec, HERE).encode([CLEAR])

    assert sealed.metadata[KEY_ID] == HERE.encode()
    assert b"TIO" not in sealed.SerializeToString()
    assert await codec.decode([sealed]) == [CLEAR], "who holds the key needs no context"
    sealed.metadata[KEY_ID] = NEIGHBOUR.encode()
    with pytest.raises(InvalidTag):
        await codec.decode([sealed])


async def test_what_belongs_to_no_journey_and_what_is_older_is_opened_by_the_ring() -> None:
    [older] = await of(EncryptedPayloads(RING), HERE).encode([CLEAR])
    codec = EncryptedPayloads(RING, KnownKeys(RING, Cupboard()))

    assert older.metadata[KEY_ID] == b"a"
    assert await of(codec, HERE).decode([older]) == [CLEAR]
    assert (await of(codec, "fleet").encode([CLEAR]))[0].metadata[KEY_ID] == b"a"


async def test_the_ring_alone_does_not_open_what_a_journeys_key_sealed() -> None:
    [sealed] = await of(EncryptedPayloads(RING, KnownKeys(RING, Cupboard())), HERE).encode([CLEAR])

    with pytest.raises(UnknownKey):
        await EncryptedPayloads(RING).decode([sealed])


async def test_no_more_keys_are_known_than_were_allowed_and_none_for_long() -> None:
    cupboard, clock = Cupboard(), Clock()
    known = KnownKeys(RING, cupboard, most=2, seconds=60, clock=clock)
    for _ in range(3):
        await known.cipher(workflow_id("north", uuid4()))
    assert len(known) == 2

    await known.cipher(HERE)
    clock.now = 59
    asked = cupboard.asked
    await known.cipher(HERE)
    assert cupboard.asked == asked
    clock.now = 61
    await known.cipher(HERE)
    assert cupboard.asked == asked + 1


async def test_a_destroyed_key_is_forgotten_and_one_that_is_only_away_is_used_on_for_a_while() -> (
    None
):
    cupboard, clock = Cupboard(), Clock()
    known = KnownKeys(RING, cupboard, seconds=60, clock=clock)
    await known.cipher(HERE)

    cupboard.away, clock.now = True, 100
    await known.cipher(HERE)
    clock.now = 61 + GRACE_SECONDS
    with pytest.raises(KeyAway):
        await known.cipher(HERE)

    cupboard.away = False
    cupboard.keys = dict.fromkeys(cupboard.keys)
    for _ in range(2):
        with pytest.raises(KeyGone):
            await known.cipher(HERE)
    assert len(known) == 0


async def test_a_journey_whose_key_is_away_waits_and_loses_nothing(temporal: Client) -> None:
    cupboard = Cupboard()
    address = temporal.service_client.config.target_host
    telling = await connect(address, "default", RING, known=KnownKeys(RING, cupboard, seconds=3600))
    known = KnownKeys(RING, cupboard, seconds=0, grace=0)
    working = await connect(address, "default", RING, known=known)
    ward = Ward(wasting_is_found)
    async with a_worker(working, ward) as worker:
        walk = Walk(telling, ward, worker.task_queue)
        await walk.say(EventKind.OBSERVATIONS)
        await walk.asked("proceed-to-localization")
        before = cupboard.asked
        cupboard.away = True
        scan = await walk.tell(EventKind.STUDY)
        await eventually(lambda: cupboard.asked >= before + 2, "asked for its key in vain")
        assert scan not in ward.outcomes
        cupboard.away = False
        assert await walk.heard(scan) == ("applied", "")


def payloads_in(message: Message) -> Iterator[Payload]:
    """Every payload, wherever it stands."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            values = [one for one in value.values() if isinstance(one, Message)]
        else:
            values = list(value) if field.is_repeated else [value]
        for one in values:
            yield from payloads_in(one)


async def test_with_its_key_a_journey_is_gone_and_its_neighbour_goes_on(
    temporal: Client, tmp_path: Path
) -> None:
    async with a_real_ward(temporal, tmp_path) as ward:
        journeys = [uuid4(), uuid4()]
        for id in journeys:
            ward.journey = f"/coordination/v1/journeys/{id}"
            await ward.put(ward.journey, {"patient": {"id": f"MRN-{id}"}})
            await ward.tell("observations", {"observations": []})
            await ward.until("assessment", "proceed-to-localization")
        gone, stays = journeys
        handle = temporal.get_workflow_handle(workflow_id("north", gone))
        sealed = [
            (EventType.Name(event.event_type), payload.metadata[KEY_ID].decode())
            for event in (await handle.fetch_history()).events
            for payload in payloads_in(event)
            if payload.metadata.get("encoding") == b"binary/encrypted"
        ]
        assert {kind for kind, _ in sealed} == set(WHAT_SAYS_SOMETHING)
        assert {key for _, key in sealed} == {workflow_id("north", gone)}

        database = Database(**opened(tmp_path, "coordination"))
        async with database.across.transaction() as session:
            await data_keys.destroy(session, "north", gone)
        await database.close()

        ward.journey = f"/coordination/v1/journeys/{gone}"
        await ward.tell("decision", {"answer": "localize", "reason": "it is clear"})
        ward.journey = f"/coordination/v1/journeys/{stays}"
        await ward.tell("decision", {"answer": "localize", "reason": "it is clear"})
        await ward.once(lambda journey: journey["phase"] == "localization")
        ward.journey = f"/coordination/v1/journeys/{gone}"
        assert (await ward.read())["phase"] == "assessment", "nobody can read what it was told"
        await handle.terminate()
        with pytest.raises(WorkflowFailureError):
            await handle.result()
