"""`tio up`, and who in it can die: the process itself, the engine under it, or both at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.journeys.system import System, with_no_warning

PROCESS, ENGINE, ALL = "tio up", "temporal", "all of it"


class Together(System):
    """One `tio up` that something starts again whenever it has died."""

    @property
    def engine(self) -> str:
        """Where the workflow engine listens."""
        typed = self._engine_process().cmdline()
        return f"127.0.0.1:{typed[typed.index('--port') + 1]}"

    def _engine_process(self) -> psutil.Process:
        return next(one for one in self.processes() if "temporal" in one.name())

    def victims(self) -> list[str]:
        """Whom a fault may strike."""
        return [PROCESS, ENGINE, ALL]

    def strike(self, name: str) -> None:
        """SIGKILL to one of them, or to both at the same moment."""
        if self._process is None or self._process.poll() is not None:
            return
        if name == ALL:
            self.kill()
        elif name == ENGINE:
            # Between two lives it has none to lose.
            for one in self.processes()[1:]:
                with_no_warning(one)
        else:
            first = self.processes()[0]
            with_no_warning(first)
            first.wait(10)

    def heal(self) -> None:
        """Start it again if it is dead."""
        if self._process is None or self._process.poll() is not None:
            self.start()


@contextmanager
def together(data: Path, **environ: str) -> Iterator[Together]:
    """A running `tio up` that is gone afterwards."""
    system = Together(data, **environ)
    try:
        system.start()
        yield system
    finally:
        system.stop()
