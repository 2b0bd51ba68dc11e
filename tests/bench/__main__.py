"""Measure all of it and print one JSON object; named figures only, when some are named."""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from tests.bench import endpoints, journeys, pages, planner, pure
from tests.bench.peer.comparison import against_cql_execution
from tests.bench.reminders.comparison import side_by_side


def whole_system() -> dict[str, Any]:
    """Cold start, and memory at rest."""
    cold, rest = journeys.cold_start_and_memory()
    return {"cold_start": cold, "memory_at_rest": rest}


FIGURES: dict[str, Callable[[], Any]] = {
    "whole_system": whole_system,
    "pure_assessment": pure.throughput,
    "pure_assessment_against_cql_execution": against_cql_execution,
    "evaluate_against_empty_endpoint": lambda: asyncio.run(endpoints.evaluate()),
    "stored_assessment_against_bare_insert": lambda: asyncio.run(endpoints.stored()),
    "planner_against_fixed_sequences": planner.table,
    "evaluated_search_against_empty_endpoint": lambda: asyncio.run(endpoints.searched()),
    "evaluated_follow_up_against_empty_endpoint": lambda: asyncio.run(endpoints.followed()),
    "pure_follow_up_of_thirty_years": pure.long_plan,
    "journey_start_against_empty_workflow": lambda: asyncio.run(journeys.starts()),
    "pages_of_a_hundred_thousand_journeys": pages.figures,
    "reminders_under_faults": side_by_side,
}


def main() -> None:
    """`python -m tests.bench [FIGURE …]`."""
    wanted = sys.argv[1:] or list(FIGURES)
    sys.stdout.write(json.dumps({name: FIGURES[name]() for name in wanted}, indent=2) + "\n")


if __name__ == "__main__":
    main()
