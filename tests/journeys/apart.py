"""The system as a deployment runs it: every service, the worker and the engine a process each."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil

from deploy.data_folder import DataFolder
from tests.journeys.system import System, a_free_port, eventually, with_no_warning
from tests.postgres import environ_of
from workflows.codec import KeyRing

SERVICES = ("assessment", "localization", "followup", "coordination")
A_DAY_SECONDS = 86_400

ENGINE = """
import asyncio, pathlib, sys
from deploy.temporal_server import embedded

async def serve():
    async with embedded(pathlib.Path(sys.argv[1]), port=int(sys.argv[2]), rehearsal=True):
        await asyncio.Event().wait()

asyncio.run(serve())
"""


class Apart(System):
    """Six processes on one data folder; each can be killed and started again."""

    def __init__(self, data: Path, **environ: str) -> None:
        super().__init__(data, **environ)
        folder = DataFolder(data)
        data.mkdir(parents=True, exist_ok=True)
        self._token = folder.mint().mint("operator", "local", ["system/*.cruds"], A_DAY_SECONDS)
        KeyRing.create(folder.payload_keys)
        self._engine_port = a_free_port()
        ports = {name: a_free_port() for name in (*SERVICES, "workflows")}
        self.url = f"http://127.0.0.1:{ports['coordination']}"
        self._commands = {"engine": ["-c", ENGINE, str(folder.temporal_database)]}
        self._commands["engine"].append(str(self._engine_port))
        self._commands |= {name: ["-m", "tio", "serve", name] for name in SERVICES}
        self._commands["workflows"] = ["-m", "tio", "worker"]
        self._ports = ports
        self._settings = {
            "TIO_WORKFLOWS_ADDRESS": f"127.0.0.1:{self._engine_port}",
            "TIO_WORKFLOWS_KEYS_FILE": str(folder.payload_keys),
            "TIO_WORKFLOWS_SIGNING_KEY_FILE": str(data / "signing-key.json"),
            "TIO_COORDINATION_TEMPORAL_ADDRESS": f"127.0.0.1:{self._engine_port}",
            "TIO_COORDINATION_KEYS_FILE": str(folder.payload_keys),
            "TIO_COORDINATION_WEBHOOK_PRIVATE_NETWORKS": "true",
            "TIO_COORDINATION_LEASE_SECONDS": "2",
            "TIO_COORDINATION_REHEARSAL": "true",
        }
        for name, port in ports.items():
            self._settings[f"TIO_{name.upper()}_PORT"] = str(port)
            if name != "workflows":
                self._settings[f"TIO_WORKFLOWS_{name.upper()}_URL"] = f"http://127.0.0.1:{port}"
                self._settings |= folder.environ(name, environ_of(data))
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Bring up what is not up, and wait until everything says that it is ready."""
        for name in self._commands:
            self.revive(name)
        eventually(self._all_ready, "every process is ready")

    def revive(self, name: str) -> None:
        """Start this process, if it does not run."""
        known = self._running.get(name)
        if known is not None and known.poll() is None:
            return
        with self.output.open("ab") as output:
            self._running[name] = subprocess.Popen(
                [sys.executable, *self._commands[name]],
                stdout=output,
                stderr=output,
                env=self._environ | self._settings,
                start_new_session=True,
            )

    def _all_ready(self) -> bool | None:
        for name, port in self._ports.items():
            assert self._running[name].poll() is None, f"{name} ended:\n{self._last_words()}"
            try:
                answer = httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=10)
            except httpx2.TransportError:
                return None
            if answer.status_code != 200:
                return None
        return True

    def _last_words(self) -> str:
        return self.output.read_text()[-3000:]

    @property
    def engine(self) -> str:
        """Where the workflow engine listens."""
        return f"127.0.0.1:{self._engine_port}"

    def address_of(self, service: str) -> str:
        """Where this service answers."""
        return f"http://127.0.0.1:{self._ports[service]}"

    def victims(self) -> list[str]:
        """Whom a fault may strike: each process, and the engine under the one that keeps it."""
        return [*self._commands, "temporal"]

    def strike(self, name: str) -> None:
        """SIGKILL to this one process."""
        if name == "temporal":
            keeper = psutil.Process(self._running["engine"].pid)
            for child in keeper.children():
                with_no_warning(child)
            return
        self._running[name].kill()
        self._running[name].wait()

    def heal(self) -> None:
        """As whatever supervises a deployment does: what is dead is started again."""
        for name in self._commands:
            self.revive(name)

    def by_name(self) -> dict[str, psutil.Process]:
        """Each of them, and the engine under the one that keeps it."""
        running = {name: psutil.Process(one.pid) for name, one in self._running.items()}
        [temporal] = running.pop("engine").children()
        return running | {"temporal": temporal}

    def processes(self) -> list[psutil.Process]:
        """All of them, and the engine."""
        running = [psutil.Process(one.pid) for one in self._running.values()]
        return [*running, *psutil.Process(self._running["engine"].pid).children()]

    def stop(self) -> None:
        """Ask each to end, the engine last."""
        for name in reversed(self._commands):
            running = self._running.get(name)
            if running is None or running.poll() is not None:
                continue
            running.terminate()
            try:
                running.wait(30)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()

    @property
    def token(self) -> str:
        """A token for API calls."""
        return self._token


@contextmanager
def apart(data: Path, **environ: str) -> Iterator[Apart]:
    """A running system of many processes that is gone afterwards."""
    system = Apart(data, **environ)
    try:
        system.start()
        yield system
    finally:
        system.stop()
