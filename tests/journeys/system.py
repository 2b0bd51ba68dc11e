"""`tio up` as a process of its own, and a way to kill all of it at once."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psutil

from tests.postgres import environ_of

T = TypeVar("T")
PATIENCE_SECONDS, PAUSE_SECONDS = 90.0, 0.1


def a_free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(
    look: Callable[[], T | None],
    what: str,
    patience: float = PATIENCE_SECONDS,
    pause: float = PAUSE_SECONDS,
) -> T:
    """The first thing `look` sees; fails when it has seen nothing for too long."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if (seen := look()) is not None:
            return seen
        time.sleep(pause)
    raise AssertionError(f"did not happen in {patience:.0f} s: {what}")


class System:
    """One `tio up` on one data folder; it can be killed and started again there."""

    def __init__(self, data: Path, **environ: str) -> None:
        self.data = data
        self.port = a_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = data.parent / f"{data.name}.out"
        self._environ = {**os.environ, **environ_of(data), **environ}
        # A connection for each call: whoever answers may have been killed since the last one.
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._http = httpx2.Client(timeout=60, limits=limits)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Bring it up and wait until it says that it is ready."""
        with self.output.open("ab") as output:
            place = ["--data", str(self.data), "--port", str(self.port)]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tio", "up", "--rehearsal", *place],
                stdout=output,
                stderr=output,
                env=self._environ,
                start_new_session=True,
            )
        eventually(self._ready, "the system is ready")

    def _ready(self) -> bool | None:
        assert self._process is not None
        assert self._process.poll() is None, f"tio up ended:\n{self.output.read_text()[-3000:]}"
        try:
            return self._http.get(f"{self.url}/readyz").status_code == 200 or None
        except httpx2.TransportError:
            return None

    def kill(self) -> None:
        """SIGKILL to everything at once, the workflow engine included. Nobody says goodbye."""
        family = self.processes()
        for member in family:
            with_no_warning(member)
        psutil.wait_procs(family, timeout=10)
        assert self._process is not None
        self._process.wait()

    def processes(self) -> list[psutil.Process]:
        """`tio up` and everything it started."""
        assert self._process is not None
        first = psutil.Process(self._process.pid)
        return [first, *first.children(recursive=True)]

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def token(self) -> str:
        """The token for API calls that `tio up` leaves in its data folder."""
        return (self.data / "api-token").read_text().strip()

    def get(self, path: str) -> Any:
        """What the API answers at this address."""
        answer = self._http.get(self.url + path, headers={"Authorization": f"Bearer {self.token}"})
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def send(self, method: str, path: str, body: Any) -> httpx2.Response:
        """Tell the API something."""
        return self._http.request(
            method,
            self.url + path,
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
        )


def with_no_warning(process: psutil.Process) -> None:
    """kill -9, unless it is gone already."""
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


@contextmanager
def a_system(data: Path, **environ: str) -> Iterator[System]:
    """A running system that is gone afterwards, whatever the test did."""
    system = System(data, **environ)
    try:
        system.start()
        yield system
    finally:
        system.stop()
