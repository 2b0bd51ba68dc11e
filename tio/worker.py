"""`tio worker`: serve journeys as a process of its own."""

import argparse
import runpy
import sys


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    commands.add_parser("worker", help="serve journeys as a process of its own").set_defaults(
        run=run
    )


def run(arguments: argparse.Namespace) -> int:
    """The same as `python -m workflows`; settings come from the environment."""
    sys.argv = ["workflows"]
    runpy.run_module("workflows", run_name="__main__", alter_sys=True)
    return 0
