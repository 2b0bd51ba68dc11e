"""One relay per database: whoever holds the lease works, the others watch.

Until when, says the clock of the database, the same for all of them.
"""

import asyncio
import os
import socket
from datetime import timedelta
from math import inf
from time import time
from uuid import uuid4

from services.chassis.database import Database, its_clock
from services.coordination.tables import LeaseRow

THIS_PROCESS = uuid4().hex


class Lease:
    """The right to run one relay, renewed while it works."""

    def __init__(self, database: Database, name: str, seconds: float) -> None:
        self._database, self._name = database, name
        self._seconds = seconds
        self.renew_every = seconds / 4
        self._taken = (-inf, -inf)
        self._holder = f"{socket.gethostname()} {os.getpid()} {THIS_PROCESS} {uuid4().hex}"

    async def held(self) -> bool:
        """May I work now? Takes the lease when it is free, or when its holder is gone."""
        if self._held_for() < self._seconds / 2:
            return True
        asked = _clocks()
        async with self._database.transaction() as session:
            row = await session.get(LeaseRow, self._name, with_for_update=True)
            now = await its_clock(session)
            if row is None:
                row = LeaseRow(name=self._name, holder=self._holder, until=now)
                session.add(row)
            if row.holder != self._holder and row.until > now and not _is_gone(row.holder):
                return False
            row.holder, row.until = self._holder, now + timedelta(seconds=self._seconds)
        self._taken = asked
        return True

    def has_run_out(self) -> bool:
        """May another one work now? Asked when the database cannot be."""
        return self._held_for() >= self._seconds

    def _held_for(self) -> float:
        """How many seconds, by whichever of two clocks says more: one stands still while a machine
        sleeps, and one may be set back.
        """
        return max(now - then for now, then in zip(_clocks(), self._taken, strict=True))

    async def give_back(self) -> None:
        """Let another one work at once."""
        self._taken = (-inf, -inf)
        async with self._database.transaction() as session:
            row = await session.get(LeaseRow, self._name, with_for_update=True)
            if row is not None and row.holder == self._holder:
                row.until = await its_clock(session)


def _clocks() -> tuple[float, float]:
    """The one that this process waits by, and the one on the wall."""
    return asyncio.get_running_loop().time(), time()


def _is_gone(holder: str) -> bool:
    """Is the holder a process of this machine that has ended? Then nobody needs to wait for it."""
    try:
        host, pid, process, _ = holder.split(" ")
    except ValueError:
        return False
    if host != socket.gethostname():
        return False
    if int(pid) == os.getpid():
        return process != THIS_PROCESS
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
