"""JourneyClient: start a journey, tell it that an event waits, read where it stands, roll it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from temporalio.client import Client, Interceptor
from temporalio.common import (
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode, TLSConfig

from workflows.codec import KeyRing, data_converter
from workflows.contract import (
    TASK_QUEUE,
    EventArrived,
    JourneyOrder,
    JourneyState,
    Phase,
    workflow_id,
)
from workflows.journey_keys import KeyGone, KnownKeys
from workflows.rehearsal import fast_forward
from workflows.tending import WORKFLOW, Tending, in_phase, is_at_work

PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.05


class JourneyClosed(Exception):
    """This journey has ended; it hears nothing any more."""


class JourneyUnknown(Exception):
    """No journey of this id was ever started here."""


async def connect(
    address: str,
    namespace: str,
    ring: KeyRing,
    *,
    known: KnownKeys | None = None,
    lazy: bool = False,
    runtime: Runtime | None = None,
    tls: TLSConfig | None = None,
    interceptors: Sequence[Interceptor] = (),
) -> Client:
    """Speak to Temporal so that nobody there can read along. `lazy` connects at the first call.

    `known`: the keys of journeys; without them everything is sealed with the ring's.
    `interceptors`: what goes on with traces, in this client and in a worker that uses it.
    """
    return await Client.connect(
        address,
        namespace=namespace,
        data_converter=data_converter(ring, known),
        lazy=lazy,
        runtime=runtime,
        tls=tls if tls is not None else False,
        interceptors=interceptors,
    )


def tls_with(ca: Path | None, certificate: Path | None, key: Path | None) -> TLSConfig | None:
    """How a connection is protected by these files; None is one that stays within one machine."""
    if ca is None and certificate is None:
        return None
    vouching, ours, secret = (
        None if file is None else file.read_bytes() for file in (ca, certificate, key)
    )
    return TLSConfig(server_root_ca_cert=vouching, client_cert=ours, client_private_key=secret)


class JourneyClient(Tending):
    """People's and events' side of a journey. Every call may be repeated."""

    def __init__(self, temporal: Client, task_queue: str = TASK_QUEUE) -> None:
        super().__init__(temporal, task_queue)

    async def start(self, organisation: str, journey_id: UUID) -> None:
        """Start a journey; one that runs goes on, one that is closed stays closed."""
        await self._start(organisation, journey_id, None)

    async def event_arrived(self, organisation: str, journey_id: UUID, event: EventArrived) -> None:
        """Tell a journey that an event waits; one that does not run yet is started by it."""
        await self._start(organisation, journey_id, event)

    async def look(self, organisation: str, journey_id: UUID) -> None:
        """Let a journey see what is due by now. One that has ended has nothing to look at."""
        try:
            await self.handle(organisation, journey_id).signal("look")
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise JourneyClosed(f"journey {journey_id} does not run") from None
            raise

    async def open_again(
        self, organisation: str, journey_id: UUID, event: EventArrived, carried: dict[str, Any]
    ) -> None:
        """Tell this to a journey that has ended; it begins anew with what it was."""
        state = JourneyState.model_validate(carried)
        await self._start(organisation, journey_id, event, state)

    async def check(self) -> None:
        """Is the engine there? Raises when it is not."""
        await self._temporal.service_client.check_health()

    async def fast_forward(self, organisation: str, journey_id: UUID, days: float) -> None:
        """Rehearsal only: move this journey's own clock, and let it tell what time it is now."""
        journey = self.handle(organisation, journey_id)
        try:
            clock = await fast_forward(self._temporal, journey.id, days)
            await journey.signal("look")
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await self._has_looked(organisation, journey_id, clock):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_SECONDS)
        except RPCError as error:
            raise _unknown(error) from error

    async def _has_looked(self, organisation: str, journey_id: UUID, clock: datetime) -> bool:
        """Was everything asked and told that this moment changes, and is nothing due any more?

        What was found to be owed just now may have a reminder that was due this morning.
        """
        if is_at_work(await self.handle(organisation, journey_id).describe()):
            return False
        state = await self.read_state(organisation, journey_id)
        if state.phase is Phase.CLOSED:
            return True
        if state.untold or (state.next_wake is not None and state.next_wake <= clock):
            return False
        return all(at is not None and at >= clock for at in (state.told_at, state.asked_at))

    async def read_state(self, organisation: str, journey_id: UUID) -> JourneyState:
        """Where does this journey stand?"""
        try:
            state: JourneyState = await self.handle(organisation, journey_id).query(
                "read_state", result_type=JourneyState
            )
        except RPCError as error:
            raise _unknown(error) from error
        return state

    async def roll(self, organisation: str, journey_id: UUID) -> None:
        """Let a journey continue as new, on the code of today."""
        try:
            await self.handle(organisation, journey_id).signal("roll")
        except RPCError as error:
            raise _unknown(error) from error

    async def _start(
        self,
        organisation: str,
        journey_id: UUID,
        event: EventArrived | None,
        carried: JourneyState | None = None,
    ) -> None:
        """Start and signal are one call to the server: there is no moment between them.

        One that has ended begins anew only with what it carried.
        """
        state = carried or JourneyState()
        reuse = WorkflowIDReusePolicy.REJECT_DUPLICATE
        if carried is not None:
            reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE
        try:
            await self._temporal.start_workflow(
                WORKFLOW,
                JourneyOrder(journey_id=journey_id, organisation=organisation, state=state),
                id=workflow_id(organisation, journey_id),
                task_queue=self._task_queue,
                id_reuse_policy=reuse,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=in_phase(state.phase),
                start_signal="event_arrived" if event else None,
                start_signal_args=[event] if event else [],
            )
        except WorkflowAlreadyStartedError:
            raise JourneyClosed(f"journey {journey_id} is closed") from None
        except KeyGone:
            raise JourneyClosed(f"journey {journey_id} was erased") from None


def _unknown(error: RPCError) -> Exception:
    """Is it the journey that is not there, or the server?"""
    if error.status is RPCStatusCode.NOT_FOUND:
        return JourneyUnknown("no such journey runs here")
    return error
