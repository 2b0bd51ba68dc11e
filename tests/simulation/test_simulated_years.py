"""The real journeys and the real coordination, through years of faults, on one virtual clock."""

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from simulation.faults import EVERY_KIND, UnknownFault, kinds_named
from simulation.world import Outcome, Plan, simulate

SEEDS = (1, 2, 3)
PATIENTS = 50
"""About four minutes of a core; `make simulate` takes a thousand."""


def test_patients_live_through_three_years_of_every_fault() -> None:
    plans = [Plan(patients=PATIENTS, years=3, seed=seed) for seed in SEEDS]
    with ProcessPoolExecutor(len(SEEDS), get_context("spawn"), max_tasks_per_child=1) as pool:
        outcomes = list(pool.map(simulate, plans))
    assert not [str(one) for outcome in outcomes for one in outcome.broken]
    assert all(_something_happened(outcome) for outcome in outcomes)
    struck = {kind for outcome in outcomes for kind in outcome.counted if kind.startswith("faults")}
    assert struck == {f"faults: {kind}" for kind in EVERY_KIND}


def _something_happened(outcome: Outcome) -> bool:
    """Reminders were sent, workers died, journeys were lived through again."""
    counted = outcome.counted
    return min(counted["checked: received"], counted["log: killed"], counted["worker: replays"]) > 0


def test_the_same_seed_is_the_same_run_to_the_letter() -> None:
    first, second = (_told(hash_seed) for hash_seed in ("1", "2"))
    assert first == second
    assert "nothing broken" in first


def _told(hash_seed: str) -> str:
    """What the command says, in a process whose sets have another order."""
    said = subprocess.run(
        [
            *(sys.executable, "-m", "tio", "simulate"),
            *("--patients", "2", "--years", "0.8", "--seed", "5"),
        ],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


def test_a_fault_that_there_is_not_is_refused() -> None:
    with pytest.raises(UnknownFault, match="kill-worker"):
        kinds_named("kill-wrker")
