"""Encrypts every payload before it leaves the process, with AES-256-GCM. Keys rotate.

What Temporal stores and shows is ciphertext and the id of the key; what stays readable is
workflow ids, types and the phase, which say nothing of a patient. What belongs to a journey is
sealed with that journey's own key; without keys of journeys, and of old, with the ring's.
"""

import base64
import copy
import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
)

from services.chassis.key_files import write_once
from workflows.journey_keys import KnownKeys

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
JOURNEYS_OWN = "journey/"
"""So begins the id of a journey's own key: it is the id of its workflow. A ring has no such."""

PURPOSE = b"tio-pathway payload "
NONCE_BYTES = 12


class UnknownKey(Exception):
    """A payload was encrypted with a key that is not on this ring."""


class _KeyFile(BaseModel):
    """How a ring is written down."""

    model_config = ConfigDict(extra="forbid")

    active: str
    keys: dict[str, str]


class KeyRing:
    """Encrypt with the active key, decrypt with any.

    To rotate: first give every process the new key, then make it the active one.
    """

    def __init__(self, active: str, keys: dict[str, bytes]) -> None:
        if active not in keys:
            raise UnknownKey(f"the active key '{active}' is not on the ring")
        self.active = active
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}

    @classmethod
    def create(cls, path: Path) -> Self:
        """The ring in this file; on first start it is made, readable by its owner only."""
        if not path.exists():
            key = base64.b64encode(AESGCM.generate_key(256)).decode()
            write_once(path, _KeyFile(active="k1", keys={"k1": key}).model_dump_json())
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The ring in this file, as a deployment gives it."""
        ring = _KeyFile.model_validate(json.loads(path.read_text()))
        return cls(ring.active, {i: base64.b64decode(key) for i, key in ring.keys.items()})

    def encrypt(self, clear: bytes) -> tuple[str, bytes]:
        """The id of the key, and nonce and ciphertext."""
        return self.active, encrypted(self._ciphers[self.active], self.active, clear)

    def decrypt(self, key_id: str, sealed: bytes) -> bytes:
        """What was encrypted with this key; changed or relabelled bytes do not open."""
        if key_id not in self._ciphers:
            raise UnknownKey(f"no key '{key_id}' on this ring")
        return decrypted(self._ciphers[key_id], key_id, sealed)


class EncryptedPayloads(PayloadCodec, WithSerializationContext):
    """The codec that clients and workers share.

    `known`: the journeys' own keys. Without them, and for what belongs to no journey, the ring's.
    """

    def __init__(self, ring: KeyRing, known: KnownKeys | None = None) -> None:
        self._ring, self._known = ring, known
        self._journey: str | None = None

    def with_context(self, context: SerializationContext) -> Self:
        """The same for what belongs to one workflow."""
        journeys = copy.copy(self)
        workflow = getattr(context, "workflow_id", None) or ""
        journeys._journey = workflow if workflow.startswith(JOURNEYS_OWN) else None
        return journeys

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal each payload whole, its own metadata included."""
        return [await self._seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open what was sealed; what was not passes as it is."""
        return [await self._open(payload) for payload in payloads]

    async def _seal(self, payload: Payload) -> Payload:
        clear = payload.SerializeToString()
        if self._known is None or self._journey is None:
            key_id, sealed = self._ring.encrypt(clear)
        else:
            key_id = self._journey
            sealed = encrypted(await self._known.cipher(key_id), key_id, clear)
        return Payload(metadata={"encoding": ENCODING, KEY_ID: key_id.encode()}, data=sealed)

    async def _open(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata[KEY_ID].decode()
        if not key_id.startswith(JOURNEYS_OWN):
            return Payload.FromString(self._ring.decrypt(key_id, payload.data))
        if self._known is None:
            raise UnknownKey("this is sealed with a journey's own key, and nobody here keeps those")
        cipher = await self._known.cipher(key_id)
        return Payload.FromString(decrypted(cipher, key_id, payload.data))


def encrypted(cipher: AESGCM, key_id: str, clear: bytes) -> bytes:
    """Nonce and ciphertext; the id of the key is sealed in, so that no label can be changed."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, clear, PURPOSE + key_id.encode())


def decrypted(cipher: AESGCM, key_id: str, sealed: bytes) -> bytes:
    """What was encrypted so; changed or relabelled bytes do not open."""
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    return cipher.decrypt(nonce, ciphertext, PURPOSE + key_id.encode())


def data_converter(ring: KeyRing, known: KnownKeys | None = None) -> DataConverter:
    """Pydantic in, ciphertext out; the texts of failures are sealed as well."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptedPayloads(ring, known),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
