"""One relay per database: whoever holds the lease works, the others watch."""

import os
import socket
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from services.chassis.database import Database
from services.coordination.tables import LeaseRow

THIS_PROCESS = uuid4().hex


class Lease:
    """The right to run one relay, renewed while it works."""

    def __init__(self, database: Database, name: str, seconds: float) -> None:
        self._database, self._name = database, name
        self._length = timedelta(seconds=seconds)
        self.renew_every = seconds / 4
        self._until = datetime.min.replace(tzinfo=UTC)
        self._holder = f"{socket.gethostname()} {os.getpid()} {THIS_PROCESS} {uuid4().hex}"

    async def held(self) -> bool:
        """May I work now? Takes the lease when it is free, or when its holder is gone."""
        now = datetime.now(UTC)
        if now + self._length / 2 < self._until:
            return True
        async with self._database.transaction() as session:
            row = await session.get(LeaseRow, self._name, with_for_update=True)
            if row is None:
                row = LeaseRow(name=self._name, holder=self._holder, until=now)
                session.add(row)
            if row.holder != self._holder and row.until > now and not _is_gone(row.holder):
                return False
            row.holder, row.until = self._holder, now + self._length
        self._until = now + self._length
        return True

    def has_run_out(self) -> bool:
        """May another one work now? Asked when the database cannot be."""
        return datetime.now(UTC) >= self._until

    async def give_back(self) -> None:
        """Let another one work at once."""
        self._until = datetime.min.replace(tzinfo=UTC)
        async with self._database.transaction() as session:
            row = await session.get(LeaseRow, self._name, with_for_update=True)
            if row is not None and row.holder == self._holder:
                row.until = datetime.now(UTC)


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
