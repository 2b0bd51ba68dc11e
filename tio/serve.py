"""`tio serve SERVICE`: one service as a process of its own, as a deployment runs it."""

import argparse
import runpy
import sys

from deploy.data_folder import SERVICES


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("serve", help="one service as a process of its own")
    parser.add_argument("service", choices=SERVICES)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The same as `python -m services.SERVICE`; settings come from the environment."""
    sys.argv = [f"services.{arguments.service}"]
    runpy.run_module(f"services.{arguments.service}", run_name="__main__", alter_sys=True)
    return 0
