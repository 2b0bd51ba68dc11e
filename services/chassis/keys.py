"""Whose signatures do we believe? A JWK Set, from a file or an address."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from services.chassis.errors import Unavailable

ALGORITHMS = frozenset(["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"])
"""Asymmetric only: with HMAC, whoever knows our public key could sign."""

PublicKey = RSAKey | ECKey | OKPKey

SEEK_AGAIN_AFTER = 10.0
"""Seconds; a stream of made-up key ids must not become a stream of requests."""
STALE_AFTER = 600.0
"""Seconds; after that a key that was withdrawn is noticed."""


class Keys:
    """The public keys of one JWK Set, read again when they are stale or a key is not there."""

    def __init__(self, source: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._source, self._clock = source, clock
        self._keys: list[PublicKey] = []
        self._tried_at: float | None = None
        self._read_at: float | None = None
        self._generation = 0
        self._reading = asyncio.Lock()

    async def generation(self) -> int:
        """Which reading of the set is in force? What was believed under another is asked again."""
        if self._read_at is None or self._clock() - self._read_at > STALE_AFTER:
            await self._read()
        return self._generation

    async def find(self, kid: str | None) -> list[PublicKey]:
        """Which keys may have made this signature? Without a `kid`, any of them."""
        await self.generation()
        found = self._named(kid)
        if not found and kid is not None:
            await self._read()
            found = self._named(kid)
        if self._read_at is None:
            raise Unavailable("the keys that sign our tokens cannot be read just now")
        return found

    async def check(self) -> None:
        """Are there keys? Raises when there are none."""
        await self.generation()
        if not self._keys:
            raise Unavailable("there are no keys to check tokens with")

    def _named(self, kid: str | None) -> list[PublicKey]:
        return [key for key in self._keys if kid is None or key.kid == kid]

    async def _read(self) -> None:
        """Read the set, unless that was tried a moment ago. The old keys hold when it fails."""
        async with self._reading:
            now = self._clock()
            if self._tried_at is not None and now - self._tried_at < SEEK_AGAIN_AFTER:
                return
            self._tried_at = now
            try:
                keys = _public(json.loads(await self._fetch()))
            except (OSError, ValueError, httpx2.HTTPError):
                return
            if [key.thumbprint() for key in keys] != [key.thumbprint() for key in self._keys]:
                self._generation += 1
            self._keys, self._read_at = keys, now

    async def _fetch(self) -> str:
        if self._source.startswith(("http://", "https://")):
            async with httpx2.AsyncClient(timeout=5) as http:
                return (await http.get(self._source)).raise_for_status().text
        return await asyncio.to_thread(Path(self._source).read_text)


def _public(document: object) -> list[PublicKey]:
    """The keys in a JWK Set that can check a signature; others (encryption, secrets) are left."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a JWK Set")
    keys: list[PublicKey] = []
    for entry in document["keys"]:
        try:
            key = JWKRegistry.import_key(entry)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey) and entry.get("use", "sig") == "sig":
            keys.append(key)
    return keys
