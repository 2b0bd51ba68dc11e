"""`python -m tests.bench.scale [FIGURE …]`: what takes minutes to measure; one JSON object.

Each figure says how busy the machine was before: processes of others make everything slower.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from tests.bench import crowd, lived, years

FIGURES: dict[str, Callable[[], Any]] = {
    "a_journey_year": lambda: asyncio.run(years.cost_of_a_journey_year()),
    "a_lived_year": lived.a_lived_year,
    "burst": crowd.burst,
    "rest": crowd.rest,
    "processes_die": crowd.processes_die,
    "all_of_it_dies": crowd.all_of_it_dies,
}
SCALE = ("a_journey_year", "a_lived_year", "burst", "rest")


def main() -> None:
    """Measure, one after the other, and print."""
    told = {}
    for name in sys.argv[1:] or SCALE:
        load = os.getloadavg()[0]
        told[name] = {"load_before": round(load, 2), **FIGURES[name]()}
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
