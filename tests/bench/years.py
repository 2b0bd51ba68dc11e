"""What a year of a journey costs the workflow engine, with a result every month."""

import tempfile
from pathlib import Path
from typing import Any

from deploy.temporal_server import embedded
from tests.workflows import thirty_years
from tests.workflows.conftest import a_walk
from tests.workflows.thirty_years import MONTH, YEARS, Run, checked_for_life
from tests.workflows.ward import Ward
from workflows.client import connect
from workflows.codec import KeyRing
from workflows.contract import workflow_id

YEARS_ON_A_REAL_SERVER = 3
"""Enough for an ordinary year in the middle; the test server does not count transitions."""

AIM_EVENTS, AIM_TRANSITIONS, AIM_LONGEST_RUN, AIM_REPLAY_SECONDS = 150, 70, 500, 2


async def cost_of_a_journey_year() -> dict[str, Any]:
    """Events, transitions and bytes of a year; how long it takes to read thirty of them again."""
    with tempfile.TemporaryDirectory() as folder:
        keys = KeyRing.create(Path(folder) / "keys.json")
        runs = await thirty_years.lived(keys)
        replayed = await thirty_years.seconds_to_replay(runs, keys)
        transitions = await transitions_of_a_year(Path(folder), keys)
    whole = runs[1:-1]
    return {
        "events": round(sum(run.events for run in runs) / YEARS, 1),
        "events_aim_at_most": AIM_EVENTS,
        "state_transitions": transitions,
        "state_transitions_by_the_events": round(sum(run.transitions for run in runs) / YEARS, 1),
        "state_transitions_aim_at_most": AIM_TRANSITIONS,
        "kilobytes_of_history": round(sum(run.size for run in runs) / YEARS / 1000, 1),
        "runs": len(runs),
        "longest_run": max(run.events for run in runs),
        "longest_run_aim_at_most": AIM_LONGEST_RUN,
        "workflow_tasks": round(_of(whole, "workflow_task_completed") / len(whole), 1),
        "timers": round(_of(whole, "timer_started") / len(whole), 1),
        "replay_of_the_slowest_run_s": round(max(replayed), 2),
        "replay_of_thirty_years_s": round(sum(replayed), 2),
        "replay_aim_below_s": AIM_REPLAY_SECONDS,
    }


def _of(runs: list[Run], kind: str) -> int:
    return sum(run.kinds[kind] for run in runs)


async def transitions_of_a_year(folder: Path, keys: KeyRing) -> float:
    """As the real server counts them, less what the moving of the clock adds."""
    async with embedded(folder / "temporal.db", rehearsal=True) as server:
        temporal = await connect(server.address, server.namespace, keys)
        async with a_walk(temporal, Ward(checked_for_life)) as walk:
            journey = workflow_id(walk.organisation, walk.id)
            run = await thirty_years.started(walk)
            began = await walk.live_through(0.0001)

            async def live(until: object) -> None:
                await walk.live_through(MONTH.total_seconds() / 86_400)

            await thirty_years.told_every_month(walk, began, 12 * YEARS_ON_A_REAL_SERVER, live)
            counted = []
            for lived in await thirty_years.runs_of(temporal, walk, run):
                handle = temporal.get_workflow_handle(journey, run_id=lived.run_id)
                info = (await handle.describe()).raw_description.workflow_execution_info
                counted.append(info.state_transition_count - lived.skips)
    return round(sum(counted[1:-1]) / len(counted[1:-1]), 1)
