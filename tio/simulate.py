"""`tio simulate`: synthetic patients through the real journeys, years in minutes, with faults."""

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from simulation.faults import EVERY_KIND, UnknownFault, kinds_named
from simulation.world import Outcome, Plan, simulate

SHOWN = 20
BAR = 30


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser(
        "simulate", help="synthetic patients through the real journeys, with faults"
    )
    parser.add_argument("--patients", type=int, default=50)
    parser.add_argument("--years", type=float, default=3)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--seeds", type=int, default=1, help="so many, one after another")
    parser.add_argument("--jobs", type=int, default=1, help="so many at the same time")
    parser.add_argument(
        "--faults", default="all", help=f"all, none, or some of: {', '.join(EVERY_KIND)}"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Simulate, say what happened; 1 when an invariant is broken."""
    try:
        faults = kinds_named(arguments.faults)
    except UnknownFault as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    numbers = (arguments.patients, arguments.years, arguments.seeds, arguments.jobs)
    if min(numbers) <= 0:
        sys.stderr.write("--patients, --years, --seeds and --jobs have to be more than nothing\n")
        return 2
    plans = [
        Plan(arguments.patients, arguments.years, arguments.seed + number, faults)
        for number in range(arguments.seeds)
    ]
    broken = 0
    for outcome in _outcomes(plans, arguments.jobs):
        _say(outcome, whole=len(plans) == 1)
        broken += len(outcome.broken)
    if len(plans) > 1:
        print(f"{len(plans)} seeds, {broken} broken invariants")
    return 1 if broken else 0


def _outcomes(plans: list[Plan], jobs: int) -> Iterator[Outcome]:
    """What came of each plan, as it is done."""
    if jobs == 1 or len(plans) == 1:
        for plan in plans:
            yield simulate(plan, progress=_bar(plan.seed) if sys.stderr.isatty() else None)
            _wipe()
        return
    # Each seed has a process of its own: the clock that is moved is the whole process's.
    with ProcessPoolExecutor(jobs, get_context("spawn"), max_tasks_per_child=1) as pool:
        running = [pool.submit(simulate, plan) for plan in plans]
        for number, done in enumerate(as_completed(running), start=1):
            _show(f"{number}/{len(plans)} seeds")
            yield done.result()


def _bar(seed: int) -> Callable[[float], None]:
    def show(share: float) -> None:
        filled = round(min(share, 1.0) * BAR)
        _show(f"seed {seed} [{'#' * filled}{'.' * (BAR - filled)}] {min(share, 1.0):.0%}")

    return show


def _show(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{line}")
        sys.stderr.flush()


def _wipe() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


def _say(outcome: Outcome, *, whole: bool) -> None:
    """What happened in one run: the same for the same seed, to the letter."""
    plan = outcome.plan
    verdict = f"{len(outcome.broken)} broken invariants" if outcome.broken else "nothing broken"
    print(f"seed {plan.seed}: {plan.patients} patients, {plan.years:g} years: {verdict}")
    print(f"  log {outcome.digest}")
    if whole:
        for what, number in outcome.counted.items():
            print(f"  {what}: {number}")
    for one in outcome.broken[:SHOWN]:
        print(f"  {one}")
    if len(outcome.broken) > SHOWN:
        print(f"  … and {len(outcome.broken) - SHOWN} more")
    sys.stdout.flush()  # hours may pass until the next one
    for what, rate in outcome.rates.items():
        sys.stderr.write(f"  {what}: {rate:.3f}\n")
