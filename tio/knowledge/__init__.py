"""`tio knowledge VERB …`: what is known, how it changed, whom that concerns, who vouches for it.

Each verb's module has `add_verbs(verbs)`, which says what can be typed and sets `run`.
"""

import argparse
from collections.abc import Callable
from functools import partial

from knowledge.archive import NoSuchEdition
from knowledge.vouching import KnowledgeError
from tio.knowledge import (
    approving,
    checking,
    editions,
    impact,
    listing,
    retracting,
    signing,
    states,
)
from tio.knowledge.saying import REFUSED, WRONG, complain
from tio.knowledge.stored import CannotLookBack

VERBS = (listing, checking, editions, impact, signing, approving, retracting, states)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("knowledge", help="the clinical knowledge and its sources")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for module in VERBS:
        module.add_verbs(verbs)
    for verb in verbs.choices.values():
        verb.set_defaults(run=partial(_run, verb.get_default("run")))


def _run(run: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """Do what was typed; 1 when the knowledge is refused, 2 when something named is not there."""
    try:
        return run(arguments)
    except KnowledgeError as wrong:
        return complain(REFUSED, str(wrong))
    except (NoSuchEdition, CannotLookBack, OSError) as wrong:
        return complain(WRONG, str(wrong))
