"""A key for each journey: made when it begins, kept sealed by the key ring, destroyed for good.

The ring seals keys and nothing else of a journey; without the row the ring opens nothing, and
without the ring the row is noise. A destroyed key leaves its row, so that none is made again.
"""

from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.database import Database
from services.coordination import repository
from services.coordination.journeys import KeyAway, KeyGone, SealedKey
from services.coordination.upkeep_tables import JourneyKeyRow

KEY_BITS = 256
AT_ONCE = 200


class Ring(Protocol):
    """What seals journeys' keys; `workflows.codec.KeyRing` does it."""

    active: str

    def encrypt(self, clear: bytes) -> tuple[str, bytes]:
        """The id of the key of the ring, and what was sealed with it."""

    def decrypt(self, key_id: str, sealed: bytes) -> bytes:
        """What was sealed with this key of the ring."""


class DataKeys:
    """Journeys' keys, in coordination's own table; `kept_in` says in which database."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._database: Database | None = None

    def kept_in(self, database: Database) -> None:
        """From now on they are kept there."""
        self._database = database

    async def key_of(self, organisation: str, journey_id: UUID) -> SealedKey:
        """The key of this journey; one that began before there were such keys gets its own now."""
        if self._database is None:
            raise KeyAway("coordination is not up yet")
        async with self._database.reading() as session:
            row = await session.get(JourneyKeyRow, (organisation, journey_id))
        if row is None:
            async with self._database.transaction() as session:
                row = await self.of(session, organisation, journey_id)
        return opened_by_the_ring(row)

    async def of(self, session: AsyncSession, organisation: str, journey_id: UUID) -> JourneyKeyRow:
        """The row of this journey's key, made if there is none. Only journeys we know have one."""
        journey = await repository.find_journey(session, organisation, journey_id, to_change=True)
        if journey is None:
            raise KeyAway("coordination knows no such journey")
        row = await session.get(JourneyKeyRow, (organisation, journey_id))
        return row or self.make(session, organisation, journey_id)

    def make(self, session: AsyncSession, organisation: str, journey_id: UUID) -> JourneyKeyRow:
        """A new key, for a journey that has none. The caller holds the journey."""
        ring_key, sealed = self._ring.encrypt(AESGCM.generate_key(KEY_BITS))
        row = JourneyKeyRow(
            organisation=organisation,
            journey=journey_id,
            ring_key=ring_key,
            sealed=sealed,
            made_at=datetime.now(UTC),
        )
        session.add(row)
        return row

    async def seal_anew(self) -> int:
        """After a rotation: seal with the active key what another key of the ring sealed."""
        if self._database is None:
            return 0
        async with self._database.transaction() as session:
            old = (
                select(JourneyKeyRow)
                .where(
                    col(JourneyKeyRow.ring_key) != self._ring.active,
                    col(JourneyKeyRow.sealed).is_not(None),
                )
                .limit(AT_ONCE)
                .with_for_update()
            )
            rows = list((await session.exec(old)).all())
            for row in rows:
                assert row.sealed is not None
                clear = self._ring.decrypt(row.ring_key, row.sealed)
                row.ring_key, row.sealed = self._ring.encrypt(clear)
        return len(rows)


async def destroy(session: AsyncSession, organisation: str, journey_id: UUID) -> None:
    """Nobody reads anymore what was sealed with the key of this journey. Safe to repeat."""
    now = datetime.now(UTC)
    row = await session.get(JourneyKeyRow, (organisation, journey_id), with_for_update=True)
    if row is None:
        row = JourneyKeyRow(organisation=organisation, journey=journey_id, ring_key="", made_at=now)
        session.add(row)
    row.sealed, row.ring_key = None, ""
    row.destroyed_at = row.destroyed_at or now


def opened_by_the_ring(row: JourneyKeyRow) -> SealedKey:
    """The key as who holds the ring can use it. `KeyGone` when it was destroyed."""
    if row.sealed is None:
        raise KeyGone("the key of this journey was destroyed")
    return SealedKey(row.ring_key, row.sealed)
