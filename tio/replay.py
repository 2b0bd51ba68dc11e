"""`tio replay HISTORIES`: stored journeys against this code, before it is deployed."""

import argparse
import asyncio
import sys
from pathlib import Path

from workflows.codec import KeyRing
from workflows.replay import NoHistory, replay


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("replay", help="replay stored journeys against this code")
    parser.add_argument("histories", nargs="+", type=Path, help="files, or folders of files")
    parser.add_argument(
        "--keys", type=Path, required=True, help="the key file their payloads were encrypted with"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Say of each history whether this code understands it; 1 when one is not understood."""
    files = [file for given in arguments.histories for file in _files(given)]
    if not files:
        sys.stderr.write("there are no histories there\n")
        return 2
    try:
        outcomes = asyncio.run(replay(files, KeyRing.read(arguments.keys)))
    except (NoHistory, OSError, ValueError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    for name, failure in outcomes.items():
        print(f"{name}: {'understood' if failure is None else f'NOT UNDERSTOOD: {failure}'}")
    return 1 if any(outcomes.values()) else 0


def _files(given: Path) -> list[Path]:
    return sorted(given.glob("*.json")) if given.is_dir() else [given]
