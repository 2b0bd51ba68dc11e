"""`tio demo`: as `tio up --rehearsal`, on a fresh folder, with patients to look at."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from deploy import all_in_one
from deploy.data_folder import DataFolder
from deploy.temporal_server import CannotServe
from services.chassis.settings import UnreadableSettings
from simulation.play import Stage


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("demo", help="as `up`, with published and made-up patients")
    parser.add_argument("--port", type=int, default=8080)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Bring it up on a folder that is gone afterwards, and let the stories play."""
    with TemporaryDirectory(prefix="tio-demo-") as folder:
        place = all_in_one.Place(
            folder=DataFolder(Path(folder) / "data"),
            host="127.0.0.1",
            port=arguments.port,
            rehearsal=True,
            environ=os.environ,
            log_level=all_in_one.log_level_for(sys.stderr),
        )
        try:
            return asyncio.run(all_in_one.run(place, _say, meanwhile=_play))
        except (UnreadableSettings, all_in_one.CannotStart, CannotServe) as refusal:
            sys.stderr.write(f"{refusal}\n")
            return 2


async def _play(place: all_in_one.Place) -> None:
    token = place.folder.api_token.read_text().strip()
    try:
        await Stage(place.url, token).play_all()
    except httpx2.HTTPError as failure:
        _say(f"the stories ended early: {type(failure).__name__}")
    else:
        _say("every story has been told; look at the worklist")


def _say(line: str) -> None:
    print(line, flush=True)
