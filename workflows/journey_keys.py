"""A key for each journey: destroyed, and everything ever said of that journey is noise.

The keys are kept by coordination, each sealed by the ring. Whoever works on journeys asks for them
and forgets them again soon, so that a destroyed key is gone everywhere within that time.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workflows.contract import journey_of

REMEMBERED = 1000
SECONDS = 60.0
GRACE_SECONDS = 600.0
"""While coordination cannot be asked, a key that was known a moment ago is used for so long."""


class KeyGone(Exception):
    """The key of this journey was destroyed: nobody will ever read what it sealed."""


class KeyAway(Exception):
    """The key cannot be had now; whoever needs it asks again."""


class SealedKey(NamedTuple):
    """A journey's key as it is kept: not to be used without the key of the ring that sealed it."""

    ring_key: str
    sealed: bytes


class Ring(Protocol):
    """What seals journeys' keys; `workflows.codec.KeyRing` does it."""

    def decrypt(self, key_id: str, sealed: bytes) -> bytes:
        """What was sealed with this key of the ring."""


class JourneyKeys(Protocol):
    """Who keeps journeys' keys."""

    async def key_of(self, organisation: str, journey_id: UUID) -> SealedKey:
        """The key of this journey. `KeyGone` when destroyed, any other trouble is weather."""


class KnownKeys:
    """The keys in use just now: so many at most, each asked for anew after so many seconds.

    One that cannot be asked for anew is used on for a while: an outage of who keeps the keys is to
    stop nobody at once. One that is said to be destroyed is forgotten at that moment.
    """

    def __init__(
        self,
        ring: Ring,
        keys: JourneyKeys,
        *,
        most: int = REMEMBERED,
        seconds: float = SECONDS,
        grace: float = GRACE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ring, self._keys = ring, keys
        self._most, self._seconds, self._grace, self._clock = most, seconds, grace, clock
        self._known: OrderedDict[str, tuple[float, AESGCM]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    async def cipher(self, workflow_id: str) -> AESGCM:
        """What seals and opens the words of this journey."""
        known, now = self._known.get(workflow_id), self._clock()
        if known is not None and known[0] > now:
            self._known.move_to_end(workflow_id)
            return known[1]
        try:
            cipher = AESGCM(await self._opened(workflow_id))
        except KeyAway:
            if known is not None and known[0] + self._grace > now:
                return known[1]
            raise
        except KeyGone:
            self._known.pop(workflow_id, None)
            raise
        self._known[workflow_id] = (now + self._seconds, cipher)
        self._known.move_to_end(workflow_id)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return cipher

    async def _opened(self, workflow_id: str) -> bytes:
        try:
            kept = await self._keys.key_of(*journey_of(workflow_id))
        except (KeyGone, KeyAway):
            raise
        except Exception as weather:
            raise KeyAway(f"the key cannot be had: {type(weather).__name__}") from None
        return self._ring.decrypt(kept.ring_key, kept.sealed)
