"""A background task that works off rows: woken when there is something, or looking by itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta

from services.chassis.database import Database
from services.chassis.logging import get_logger
from services.coordination.background import background, passed
from services.coordination.lease import Lease

Work = Callable[[], Awaitable[bool]]
"""Does one round; true when there may be more at once."""


class Relay:
    """Runs `work` in rounds, in one process at a time."""

    def __init__(
        self,
        name: str,
        database: Database,
        work: Work,
        every: float,
        lease_seconds: float,
        beat: Callable[[str], None] | None = None,
    ) -> None:
        self._name, self._work, self._every, self._beat = name, work, every, beat
        self._lease = Lease(database, name, lease_seconds)
        self._something = asyncio.Event()
        self._ending = False
        self._log = get_logger("coordination")

    async def wake(self) -> None:
        """There is something to do; do not wait for the next look.

        Async, so that what runs it after a request stays on the loop: an event is no thread's toy.
        """
        self._something.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work in the background for as long as this lasts."""
        async with background(self._name, self._rounds):
            try:
                yield
            finally:
                self._ending = True
                self._something.set()
        await self._leave()

    async def _rounds(self, ending: asyncio.Event) -> None:
        while not ending.is_set():
            self._something.clear()
            more = await self._round()
            if self._beat is not None:
                self._beat(self._name)
            if not more and not self._ending:
                await passed(self._something, self._every)

    async def _round(self) -> bool:
        """One round that never ends the task: what goes wrong now is tried again."""
        try:
            return await self._lease.held() and await self._while_held()
        except Exception as error:
            self._log.error("relay-failed", kind=self._name, error=type(error).__name__)
            return False

    async def _while_held(self) -> bool:
        """Work, however long it takes, for as long as the lease is ours."""
        work = asyncio.ensure_future(self._work())
        try:
            while True:
                done, _ = await asyncio.wait({work}, timeout=self._lease.renew_every)
                if done:
                    return work.result()
                if not await self._still_held():
                    return False
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _still_held(self) -> bool:
        """Until it has run out nobody else can have it: what is being sent is sent to its end, also
        while the database is away.
        """
        try:
            return await self._lease.held()
        except Exception as error:
            if self._lease.has_run_out():
                raise
            self._log.warning("lease-not-renewed", kind=self._name, error=type(error).__name__)
            return True

    async def _leave(self) -> None:
        try:
            await self._lease.give_back()
        except Exception as error:
            self._log.warning("lease-kept", kind=self._name, error=type(error).__name__)


async def side_by_side(acts: Iterable[Awaitable[None]]) -> None:
    """Do all of these and wait for every one, also when one fails: none is left running alone."""
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


def pause(attempts: int, first: float, most: float) -> timedelta:
    """How long to wait after this many failures: twice as long each time, up to a limit."""
    return timedelta(seconds=min(most, first * 2.0 ** min(attempts - 1, 30)))
