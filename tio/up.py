"""`tio up`: everything on this machine, with nothing else installed."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from deploy import all_in_one
from deploy.data_folder import DataFolder, DataFolderInUse
from deploy.temporal_server import CannotServe
from services.chassis.settings import UnreadableSettings


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("up", help="everything on this machine, nothing else needed")
    parser.add_argument(
        "--data", type=Path, default=Path("data"), help="folder that keeps everything"
    )
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--rehearsal",
        action="store_true",
        help="let a journey's own clock be moved; for practice and teaching, never for patients",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Bring it up, and keep it up until it is told to end."""
    try:
        return asyncio.run(
            all_in_one.run(
                all_in_one.Place(
                    folder=DataFolder(arguments.data),
                    host=arguments.host,
                    port=arguments.port,
                    rehearsal=arguments.rehearsal,
                    environ=os.environ,
                    log_level=all_in_one.log_level_for(sys.stderr),
                ),
                say=lambda line: print(line, flush=True),
            )
        )
    except (DataFolderInUse, UnreadableSettings, all_in_one.CannotStart, CannotServe) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
