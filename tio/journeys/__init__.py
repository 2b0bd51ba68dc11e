"""`tio journeys VERB …`: who is stuck, what the engine kept, and what a new edition would change.

Each verb's module has `add_verbs(verbs)`, which says what can be typed and sets `run`.
"""

import argparse
from collections.abc import Callable
from functools import partial

import httpx2

from tio.journeys import archive, edition, stuck
from tio.journeys.reaching import CannotReach, complain

VERBS = (stuck, archive, edition)
REFUSED, WRONG = 1, 2


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("journeys", help="look after journeys that run")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for module in VERBS:
        module.add_verbs(verbs)
    for verb in verbs.choices.values():
        verb.set_defaults(run=partial(_run, verb.get_default("run")))


def _run(run: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """Do what was typed; 1 when the system says no, 2 when it cannot be reached."""
    try:
        return run(arguments)
    except httpx2.HTTPStatusError as refusal:
        return complain(REFUSED, f"{refusal.response.status_code} {refusal.response.text}")
    except (CannotReach, httpx2.TransportError) as wrong:
        return complain(WRONG, str(wrong) or type(wrong).__name__)
