"""People's side of a journey: start, tell, move its clock. The only place that knows workflows."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from services.coordination.settings import CoordinationSettings
from workflows.client import JourneyClient, JourneyClosed, connect, tls_with
from workflows.codec import KeyRing
from workflows.contract import EventArrived, EventKind, Phase, ToldAgain
from workflows.journey_keys import JourneyKeys, KeyAway, KeyGone, KnownKeys, SealedKey
from workflows.policies import LOOK_ANYWAY as LONGEST_SLEEP
from workflows.tending import Ended, Runs, Seen
from workflows.tracing import interceptors

__all__ = [
    "KINDS",
    "LONGEST_SLEEP",
    "PHASES",
    "Ended",
    "EventArrived",
    "EventKind",
    "Journeys",
    "KeyAway",
    "KeyGone",
    "Runs",
    "SealedKey",
    "Seen",
    "ToldAgain",
    "connected",
    "ring_in",
    "tell",
]

KINDS = frozenset(kind.value for kind in EventKind)
"""What can be told to a journey."""

PHASES = tuple(phase.value for phase in Phase)
"""Where a journey can stand, in the usual order."""


LOOK = "look"
"""The message that tells a journey nothing but to look what is due."""


class Journeys(Protocol):
    """What coordination asks of the workflow engine; `workflows.client.JourneyClient` does it."""

    async def start(self, organisation: str, journey_id: UUID) -> None:
        """Let the journey run. Safe to repeat."""

    async def event_arrived(self, organisation: str, journey_id: UUID, event: EventArrived) -> None:
        """Tell the journey that an event waits, starting it if need be."""

    async def open_again(
        self,
        organisation: str,
        journey_id: UUID,
        event: EventArrived,
        carried: dict[str, Any],
    ) -> None:
        """Let a journey that has closed hear this all the same; `carried` is what it was."""

    async def fast_forward(self, organisation: str, journey_id: UUID, days: int) -> None:
        """Rehearsal: move this journey's own clock."""

    async def look(self, organisation: str, journey_id: UUID) -> None:
        """Let the journey see what is due: something became so that it did not know of."""

    async def end(self, organisation: str, journey_id: UUID, why: str) -> None:
        """The journey does nothing any more. Safe to repeat."""

    async def look_at(self, organisation: str, journey_id: UUID) -> Seen:
        """Does it run, and how far is it?"""

    async def tell_again(self, organisation: str, journey_id: UUID, told: ToldAgain) -> None:
        """Let it hear what it has lost, beginning anew if need be."""

    def open_runs(self) -> AsyncIterator[tuple[str, UUID]]:
        """Every journey that runs, of every organisation."""

    def ended_runs(self, since: datetime) -> AsyncIterator[Ended]:
        """The runs that have ended since then."""

    async def history_of(self, organisation: str, journey_id: UUID, run: UUID) -> tuple[int, bytes]:
        """How many events a run had, and all of them, sealed as they are."""

    async def check(self) -> None:
        """Is the engine there? Raises when it is not."""


async def tell(
    journeys: Journeys,
    organisation: str,
    journey: UUID,
    event: UUID | None,
    kind: str,
    occurred_at: datetime | None,
    anew: UUID | None = None,
    carried: dict[str, Any] | None = None,
) -> bool:
    """Tell a journey what waits for it (no event: that it begins). False when it has closed.

    With what it `carried` when it closed, it hears this all the same.
    """
    arrived = None
    try:
        if kind == LOOK:
            await journeys.look(organisation, journey)
        elif event is None:
            await journeys.start(organisation, journey)
        else:
            arrived = EventArrived(
                event_id=event, kind=EventKind(kind), occurred_at=occurred_at, anew=anew
            )
            await journeys.event_arrived(organisation, journey, arrived)
    except JourneyClosed:
        if arrived is None or carried is None:
            return False
        await journeys.open_again(organisation, journey, arrived, carried)
    return True


def ring_in(keys: Path) -> KeyRing:
    """The key ring in this file."""
    return KeyRing.read(keys)


async def connected(settings: CoordinationSettings, ring: KeyRing, keys: JourneyKeys) -> Journeys:
    """The workflow engine of these settings; it is called when it is first needed."""
    tls = tls_with(
        settings.temporal_tls_ca_file,
        settings.temporal_tls_certificate_file,
        settings.temporal_tls_key_file,
    )
    place = (settings.temporal_address, settings.temporal_namespace, ring)
    traced = interceptors("coordination", settings.traces_url, settings.traces_share)
    known = KnownKeys(ring, keys)
    client = await connect(*place, known=known, lazy=True, tls=tls, interceptors=traced)
    return JourneyClient(client)
