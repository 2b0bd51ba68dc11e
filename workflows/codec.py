"""Encrypts every payload before it leaves the process, with AES-256-GCM. Keys rotate.

What Temporal stores and shows is ciphertext and the id of the key; what stays readable is
workflow ids, types and the phase, which say nothing of a patient.
"""

import base64
import dataclasses
import json
import os
from collections.abc import Iterable, Sequence
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
)

from services.chassis.key_files import write_once

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
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
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._ciphers[self.active]
        return self.active, nonce + cipher.encrypt(nonce, clear, PURPOSE + self.active.encode())

    def decrypt(self, key_id: str, sealed: bytes) -> bytes:
        """What was encrypted with this key; changed or relabelled bytes do not open."""
        if key_id not in self._ciphers:
            raise UnknownKey(f"no key '{key_id}' on this ring")
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return self._ciphers[key_id].decrypt(nonce, ciphertext, PURPOSE + key_id.encode())


class EncryptedPayloads(PayloadCodec):
    """The codec that clients and workers share."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal each payload whole, its own metadata included."""
        return [self._seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open what was sealed; what was not passes as it is."""
        return list(self._open(payloads))

    def _seal(self, payload: Payload) -> Payload:
        key_id, sealed = self._keys.encrypt(payload.SerializeToString())
        return Payload(metadata={"encoding": ENCODING, KEY_ID: key_id.encode()}, data=sealed)

    def _open(self, payloads: Iterable[Payload]) -> Iterable[Payload]:
        for payload in payloads:
            if payload.metadata.get("encoding") != ENCODING:
                yield payload
            else:
                key_id = payload.metadata[KEY_ID].decode()
                yield Payload.FromString(self._keys.decrypt(key_id, payload.data))


def data_converter(keys: KeyRing) -> DataConverter:
    """Pydantic in, ciphertext out; the texts of failures are sealed as well."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptedPayloads(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
