"""What is done beside the requests so that every journey goes on, and ends as it should."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import Request

from services.chassis.database import Database
from services.coordination.data_keys import DataKeys
from services.coordination.ended_runs import EndedRuns
from services.coordination.erasing import Erase, Erasures
from services.coordination.journeys import Journeys
from services.coordination.metrics import CoordinationMetrics
from services.coordination.reconciling import Reconciling
from services.coordination.relay import Relay, Work
from services.coordination.repairing import Repairs
from services.coordination.settings import CoordinationSettings
from services.coordination.stuck import Finder

HOUR = 3600.0


class Upkeep:
    """Put together once, when the app is made; works for as long as it lives."""

    def __init__(
        self,
        settings: CoordinationSettings,
        database: Database,
        journeys: Journeys,
        metrics: CoordinationMetrics,
        keys: DataKeys | None,
        ask: Mapping[str, Erase],
    ) -> None:
        self.settings, self.database, self.journeys, self.keys = settings, database, journeys, keys
        # Nobody asks for it in the name of one organisation: it is done for all of them.
        everyone = database.across
        self.repairs = Repairs(everyone, journeys)
        self.reconciling = Reconciling(everyone, journeys, self.repairs)

        def relay(name: str, work: Work, every: float) -> Relay:
            return Relay(name, everyone, work, every, settings.lease_seconds, metrics.beat)

        erasures = Erasures(everyone, journeys, ask, settings)
        finder = Finder(everyone, journeys, settings, metrics)
        ended = EndedRuns(everyone, journeys)
        self.erasures = relay("erasures", erasures.work, settings.relay_interval_seconds)
        self.finder = relay("stuck", finder.work, settings.stuck_interval_seconds)
        self._relays = [
            self.erasures,
            self.finder,
            relay("ended-runs", ended.work, settings.archive_interval_seconds),
            relay("keys", self._seal_anew, HOUR),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Every relay works, in one process at a time."""
        async with AsyncExitStack() as stack:
            for relay in self._relays:
                await stack.enter_async_context(relay.running())
            yield

    async def _seal_anew(self) -> bool:
        """After a rotation of the ring no key stays sealed by an old one."""
        return self.keys is not None and await self.keys.seal_anew() > 0


def upkeep_of(request: Request) -> Upkeep:
    """The upkeep of the app that serves this request."""
    upkeep: Upkeep = request.app.state.upkeep
    return upkeep
