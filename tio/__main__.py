"""`tio COMMAND …`: hands over to the command's own module.

Each command module has `add_parser(commands)`, which says what can be typed and sets `run`, a
function from the parsed arguments to the exit code. Only the module that is asked for is imported:
`tio assess` does not wait for a server's libraries.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

COMMANDS = {
    "up": "up",
    "demo": "demo",
    "assess": "assess",
    "localize": "localize",
    "follow-up": "follow_up",
    "knowledge": "knowledge",
    "serve": "serve",
    "worker": "worker",
    "migrate": "databases",
    "backup": "backup",
    "restore": "backup",
    "forget-again": "backup",
    "keys": "keys",
    "verify-audit": "databases",
    "replay": "replay",
    "simulate": "simulate",
    "journeys": "journeys",
}
ENGINES_CLIENT = "temporalio.bridge.temporal_sdk_bridge"


def modules_for(arguments: Sequence[str]) -> list[str]:
    """Which modules know what was typed? All of them, when it is not one command's name."""
    if arguments and arguments[0] in COMMANDS:
        return [COMMANDS[arguments[0]]]
    return list(dict.fromkeys(COMMANDS.values()))


def build_parser(modules: Sequence[str]) -> argparse.ArgumentParser:
    """What can be typed, as these modules say it."""
    parser = argparse.ArgumentParser(
        prog="tio", description="So that nobody with tumor-induced osteomalacia is lost."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in modules:
        import_module(f"tio.{name}").add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 1 refused or broken, 2 the call or its input is wrong."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    parsed = build_parser(modules_for(typed)).parse_args(typed)
    try:
        code: int = parsed.run(parsed)
    except BrokenPipeError:
        # Whoever read our answers has had enough of them.
        sys.stderr.close()
        return 0
    return code


def typed() -> NoReturn:
    """`tio …` as a process of its own, left without tidying up where it spoke to the engine.

    The engine's client has threads of its own; one that awakes while Python tidies up aborts the
    process, and a command that went well seems to have failed (temporalio/sdk-python issue 300).
    """
    code = main()
    if ENGINES_CLIENT not in sys.modules:
        sys.exit(code)
    with suppress(ValueError, OSError):  # whoever read our answers has gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    typed()
