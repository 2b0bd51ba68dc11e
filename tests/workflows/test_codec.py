"""Nobody who looks into Temporal learns anything of a patient."""

import base64
import json
import stat
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from deploy.temporal_server import embedded
from tests.workflows.conftest import Walk, a_worker
from tests.workflows.ward import Ward, wasting_is_found
from workflows.client import connect
from workflows.codec import KEY_ID, EncryptedPayloads, KeyRing, UnknownKey
from workflows.contract import EventKind, workflow_id

FIRST, SECOND = bytes(range(32)), bytes(range(1, 33))
CLEAR = Payload(metadata={"encoding": b"json/plain"}, data=b'"TIO_PROBABLE"')


async def sealed_with(ring: KeyRing) -> Payload:
    """The clear payload as it leaves the process."""
    return (await EncryptedPayloads(ring).encode([CLEAR]))[0]


async def test_what_leaves_the_process_cannot_be_read_and_comes_back_whole() -> None:
    ring = KeyRing("a", {"a": FIRST})
    sealed = await sealed_with(ring)

    assert b"TIO" not in sealed.SerializeToString()
    assert sealed.metadata[KEY_ID] == b"a"
    assert await EncryptedPayloads(ring).decode([sealed]) == [CLEAR]


async def test_the_same_words_never_look_the_same_twice() -> None:
    ring = KeyRing("a", {"a": FIRST})

    assert (await sealed_with(ring)).data != (await sealed_with(ring)).data


async def test_after_rotation_old_payloads_are_read_and_new_ones_use_the_new_key() -> None:
    old = await sealed_with(KeyRing("a", {"a": FIRST}))
    rotated = KeyRing("b", {"a": FIRST, "b": SECOND})

    assert await EncryptedPayloads(rotated).decode([old]) == [CLEAR]
    assert (await sealed_with(rotated)).metadata[KEY_ID] == b"b"


async def test_a_payload_of_a_lost_key_says_which_key_is_missing() -> None:
    sealed = await sealed_with(KeyRing("a", {"a": FIRST}))

    with pytest.raises(UnknownKey, match="'a'"):
        await EncryptedPayloads(KeyRing("b", {"b": SECOND})).decode([sealed])


async def test_a_relabelled_or_changed_payload_does_not_open() -> None:
    ring = KeyRing("a", {"a": FIRST, "b": FIRST})
    relabelled, changed = await sealed_with(ring), await sealed_with(ring)
    relabelled.metadata[KEY_ID] = b"b"
    changed.data = changed.data[:-1] + bytes([changed.data[-1] ^ 1])

    for payload in (relabelled, changed):
        with pytest.raises(InvalidTag):
            await EncryptedPayloads(ring).decode([payload])


def test_the_key_is_made_on_first_start_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "payload-keys.json"
    made, found = KeyRing.create(path), KeyRing.create(path)

    key_id, sealed = made.encrypt(b"words")
    assert found.decrypt(key_id, sealed) == b"words"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = json.loads(path.read_text())
    assert len(base64.b64decode(written["keys"][written["active"]])) == 32


def test_a_ring_whose_active_key_is_missing_is_refused() -> None:
    with pytest.raises(UnknownKey):
        KeyRing("b", {"a": FIRST})


async def test_nothing_a_journey_says_can_be_found_in_temporals_database(tmp_path: Path) -> None:
    planted = [
        b"PLANTED_STATE",
        b"no answer can be read",
        b"proceed-to-localization",
        b"keep-testing",
    ]
    ward = Ward(wasting_is_found)
    concluded = ward._concludes
    ward._concludes = lambda w, service, request: concluded(w, service, request).model_copy(
        update={"state": "PLANTED_STATE"}
    )
    database = tmp_path / "temporal.db"
    async with embedded(database) as server:
        client = await connect(server.address, server.namespace, KeyRing("a", {"a": FIRST}))
        walk = await a_journey_with_a_refusal(client, ward)
        history = await client.get_workflow_handle(
            workflow_id(walk.organisation, walk.id)
        ).fetch_history()

    stored = everything_in(tmp_path)
    assert str(walk.id).encode() in stored, "the files were read"
    for words in planted:
        assert words not in stored
        assert words.decode() not in history.to_json()


def everything_in(folder: Path) -> bytes:
    """All bytes of all files."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def a_journey_with_a_refusal(client: Client, ward: Ward) -> Walk:
    """Codes, a question, an answer, and the text of a failure went through the server."""
    async with a_worker(client, ward) as worker:
        walk = Walk(client, ward, worker.task_queue)
        await walk.say(EventKind.OBSERVATIONS)
        await walk.answer("proceed-to-localization", "keep-testing")
        outcome, reason = await walk.say(EventKind.DECISION)
        assert (outcome, reason) == ("refused", "no answer can be read in it")
        await walk.settled(lambda s: s.standing and s.standing.state == "PLANTED_STATE")
        return walk
