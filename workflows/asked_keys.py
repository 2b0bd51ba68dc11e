"""Journeys' keys, asked of coordination: what a worker uses, which has no database of its own."""

from uuid import UUID

from services.chassis.client import Refused, ServiceClient
from services.coordination.client import CoordinationClient
from workflows.journey_keys import KeyAway, KeyGone, SealedKey

GONE = 410


class AskedKeys:
    """One call for each key; who uses it remembers it for a while."""

    def __init__(self, coordination: ServiceClient) -> None:
        self._coordination = CoordinationClient(coordination)

    async def key_of(self, organisation: str, journey_id: UUID) -> SealedKey:
        """The key of this journey, as coordination keeps it."""
        try:
            key = await self._coordination.read_key(organisation, journey_id)
        except Refused as refused:
            if refused.status == GONE:
                raise KeyGone("the key of this journey was destroyed") from None
            raise KeyAway(f"coordination gives no key: {refused.status}") from None
        return SealedKey(key.ring_key, key.sealed)
