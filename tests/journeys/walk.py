"""The README's walk, as data: its abbreviations and its steps, typed as they stand there."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.system import System

README = Path(__file__).parents[2] / "README.md"
STEP_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Walk:
    """What a reader types: abbreviations once per terminal, then step after step."""

    abbreviations: str
    steps: tuple[str, ...]
    journey: str

    def take(self, number: int, system: System) -> str:
        """Type one step, in a terminal of its own; fails when any line of it fails."""
        script = f"set -euo pipefail\n{self.abbreviations}\n{self.steps[number]}"
        done = subprocess.run(
            ["bash", "-c", script],
            env={**os.environ, "TIO": system.url, "DATA": str(system.data)},
            capture_output=True,
            text=True,
            timeout=STEP_PATIENCE_SECONDS,
        )
        said = f"step {number + 1}:\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
        assert done.returncode == 0, said
        return done.stdout


def the_walk() -> Walk:
    """The walk that the README tells today."""
    chapter = README.read_text("utf-8").split("## A walk")[1].split("\n## ")[0]
    abbreviations, *steps = re.findall(r"```bash\n(.*?)```", chapter, flags=re.DOTALL)
    journey = re.search(r"JOURNEY=(\S+)", abbreviations)
    assert journey is not None
    return Walk(abbreviations, tuple(steps), journey[1])
